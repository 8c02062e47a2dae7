internal import Workload

/// What a client publishes, put so that a message asks for nothing that is the same for all.
final class MessagePlan: Sendable {
    private let cycle: [UInt8]
    private let only: UInt8
    private let topics: TopicSource
    /// The only topic, where there is one.
    let fixedTopic: String?
    let size: Int
    let retain: Bool

    init?(_ publish: Profile.Publish?, _ topics: TopicSource?) {
        guard let publish, let topics else { return nil }
        cycle = publish.qos
        only = publish.qos[0]
        self.topics = topics
        fixedTopic = topics.fixedTopic
        size = publish.size
        retain = publish.retain
    }

    /// The QoS of the message with this sequence number.
    @inline(__always)
    func qos(of sequence: UInt64) -> UInt8 { cycle.count == 1 ? only : cycle[Int((sequence &- 1) % UInt64(cycle.count))] }

    /// The topic of the message with this sequence number.
    @inline(__always)
    func topic(of sequence: UInt64) -> String { fixedTopic ?? topics.topic(sequence: sequence) }
}
