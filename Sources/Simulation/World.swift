import Trace
import Verification

/// A discrete-event model of clients and a broker. Everything that happens follows from the plan, the seed and the fault.
///
/// The model keeps to MQTT, and to nothing of the checker: what the checker must find is told by what happened here.
final class World {
    let plan: Plan
    let shape: Shape
    var random: SplitMix64
    let injection: Injection
    private(set) var now = Plan.start
    private var queue = EventQueue<Event>()
    let clients: [Client]
    /// The broker's sessions in the order in which they began.
    var sessions: [BrokerSession] = []
    let locks: [SimulatedLock]
    /// Every attempt to publish.
    var messages: [Message] = []
    var deliveries: [Delivery] = []
    /// What the trace files will hold, in the order of time.
    var records: [Record] = []
    /// Every session that the broker began, those that have ended too.
    var begun: [BrokerSession] = []
    /// How many messages the broker dropped for sessions, and counted.
    var dropped = 0
    /// How often a client got a packet whose identifier another packet still had.
    var collisions = 0
    /// The last retained message of each topic, in the order in which the topics got their first.
    var retained: [(topic: String, message: Int)] = []
    /// What was retained before, by topic.
    var formerlyRetained: [String: [Int]] = [:]
    /// Who is next in each group.
    var turns: [String: Int] = [:]
    var shop: Shop
    /// When the world had come to rest.
    private(set) var end: UInt64 = 0

    enum Event {
        case action(Plan.Action)
        case atBroker(Link, Packet)
        case atClient(Link, Packet)
        /// The broker sees that a connection is gone.
        case brokerNotices(Link)
        /// A publish takes effect whose publisher has given it up.
        case lateEffect(PublishPacket)
        /// The broker forwards what it had held back.
        case forwardLate(PublishPacket, BrokerSession)
        /// An inbox has waited long enough for what should come before a message.
        case giveUp(Int, Int)
        case grantNext(lock: Int)
        case leaveSection(lock: Int, section: Int)
        case released(lock: Int, section: Int, began: UInt64, by: Int)
        case free(lock: Int, section: Int)
        case mark(MarkKind)
        /// A warehouse packs an order that it had reserved.
        case pack(Int)
        /// A client acknowledges a packet some time after it came.
        case acknowledge(Link, UInt16)
        /// A client sees that the broker has closed its connection.
        case clientNotices(Link)
        /// The broker acknowledges a packet some time after it came.
        case pubackLate(Link, UInt16)
    }

    /// One event of the trace: at whose process, and how to write it.
    struct Record {
        /// The client; `nil` where it is a matter of the run.
        var client: Int?
        var host: Int
        var write: (TraceWriter, UInt32) -> Void
    }

    init(_ plan: Plan, _ random: SplitMix64, _ injection: Injection) {
        self.plan = plan
        shape = plan.shape
        self.random = random
        self.injection = injection
        clients = plan.clients.map(Client.init)
        locks = plan.locks.enumerated().map { SimulatedLock(name: "lock-\($0)", initial: $1) }
        shop = Shop(plan.shop)
        for (at, action) in plan.actions { queue.schedule(.action(action), at: at) }
    }

    /// What the checker is told to expect of this broker.
    var expectations: Expectations {
        Expectations(
            overlappingSubscriptions: shape.copiesAsItLikes ? .any : shape.copiesForEach ? .each : .once,
            redelivery: injection.fault == .forbiddenRedelivery ? .forbidden : .allowed,
            causalOrder: shape.demandsCausalWire ? .wire : .processed,
            acknowledgementOrder: injection.fault == .pubacksSwapped ? .kept : .any,
            limits: plan.queueCap.map { [.init(name: "queue", class: .lost, counter: Self.dropCounter, note: "\($0) messages a session")] }
                ?? [])
    }

    /// Lets everything happen, until nothing moves any more.
    func run() {
        createLocks()
        stockUp()
        readBroker(plan.droppedBefore)
        queue.schedule(.mark(.allSubscribed), at: Plan.publishingStart - 10_000_000)
        while let (time, event) = queue.next() {
            now = time
            perform(event)
        }
        end = now + 20_000_000
        now = end
        for client in clients { client.wasConnectedAtEnd = client.isConnected }
        readBroker(plan.droppedBefore + dropped - (injection.fault == .dropBeyondCount ? 1 : 0))
        mark(injection.fault == .drainTimedOut ? .drainTimedOut : .quiescent)
        now = end + 1_000_000
        tellCounters()
        tellStock()
        // A run that was cut short does not always end its connections.
        if injection.fault == .restless, random.chance(50) { return }
        for client in clients.indices where clients[client].isConnected { leave(client) }
    }

