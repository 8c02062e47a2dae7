import Causality

/// A client of the world at run time.
final class Client {
    let plan: ClientPlan
    var link: Link?
    /// Whether CONNACK came on the present link.
    var isConnected = false
    /// Whether it was connected when the world had come to rest.
    var wasConnectedAtEnd = false
    /// The session that its last CONNACK gave it.
    var session: BrokerSession?
    var sequence: UInt64 = 0
    var stamp = VectorTimestamp()
    /// The same without the effects of wrong counts: what each publisher says of itself is counted anew.
    var due = VectorTimestamp()
    /// Publishes above QoS 0 that are not complete, in order.
    var inFlight: [Flying] = []
    var lastID: UInt16 = 0
    /// How often it has asked for a connection, and when its present one was accepted.
    var connects = 0
    var connectedAt: UInt64 = 0
    /// The last connection that was accepted, and when the one before it ended.
    var previousLink: Link?
    var lastEnd: UInt64 = 0
    /// Whether it has ended its connection for good.
    var isGone = false
    /// Whether another process has taken its place.
    var isRetired = false
    /// The packets that its application has and that it has not acknowledged.
    var unacknowledged: [UInt16: Int] = [:]
    /// The message that it acknowledged last with each packet identifier.
    var settled: [UInt16: Int] = [:]
    /// What is meant to be published and waits for the connection or for room in the window.
    var waiting: [PublishPlan] = []
    /// QoS 2 packets between PUBLISH and PUBREL.
    var incoming: [PublishPacket] = []
    /// The filters that it wants now, by index in the plan.
    var wanted: [Int]

    /// What a causal inbox waits for, holds back and has released.
    var inbox = Inbox()
    /// What it has recorded, by the names of the counters.
    var counts: [Counter: Int64] = [:]

    enum Counter: String, CaseIterable {
        case published, acked, refused, delivered, processed
    }

    struct Inbox {
        /// Messages that may come, in the order in which they were published.
        var expected: [Int] = []
        var held: [Int] = []
        var released: [(message: Int, timedOut: Bool)] = []
        /// What came as a copy from the past.
        var passed: Set<Int> = []
    }

    struct Flying {
        var message: Int
        var id: UInt16
        /// Whether PUBREC came.
        var isReleased = false
    }

    init(_ plan: ClientPlan) {
        self.plan = plan
        wanted = plan.filters.indices.filter { plan.filters[$0].isEarly }
    }

    func takeID() -> UInt16 {
        repeat { lastID = lastID == .max ? 1 : lastID + 1 } while inFlight.contains { $0.id == lastID }
        return lastID
    }
}
