extension CheckReport {
    /// How often that happened which the rules are about. A rule that nothing put to the test says nothing, so a verdict stands beside these.
    public struct Exercise: Codable, Equatable, Sendable {
        /// Further copies that QoS 1 allows, without ``repeated``.
        public var redelivered = 0
        /// Further copies that came because several subscriptions of a session match [MQTT-3.3.5-1].
        public var repeated = 0
        /// Messages at effective QoS 0 that did not arrive, which is legal.
        public var dropped = 0
        /// Connections that resumed the session which their client had.
        public var resumed = 0
        /// Connections that began a session: the client's first, or one after a session that was lost or had ended.
        public var begun = 0
        /// Connections that another connection of the same client, told of by another file, took over.
        public var takenOver = 0
        /// Messages that arrived at a subscriber after a message of another stream that depends on them.
        public var inversions = 0
        /// Pairs of messages of which neither happened before the other.
        public var concurrent = 0
        /// Acknowledgements of QoS 1 messages that came after that of a message which was sent later on the same connection.
        public var acknowledgedOutOfOrder = 0
        /// Deliveries with the RETAIN flag of what the run published.
        public var retained = 0
        /// Deliveries of wills.
        public var wills = 0
        /// Attempts to publish that were written again.
        public var resent = 0
        /// Missing deliveries that documented limits cover.
        public var limited = 0

        /// All counts 0.
        public init() {}
    }

    /// What a session gets of a message that several of its filters match [MQTT-3.3.5-1], as far as the run shows.
    public struct Overlap: Codable, Equatable, Sendable {
        /// Messages that came to a session of which several filters match, counted once for each such session.
        public var messages = 0
        /// Of them, those that came once.
        public var once = 0
        /// Of them, those that came once for each filter, or more often.
        public var each = 0

        /// No message came so.
        public init() {}

        /// What the broker does.
        public enum Kind: String, Codable, Sendable {
            /// One copy of every message.
            case once = "one copy"
            /// One copy of every message for each filter that matches.
            case each = "one for each filter"
            /// Now this, now that; what is lost at QoS 0 and what is redelivered can look so as well.
            case mixed
        }

        /// What the broker does; `nil` where no message shows it.
        public var kind: Kind? {
            messages == 0 ? nil : once == messages ? .once : each == messages ? .each : .mixed
        }

        private enum CodingKeys: String, CodingKey {
            case messages, once, each, kind
        }

        /// Reads the counts; the kind follows from them.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            messages = try container.decode(Int.self, forKey: .messages)
            once = try container.decode(Int.self, forKey: .once)
            each = try container.decode(Int.self, forKey: .each)
        }

        /// Writes every key, `kind` as null where no message shows it.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(messages, forKey: .messages)
            try container.encode(once, forKey: .once)
            try container.encode(each, forKey: .each)
            try container.encode(kind, forKey: .kind)
        }
    }

    /// What the clients of one group received.
    public struct Receiver: Codable, Equatable, Sendable {
        /// The group.
        public var group: String
        /// Its clients that subscribed.
        public var clients: Int
        /// Those of them to which nothing came.
        public var silent: Int
        /// Everything that came to them: every copy, at any QoS, of whomever.
        public var deliveries: Int
        /// What SUBACK granted below what SUBSCRIBE had asked for, by what was asked for.
        public var lowered: [Lowered]

        /// Subscriptions that got less than they asked for.
        public struct Lowered: Codable, Equatable, Sendable {
            /// The QoS that was asked for.
            public var requested: Int
            /// The QoS that was granted; 128 and above where the broker refused.
            public var granted: Int
            /// How many SUBACKs said so.
            public var count: Int

            /// Makes one.
            public init(requested: Int, granted: Int, count: Int) {
                self.requested = requested
                self.granted = granted
                self.count = count
            }
        }

        /// Makes a group's part.
        public init(group: String, clients: Int, silent: Int, deliveries: Int, lowered: [Lowered] = []) {
            self.group = group
            self.clients = clients
            self.silent = silent
            self.deliveries = deliveries
            self.lowered = lowered
        }
    }
}

extension RunIndex {
    /// What the first pass saw of what the rules are about.
    var exercise: CheckReport.Exercise {
        var exercise = CheckReport.Exercise()
        for session in sessions {
            exercise.begun += session.connections.count { !$0.isResume }
            exercise.resumed += session.connections.count { $0.isResume }
            exercise.takenOver += session.connections.count { $0.takenOverAt != nil }
        }
        exercise.acknowledgedOutOfOrder = acknowledgedOutOfOrder
        exercise.resent = publishes.publishers.reduce(0) { sum, publisher in
            sum + publisher.states.reduce(0) { $0 + max(0, $1.transmissions - 1) }
        }
        return exercise
    }

    /// What came to the clients of each group that subscribed, in the order of the groups' first processes.
    /// - Parameter deliveries: what came to each process.
    func receivers(_ deliveries: [Int]) -> [CheckReport.Receiver] {
        var found: [String: CheckReport.Receiver] = [:]
        var first: [String: UInt32] = [:]
        for (number, process) in processes.enumerated() {
            let grants = process.sessions.flatMap { sessions[$0].subscriptions }.flatMap(\.grants)
            guard !grants.isEmpty else { continue }
            first[process.group] = min(first[process.group] ?? .max, process.id)
            var receiver = found[process.group] ?? .init(group: process.group, clients: 0, silent: 0, deliveries: 0)
            receiver.clients += 1
            receiver.deliveries += deliveries[number]
            if deliveries[number] == 0 { receiver.silent += 1 }
            for grant in grants where grant.isAnswered && (grant.qos < grant.requested || grant.qos >= 0x80) {
                let (requested, granted) = (Int(grant.requested), Int(grant.qos))
                if let place = receiver.lowered.firstIndex(where: { $0.requested == requested && $0.granted == granted }) {
                    receiver.lowered[place].count += 1
                } else {
                    receiver.lowered.append(.init(requested: requested, granted: granted, count: 1))
                }
            }
            found[process.group] = receiver
        }
        return found.values.sorted { (first[$0.group] ?? 0) < (first[$1.group] ?? 0) }.map { receiver in
            var sorted = receiver
            sorted.lowered.sort { ($0.requested, $0.granted) < ($1.requested, $1.granted) }
            return sorted
        }
    }
}
