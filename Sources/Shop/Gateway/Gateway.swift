internal import Causality
internal import Foundation
internal import Logging
internal import MQTT
internal import Reactor
internal import Trace

/// A service's one way to the broker, in one run: what is received goes through the causal inbox to the workers; what they decide is stored,
/// traced and published; only then is the broker told that it was received.
///
/// It works in batches. While a batch is processed nothing is read from the socket and nothing is written to it, so that the acknowledgements of
/// a batch leave after its transaction. Under load batches grow, and with them the number of events that share a transaction.
///
/// Pinned to a reactor of the service, with the session and the trace writer.
actor Gateway {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    let configuration: ServiceConfiguration
    let plan: RunControl.RunPlan
    let run: UInt64
    let qos: QoS
    let version: ProtocolVersion
    let store: ShopStore
    let edge: EdgeHub
    let logger: Logger
    let files: RunFiles
    let writer: TraceWriter
    let locks: TraceRecorder
    let ledgers: Ledgers
    let pool: WorkerPool
    let link: SessionLink

    var inbox: TracedInbox<ShopMessage>
    /// What waits in the inbox, so that a copy of it is not taken for something that was processed.
    var held: Set<MessageKey> = []
    var outbox: Outbox
    var position: Position
    var tally: StateTally
    /// What came out of the inbox by other ways than a message that arrived.
    var releases: [InboxRelease<ShopMessage>] = []
    /// What the service received and does not act on.
    var refusals: Refusals
    /// Events that cannot be sent, to be set aside with the next batch.
    var unsendable: [SetAside] = []
    /// How many entries were set aside in this life.
    private(set) var setAside = 0
    /// The time by which orders are packed.
    let clock: ServiceClock
    /// When the next order is to be packed, in milliseconds of the clock.
    var nextDue: Int64?
    var isStopping = false
    /// Whether SUBACK came, in this life or one before, and the broker has not forgotten the session since.
    var isSubscribed = false
    /// Whether ``run()`` has ended by an error.
    private(set) var hasFailed = false

    var process: UInt32 { configuration.service.process }
    var session: any MQTTSession { link.session }

    /// Begins a run, or goes on with one.
    /// - Parameter stored: what the store has of a run that this service was killed in; `nil` for a new one.
    /// - Throws: ``ShopError``, `TraceError`.
    init(
        _ configuration: ServiceConfiguration, plan: RunControl.RunPlan, stored: StoredRun?, store: ShopStore, reactor: Reactor,
        edge: EdgeHub, clock: ServiceClock = ServiceClock(), logger: Logger
    ) async throws {
        guard let run = plan.runNumber else { throw ShopError("The number of the run, '\(plan.run)', is not hexadecimal.") }
        let service = configuration.service
        self.reactor = reactor
        self.configuration = configuration
        self.plan = plan
        self.run = run
        self.store = store
        self.edge = edge
        self.clock = clock
        var logger = logger
        logger[metadataKey: "run"] = "\(plan.run)"
        self.logger = logger
        refusals = Refusals(logger: logger)
        qos = plan.qos[service.rawValue].flatMap { QoS(rawValue: UInt8(clamping: $0)) } ?? configuration.qos
        version = plan.protocolVersion.flatMap { ProtocolVersion(rawValue: $0) } ?? configuration.protocolVersion
        files = try RunFiles(traces: configuration.traces, run: run, service: service)
        var position = stored?.position ?? Position()
        if let stored {
            try files.complete(life: position.life, tail: stored.tail)
            position.life += 1
            // Before any file of the new life, so that no two lives ever have files of one name.
            var commit = Commit(position: position, dropsTail: true)
            commit.setAside = stored.setAside
            try await store.commit(commit)
        } else {
            files.clear()
            try await store.begin(plan, position: position)
        }
        self.position = position
        let life = position.life
        let process = service.process
        writer = try TraceWriter(
            path: files.events(life: life), run: run, writer: files.writer(life: life, isLocks: false), name: "\(service.rawValue)-\(life)",
            synchronous: true)
        writer.define(process: process, name: service.rawValue, group: service.rawValue)
        locks = try TraceRecorder(
            path: files.locks(life: life), run: run, writer: files.writer(life: life, isLocks: true),
            name: "\(service.rawValue)-\(life)-locks")
        locks.record { $0.define(process: process, name: service.rawValue, group: service.rawValue) }
        // What was set back meanwhile, or stored by another clock, keeps no order longer than packing takes.
        let latest = clock.now + Int64(plan.packingMilliseconds)
        let records = (stored?.orders ?? []).map { $0.due(atLatest: latest) }
        let stock = stored?.stock.mapValues(\.onHand) ?? Self.initialStock(plan)
        let ledgers = Ledgers(
            ServiceLogic.ledgers(of: service, orders: records, stock: stock), life: life, process: process, recorder: locks,
            isGuarded: !configuration.defects.contains(.noLock))
        self.ledgers = ledgers
        pool = WorkerPool(configuration.workers, records: records) {
            Worker(
                service, records: $0, ledgers: ledgers, packingMilliseconds: Int64(plan.packingMilliseconds),
                isIdempotent: !configuration.defects.contains(.noIdempotentInbox))
        }
        tally = StateTally(orders: records, stock: stock)
        nextDue = records.map(\.due).filter { $0 > 0 }.min()
        let filter = InboxSubscription(TopicFilter(ShopTopic.causalFilter(to: service.party))!)
        inbox = TracedInbox(
            CausalPublisher(PublisherID(process: process, incarnation: 0), past: position.past), writer: writer, subscriptions: [filter],
            had: position.settled, timeout: .milliseconds(plan.causalTimeoutMilliseconds))
        var session = configuration.session(clientID: "shop-\(configuration.instance)", version: version)
        session.keepsSession = true
        session.readsProperties = version == .v5
        // At QoS 2 mosquitto 2.0 and libmosquitto count differently what is in flight under load, and the library ends the connection where the
        // broker goes beyond what was asked for, again each time it comes back. The broker's own limit has to do there.
        if qos != .exactlyOnce { session.receiveMaximum = ServiceConfiguration.receiveMaximum }
        link = SessionLink(
            session.makeSession(on: reactor), process: process, writer: writer,
            acknowledgesAtOnce: configuration.defects.contains(.acknowledgesBeforeCommit), logger: logger, on: reactor)
        outbox = Outbox(acknowledged: position.acknowledged, resendAfter: Self.resendAfter(plan))
        link.completed = { [unowned self] sequence, outcome in
            self.assumeIsolated { $0.outbox.completed(sequence, outcome) }
        }
        if let stored {
            goOn(with: stored)
        } else {
            stockUp(stock)
        }
    }

    /// How long an event waits for its receipt at the first time, in nanoseconds.
    private static func resendAfter(_ plan: RunControl.RunPlan) -> UInt64 { UInt64(plan.resendMilliseconds) * 1_000_000 }

    private static func initialStock(_ plan: RunControl.RunPlan) -> [Item: Int] {
        Dictionary(uniqueKeysWithValues: Catalogue.items.map { ($0, plan.stock[$0.description] ?? 0) })
    }

    /// What is on hand at the beginning comes from outside.
    private func stockUp(_ stock: [Item: Int]) {
        guard configuration.service == .packaging else { return }
        for item in Catalogue.items {
            guard let amount = stock[item], amount > 0 else { continue }
            trace(StockMove(item: item, from: .outside, to: .onHand, amount: amount, order: ""), at: MonotonicClock.now)
        }
    }

    /// Puts back what the life before had received or stored and not finished.
    private func goOn(with stored: StoredRun) {
        let now = MonotonicClock.now
        for entry in stored.setAside { noteSetAside("an entry of \(entry.place.rawValue) in the store cannot be used: \(entry.reason)") }
        for (key, message) in stored.held {
            held.insert(key)
            take(message, at: now)
        }
        // Only at QoS 1 may the same packet be sent again by a client that has forgotten its session: at QoS 2 the broker could take a new
        // packet identifier for that of a message before. There an event is sent again as a new message when its time is over.
        let resends = qos == .atLeastOnce
        if !resends { outbox = Outbox(acknowledged: position.sequence, resendAfter: Self.resendAfter(plan)) }
        for entry in stored.outbox {
            if resends, !outbox.isAcknowledged(entry.sequence) {
                writer.resent(process: process, at: now, sequence: entry.sequence, attempt: 1)
                outbox.enqueue(entry)
            } else {
                outbox.restore(entry, at: now)
            }
        }
    }

    /// Says that something cannot be used, in the log and in the trace; of many the first ones.
    func noteSetAside(_ what: String) {
        setAside += 1
        guard setAside <= Refusals.recorded else { return }
        logger.error("an entry is set aside", metadata: ["reason": "\(what)"])
        writer.mark(at: MonotonicClock.now, .note, text: "set aside: \(what)")
    }

    func trace(_ move: StockMove, at now: UInt64) {
        writer.moved(
            process: process, at: now, quantity: "stock", account: move.item.description, from: move.from.rawValue, to: move.to.rawValue,
            amount: UInt64(move.amount), entity: move.order)
    }

    func fail() { hasFailed = true }

    /// Whether the connection stands.
    var isConnected: Bool { session.isConnected }

    /// What the service says of itself now.
    func state() -> ServiceState {
        var state = ServiceState(service: configuration.service, instance: configuration.instance)
        state.run = plan.run
        state.life = position.life
        state.orders = tally.orders
        if configuration.service == .packaging { state.stock = tally.stock }
        state.processed = position.processed
        state.repeated = position.repeated
        state.published = Int(position.sequence)
        state.unanswered = outbox.unanswered
        state.held = inbox.heldCount
        state.concurrent = position.concurrent
        state.corrupt = refusals.corrupt
        state.foreign = refusals.foreign
        state.passedOver = refusals.passedOver
        state.setAside = setAside
        state.owes = whatItOwes
        state.isAtRest = outbox.isEmpty && inbox.heldCount == 0 && nextDue == nil && link.isIdle && session.isConnected
        return state
    }
}

