import Trace

/// One world before it begins: who is there and what they mean to do when. Drawn from a seed alone.
struct Plan {
    /// The beginning of all worlds, so that no clock comes near 0.
    static let start: UInt64 = 10_000_000_000
    /// Everybody is connected and subscribed by then.
    static let publishingStart = start + 60_000_000

    var clients: [ClientPlan] = []
    var actions: [(at: UInt64, action: Action)] = []
    var publishingEnd = publishingStart
    var shape: Shape
    var run: UInt64
    /// Whether the broker forwards a QoS 2 message at PUBREL and not at PUBLISH.
    var routesOnRelease: Bool
    /// Whether what is retained goes out before SUBACK, as mosquitto does it (MQTT 3.1.1 and 5.0, section 3.8.4).
    var retainedComesFirst = false
    /// The greatest packet identifier that the broker uses.
    var lastPacketID: UInt16
    var window: Int
    /// The messages that wait for one session at most.
    var queueCap: Int?
    /// What the broker had counted as dropped before the run.
    var droppedBefore = 0
    /// What each lock guards at first.
    var locks: [Int64] = []
    var shop = ShopPlan()
    /// By how much each machine's clock differs from the first one's, in nanoseconds.
    var clocks: [Int64] = [0]

    enum Action {
        case connect(Int)
        /// The network connection breaks.
        case cut(Int)
        /// The client ends its connection.
        case leave(Int)
        /// The client ends its connection for good.
        case farewell(Int)
        case publish(Int, Int)
        case subscribe(Int, Int)
        case unsubscribe(Int, Int)
        /// The broker sends again what is in flight to a client.
        case resendLive(Int)
        /// A client asks for a lock, to change what it guards.
        case section(client: Int, lock: Int, delta: Int64)
        /// A desk takes an order, asks for it once more, or wants it no longer.
        case place(Int)
        case placeAgain(Int)
        case cancelOrder(Int)
        /// Whoever is away comes back for the end.
        case gather
    }
}

struct ClientPlan {
    var process: UInt32
    var name: String
    var group: String
    var isVersion5: Bool
    var keepsSession: Bool
    /// Whether it sends what was in flight into a new session too, as some libraries do.
    var resendsIntoNewSession: Bool
    /// Whether it says at the end of a session that the outcome of what was in flight is unknown; it is either way.
    var tellsUnknown: Bool
    /// Whether it hands a QoS 2 message to the application at PUBREL and not at PUBLISH.
    var deliversOnRelease: Bool
    /// The packets in flight from it to the broker.
    var window: Int
    /// The least time to the broker, in microseconds, and by how much it varies.
    var latency: Int
    var jitter: Int
    var filters: [FilterPlan] = []
    var publishes: [PublishPlan] = []
    /// Whether only its first connection asks for a clean session.
    var becomesKept = false
    /// Whether its engine shows DUP flags and tells of acknowledgements.
    var showsPackets = true
    /// How long after a packet came it is acknowledged, in microseconds.
    var acknowledgesAfter = 0
    var will: PublishPlan?
    /// Whether it is a service of a shop.
    var isService = false
    /// The client under whose name it connects, where it is not its own.
    var twin: Int?
    /// The topic and QoS of what it publishes when it has received something.
    var relay: PublishPlan?
    /// Whether its application is behind a causal inbox, and how long that waits for what is missing, in microseconds.
    var hasInbox = false
    var patience = 30_000
    /// Whether it says at the end what it has counted.
    var tellsCounters = false
    /// The machine that it runs on.
    var host = 0
}

struct FilterPlan {
    var filter: String
    var qos: UInt8
    /// Whether it is subscribed to from the beginning on.
    var isEarly = true
    var options: SubscriptionOptions = []
}

struct PublishPlan {
    var at: UInt64 = 0
    var topic: String
    var qos: UInt8
    var retain = false
    var isEmpty = false
    /// What it tells in a shop, by number.
    var note: Int?
}