    private func perform(_ event: Event) {
        switch event {
        case .action(let action): perform(action)
        case .atBroker(let link, let packet):
            if link.isOpenAtBroker { receiveAtBroker(packet, link) }
        case .atClient(let link, let packet):
            if link.isOpenAtClient { receiveAtClient(packet, link) }
        case .brokerNotices(let link): close(link)
        case .lateEffect(let packet):
            if !messages[packet.message].wasRouted { route(packet) }
        case .forwardLate(let packet, let session): enqueue(packet, session)
        case .giveUp(let client, let message): giveUp(client, message)
        case .grantNext(let lock): grantNext(lock)
        case .leaveSection(let lock, let section): leaveSection(lock, section)
        case .released(let lock, let section, let began, let client): released(lock, section, began, client)
        case .free(let lock, let section): free(lock, section)
        case .mark(let kind): mark(kind)
        case .pack(let order): pack(order)
        case .acknowledge(let link, let id): acknowledge(id, on: link)
        case .pubackLate(let link, let id):
            if link.isOpenAtBroker { send(.puback(id, reason: 0), toClient: link) }
        case .clientNotices(let link):
            if clients[link.client].link === link { drop(link.client, byClient: false) }
        }
    }

    private func perform(_ action: Plan.Action) {
        switch action {
        case .connect(let client): connect(client)
        case .cut(let client): cut(client)
        case .leave(let client): leave(client)
        case .farewell(let client):
            if clients[client].isConnected { clients[client].isGone = true }
            leave(client)
        case .publish(let client, let index):
            clients[client].waiting.append(plan.clients[client].publishes[index])
            publishWaiting(client)
        case .subscribe(let client, let filter): subscribe(client, filter)
        case .unsubscribe(let client, let filter): unsubscribe(client, filter)
        case .resendLive(let client): resendLive(client)
        case .place(let order): place(order)
        case .placeAgain(let order): say(.placed, order)
        case .cancelOrder(let order): say(.cancel, order)
        case .section(let client, let lock, let delta): ask(client, lock, delta)
        case .gather:
            for client in clients.indices { connect(client) }
        }
    }

    func send(_ packet: Packet, toBroker link: Link) {
        link.lastArrivalAtBroker = max(link.lastArrivalAtBroker + 1000, now + latency(link))
        queue.schedule(.atBroker(link, packet), at: link.lastArrivalAtBroker)
    }

    func send(_ packet: Packet, toClient link: Link) {
        link.lastArrivalAtClient = max(link.lastArrivalAtClient + 1000, now + latency(link))
        queue.schedule(.atClient(link, packet), at: link.lastArrivalAtClient)
    }

    /// The broker sees the end of a connection, some time after the client.
    func scheduleNotice(_ link: Link) {
        if link.losesInFlight {
            queue.schedule(.brokerNotices(link), at: now + 1000)
        } else {
            queue.schedule(.brokerNotices(link), at: max(now, link.lastArrivalAtBroker) + random.microseconds(1...5000))
        }
    }

    /// What a publisher is about to give up may still lie somewhere and take effect when nobody waits for it any more.
    func scheduleLateEffects(_ number: Int) {
        let client = clients[number]
        guard !client.plan.keepsSession, !client.plan.resendsIntoNewSession else { return }
        for flying in client.inFlight where !messages[flying.message].wasRouted && random.chance(70) {
            let message = messages[flying.message]
            queue.schedule(
                .lateEffect(PublishPacket(message: flying.message, topic: message.topic, qos: message.qos)),
                at: now + random.microseconds(2000...60_000))
        }
    }

    func schedule(_ event: Event, after delay: UInt64) {
        queue.schedule(event, at: now + delay)
    }

    private func latency(_ link: Link) -> UInt64 {
        let client = plan.clients[link.client]
        return random.microseconds(client.latency...client.latency + client.jitter)
    }

    /// The run as a whole says that it came to rest, if it does.
    private func mark(_ kind: MarkKind) {
        if injection.fault == .restless, kind != .allSubscribed { return }
        for host in plan.clocks.indices {
            let at = clock(now, on: host)
            records.append(Record(client: nil, host: host) { writer, _ in writer.mark(at: at, kind, text: "") })
        }
    }

    /// The name and the process of what the broker says of itself.
    static let dropCounter = "broker.dropped"
    static let observer: UInt32 = 9_000

    /// Somebody writes down how many messages the broker says it dropped.
    private func readBroker(_ value: Int) {
        guard plan.queueCap != nil else { return }
        let at = now
        records.append(
            Record(client: nil, host: 0) { writer, _ in
                writer.counted(process: Self.observer, at: at, counter: Self.dropCounter, value: Int64(value))
            })
    }

    /// What the clock of a machine shows at a moment.
    func clock(_ time: UInt64, on host: Int) -> UInt64 {
        UInt64(Int64(time) + plan.clocks[host])
    }

    func record(_ client: Int, _ write: @escaping (_ writer: TraceWriter, _ process: UInt32, _ at: UInt64) -> Void) {
        let host = plan.clients[client].host
        let at = clock(now, on: host)
        records.append(Record(client: client, host: host) { writer, process in write(writer, process, at) })
    }
}