extension Gateway {
    /// What waits for the next turn, or for the connection.
    private var whatItOwes: String? {
        if !session.isConnected { return "is not connected" }
        if !link.isIdle { return "has \(link.arrivals.count) messages that came and that it has not taken" }
        if let nextDue, nextDue <= clock.now { return "has an order to pack that is due" }
        return outbox.waiting > 0 ? "has \(outbox.waiting) events to send" : nil
    }
}

/// Orders by state and stock by item, kept up to date instead of counted.
struct StateTally {
    private(set) var orders: [String: Int] = [:]
    private(set) var stock: [String: Int] = [:]
    private var states: [String: OrderRecord.State] = [:]

    init(orders: [OrderRecord], stock: [Item: Int]) {
        for record in orders { take(record) }
        for (item, amount) in stock { self.stock[item.description] = amount }
    }

    /// An order is in another state.
    mutating func take(_ record: OrderRecord) {
        if let before = states.updateValue(record.state, forKey: record.order.key) { orders[before.rawValue, default: 0] -= 1 }
        orders[record.state.rawValue, default: 0] += 1
    }

    /// Some stock moved.
    mutating func take(_ move: StockMove) {
        if move.to == .onHand { stock[move.item.description, default: 0] += move.amount }
        if move.from == .onHand { stock[move.item.description, default: 0] -= move.amount }
    }
}
