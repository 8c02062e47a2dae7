import Causality
import Trace

/// One attempt to publish, and what the world knows of it: the truth that the checker has to find from the trace.
struct Message {
    /// The client that published it, as an index, and its process.
    var client: Int
    var process: UInt32
    var topic: String
    var qos: UInt8
    var retain: Bool
    var sequence: UInt64
    var attempt: UInt32
    var stamp: VectorTimestamp
    /// The stamp that it should carry, after what its publisher had received.
    var due: VectorTimestamp
    var sent: UInt64
    var outcome: PublishOutcome?
    var completed: UInt64?
    /// How often PUBLISH was written.
    var transmissions = 1
    /// Whether the publisher's session was lost while it was in flight.
    var lostSession = false
    /// Whether the broker forwarded it.
    var wasRouted = false
    /// Whether the broker refuses it.
    var isRefused = false
    /// Whether its payload is empty, so that with the RETAIN flag it clears the topic.
    var isEmpty = false
    /// Whether it is a will, which no publish record tells of.
    var isWill = false

    /// Whether the broker took it for sure.
    var isAccepted: Bool { outcome == .acked && !(qos == 2 && lostSession) && !isEmpty }

    /// Whether it may take effect late, so that it has no place in the order of its stream.
    var isConcurrent: Bool { qos > 0 && (outcome != .acked || lostSession) }

    /// Whether two messages are of one stream.
    func sharesStream(with other: Message) -> Bool {
        client == other.client && topic == other.topic && qos == other.qos
    }
}

/// One delivery to an application.
struct Delivery {
    var at: UInt64
    var session: BrokerSession
    var message: Int
    var topic: String
    var qos: UInt8
    var retain: Bool
    var payload: PublishPacket.Payload
    var isFaulty: Bool
    /// When the connection began that it came on.
    var connectedAt: UInt64
    var dup: Bool
    /// When the connection began that resumed the session; `nil` where it began it.
    var resumedAt: UInt64?
}
