/// The one fault of a run, when it may strike, and what it did.
final class Injection {
    var fault: Fault?
    /// From when on the first fitting place is struck.
    var armedAt: UInt64
    private(set) var hasStruck = false
    /// How many messages the fault concerns, where it is a matter of several.
    var extent: Int
    /// The session that it struck, and the message at which it did.
    var session: BrokerSession?
    var message: Int?
    /// What it took away, from whom.
    private(set) var casualties: [(message: Int, session: BrokerSession)] = []
    /// By how much a lost update is off that is still to be made up for.
    var lost: Int64 = 0
    /// PUBACKs that it holds back, and the messages whose PUBACKs it swapped, in the order in which they left.
    var heldPubacks: [(id: UInt16, message: Int)] = []
    var swapped: [Int] = []
    /// What the register of a topic held.
    var register: Int?
    /// The SUBSCRIBE that brought nothing.
    var subscribe: SubscribePacket?
    /// The connection whose will is published.
    var link: Link?
    /// The connection that it struck.
    var struckLink: Link?
    /// When the connection had ended after which a session was empty.
    var lostAt: UInt64 = 0
    var emptiedAt: UInt64 = 0
    /// What it holds back for a while.
    var held: [PublishPacket] = []

    init(_ fault: Fault?, _ plan: Plan, _ random: inout SplitMix64) {
        self.fault = fault
        let moment = plan.moment(&random)
        armedAt = fault?.isEarly == true ? Plan.publishingStart + (moment - Plan.publishingStart) / 8 : moment
        extent = random.pick(2...3)
    }

    /// Whether the fault is this one, and may strike here and now for the first time.
    func isReady(_ fault: Fault, _ now: UInt64) -> Bool {
        self.fault == fault && !hasStruck && now >= armedAt
    }

    func strike(_ session: BrokerSession? = nil, _ message: Int? = nil) {
        hasStruck = true
        self.session = session
        self.message = message
    }

    /// Whether a message is one that was sent back to its publisher.
    func isBack(_ message: Int, _ session: BrokerSession) -> Bool {
        fault == .ownMessageBack && self.message == message && self.session === session
    }

    func lose(_ message: Int, _ session: BrokerSession) {
        if casualties.contains(where: { $0.message == message && $0.session === session }) { return }
        casualties.append((message, session))
    }
}
