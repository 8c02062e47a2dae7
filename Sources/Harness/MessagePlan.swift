internal import MQTT
internal import Workload

/// What a client publishes, put so that a message asks for nothing that is the same for all.
final class MessagePlan: Sendable {
    private let cycle: [UInt8]
    private let only: UInt8
    private let topics: TopicSource
    /// The only topic, where there is one.
    let fixedTopic: String?
    /// The only size, where there is one.
    private let fixedSize: Int?
    private let sizes: SizeSource
    let retain: Bool
    private let emptyEvery: UInt64
    /// What each message says beside its payload; `nil` for nothing.
    let properties: MessageProperties?

    /// What the payloads say; `nil` where that is left to Waybill.
    private let bodies: TopicSource?
    /// What all of them say, where that is the same.
    private let fixedBody: [UInt8]?
    /// Whether the proof goes into a user property.
    let provesInProperties: Bool

    init?(_ publish: Profile.Publish?, _ topics: TopicSource?, _ sizes: SizeSource?, bodies: TopicSource?) {
        guard let publish, let topics, let sizes else { return nil }
        cycle = publish.qos
        only = publish.qos[0]
        self.topics = topics
        fixedTopic = topics.fixedTopic
        self.sizes = sizes
        if case .fixed(let size) = publish.sizes { fixedSize = size } else { fixedSize = nil }
        retain = publish.retain
        self.bodies = bodies
        fixedBody = bodies?.fixedTopic.map { Array($0.utf8) }
        provesInProperties = publish.payload?.proof == .properties
        emptyEvery = UInt64(publish.emptyEvery ?? 0)
        properties = MessageProperties(publish.properties)
    }

    /// The QoS of the message with this sequence number.
    @inline(__always)
    func qos(of sequence: UInt64) -> UInt8 { cycle.count == 1 ? only : cycle[Int((sequence &- 1) % UInt64(cycle.count))] }

    /// The size of the payload of the message with this sequence number.
    @inline(__always)
    func size(of sequence: UInt64) -> Int { fixedSize ?? sizes.size(sequence: sequence) }

    /// What the payload of the message with this sequence number says; `nil` where that is left to Waybill.
    @inline(__always)
    func body(of sequence: UInt64) -> [UInt8]? {
        bodies == nil ? nil : fixedBody ?? bodies.map { Array($0.topic(sequence: sequence).utf8) }
    }

    /// Whether the message with this sequence number has an empty payload.
    @inline(__always)
    func isEmpty(_ sequence: UInt64) -> Bool { emptyEvery > 0 && sequence % emptyEvery == 0 }

    /// The topic of the message with this sequence number.
    @inline(__always)
    func topic(of sequence: UInt64) -> String { fixedTopic ?? topics.topic(sequence: sequence) }
}

extension MessageProperties {
    /// What a profile has its messages say; `nil` where that is nothing.
    init?(_ properties: Profile.Properties) {
        guard properties.contentType != nil || !properties.user.isEmpty else { return nil }
        self.init(contentType: properties.contentType, user: properties.user.map { UserProperty($0.name, $0.value) })
    }
}
