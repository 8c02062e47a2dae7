extension Threshold {
    /// The most parts by topic or phase of one profile, each of which is measured by itself.
    package static let greatestFineScopes = 64

    /// The part of a run that a threshold is about, as in `latency{group=alarms,qos=1}`. What is `nil` is not asked for.
    public struct Scope: Hashable, Sendable, CustomStringConvertible {
        /// What a run is divided by.
        public enum Key: String, CaseIterable, Sendable {
            /// The group of the publisher; with steps of a connection, that of the client.
            case group
            /// The QoS of the publish.
            case qos
            /// A filter that the topic matches.
            case topic
            /// When the message was meant to be sent.
            case phase
        }

        /// When a message was meant to be sent.
        public enum Phase: String, CaseIterable, Sendable {
            /// Before the figures are taken.
            case warmUp = "warm-up"
            /// While the figures are taken.
            case hold
        }

        /// The name of a group.
        public internal(set) var group: String?
        /// 0, 1 or 2.
        public internal(set) var qos: UInt8?
        /// An MQTT topic filter.
        public internal(set) var topic: String?
        /// The phase; without it the hold.
        public internal(set) var phase: Phase?

        /// The keys that it has.
        public var keys: [Key] {
            [group.map { _ in .group }, qos.map { _ in .qos }, topic.map { _ in .topic }, phase.map { _ in .phase }].compactMap(\.self)
        }

        /// Whether it takes more than the group and the QoS to tell what belongs to it.
        public var isFine: Bool { topic != nil || phase != nil }

        /// As it is written: `{group=alarms,qos=1}`.
        public var description: String {
            let values = [
                group.map { "group=\($0)" }, qos.map { "qos=\($0)" }, topic.map { "topic=\($0)" }, phase.map { "phase=\($0.rawValue)" },
            ]
            return "{\(values.compactMap(\.self).joined(separator: ","))}"
        }
    }
}

extension Threshold.Metric {
    /// By what its figure can be divided.
    public var scopes: [Threshold.Scope.Key] {
        switch self {
        case .latency: [.group, .qos, .topic, .phase]
        case .acknowledge, .throughput, .published, .acked, .delivered, .refused, .loss, .redelivered: [.group, .qos]
        case .connect, .tcp, .tls, .connack, .suback, .firstMessage, .resume: [.group]
        case .unknown, .unsent, .connectionsLost, .late, .standstill, .orders: []
        }
    }
}
