internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// Everything that lives on one reactor: its clients, its trace and its counters. Pinned to the reactor, so its clients need no lock.
actor LoadWorker: CrewWorker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let context: WorkerContext
    private var clients: [LoadClient] = []
    /// The client that a look for due deliveries begins with.
    private var nextLook = 0
    /// How many pairs of a subscriber and a publisher one look may cost, about a millisecond of the reactor.
    private static let pairsInALook = 4_096
    var record: WorkerRecord { context }
    var waiting: Int {
        let now = MonotonicClock.now
        return clients.reduce(0) { $0 + $1.waiting(at: now) }
    }
    var excusedWaiting: Int {
        let now = MonotonicClock.now
        return clients.reduce(0) { $0 + ($1.subscribing?.stall == nil ? 0 : $1.waiting(at: now)) }
    }
    var inFlight: Int { clients.reduce(0) { $0 + $1.inFlight } }

    /// - Throws: `TraceError` where the trace cannot be created.
    init(reactor: Reactor, index: Int, run: RunPlan, trace path: String) throws {
        self.reactor = reactor
        let trace = try TraceWriter(path: path, run: run.id, writer: UInt32(index), name: reactor.name)
        context = WorkerContext(reactor: reactor, run: run, trace: trace)
    }

    /// Makes the clients of this reactor, without connecting them.
    /// - Parameter reactors: all those of the run.
    func place(_ plans: [ClientPlan], beside reactors: [Reactor]) {
        context.reactors = reactors
        clients = plans.enumerated().map { LoadClient($1, seat: $0, context: context) }
    }

    /// Connects one client and waits until its subscriptions are acknowledged.
    func establish(_ index: Int) async throws {
        try await clients[index].establish()
    }

    /// Has the broker forget a kept session that an earlier run may have left under one client's name.
    func clearEarlierSession(_ index: Int) async throws {
        try await clients[index].clearEarlierSession()
    }

    /// Has the broker forget what one client left in it.
    func clearLeftovers(_ index: Int) async throws {
        try await clients[index].clearLeftovers()
    }

    /// Publishes what one client's plan says until it is done or the task is cancelled.
    func publish(_ index: Int, phases: PhaseTimes) async throws {
        try await clients[index].publish(phases: phases)
    }

    /// Forwards what one client receives until the task is cancelled.
    func forward(_ index: Int) async throws {
        try await clients[index].forward()
    }

    /// Connects whoever is to be connected and is not, until the task is cancelled. One task does that for all: as long as all is well, nobody waits for the
    /// end of a connection but it.
    func supervise() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                try await context.awayChanged.wait { !context.away.isEmpty }
                while let seat = context.away.popFirst() {
                    group.addTask(executorPreference: reactor) { try await self.connect(seat) }
                }
            }
        }
    }

    private func connect(_ seat: Int) async throws {
        try await clients[seat].connectAgain()
    }

    /// Has one client come and go as the profile says.
    func live(_ index: Int) async throws {
        try await clients[index].live(from: context.start)
    }

    /// The load begins: subscribers that the profile stalls do so, by times that count from `start`.
    func begin(from start: UInt64) {
        context.start = start
        reactor.coalescing = context.run.coalescing
        for client in clients { client.scheduleStall(from: start) }
    }

    /// How much has happened, and whether something is still on its way.
    func activity() -> Activity {
        var activity = Activity()
        let counts = context.statistics.counts
        activity.events = counts.acked + counts.received + counts.wills
        for client in clients where !client.isAtRest {
            activity.busyClients += 1
            activity.example = activity.example ?? client.whatItAwaits
        }
        return activity
    }

    /// What each client of each group did in the measured span.
    func shares() -> [Int: [Fairness.Kind: [Fairness.Share]]] {
        var shares: [Int: [Fairness.Kind: [Fairness.Share]]] = [:]
        for client in clients {
            if client.publishing != nil {
                shares[client.groupIndex, default: [:]][.acked, default: []].append(.init(name: client.name, count: client.ackedInSpan))
            }
            if client.subscribing != nil {
                shares[client.groupIndex, default: [:]][.delivered, default: []].append(
                    .init(name: client.name, count: client.receivedInSpan))
            }
        }
        return shares
    }

    /// How far the clients of each group have come, and what one of them waits for.
    func strands() -> [Int: Strand] {
        var strands: [Int: Strand] = [:]
        for client in clients {
            var strand = strands[client.plan.group] ?? Strand(name: "", steps: 0, owed: nil)
            strand.steps += client.steps
            if strand.owed == nil, !client.isAbsent { strand.owed = client.whatItAwaits }
            strands[client.plan.group] = strand
        }
        return strands
    }

    /// What the broker has acknowledged last to each publisher.
    var acknowledged: [DueDeliveries.Acknowledged] { clients.compactMap(\.latestAcknowledged) }

    /// What is due to subscribers of some groups, in a few words, as far as it shows in one look. The next look goes on with the next client.
    func due(_ published: PublishedTopics, in groups: Set<Int>) -> [Int: String] {
        var found: [Int: String] = [:]
        var budget = Self.pairsInALook
        for client in clients
        where client.due.isAwaiting && !client.isAbsent && groups.contains(client.plan.group) && found[client.plan.group] == nil {
            found[client.plan.group] = client.lookForDue(published, budget: &budget)
        }
        for _ in clients.indices where budget > 0 {
            let client = clients[nextLook % clients.count]
            nextLook = (nextLook + 1) % clients.count
            guard groups.contains(client.plan.group), !client.isAbsent, found[client.plan.group] == nil else { continue }
            found[client.plan.group] = client.lookForDue(published, budget: &budget)
        }
        return found
    }

    /// Whether the profile has a subscriber stalled, for which others may have to wait.
    var isDisturbed: Bool { clients.contains(where: \.isStalled) }

    /// Ends one client's connection, with DISCONNECT.
    func disconnect(_ index: Int) async {
        await clients[index].disconnect()
    }

    /// Ends one client's connection without DISCONNECT.
    func drop(_ index: Int) {
        clients[index].drop()
    }

    func abandonInFlight() {
        for client in clients { client.abandonInFlight() }
    }
}

/// What the clients of one reactor share; confined to it.
final class WorkerContext: WorkerRecord {
    let run: RunPlan
    let runID: UInt64
    /// Payloads are put together here.
    var scratch: [UInt8] = []
    /// When the load began, from which the profile counts.
    var start: UInt64 = 0
    /// The seats of the clients that are to be connected and are not, until somebody sees to it.
    var away = Deque<Int>()
    let awayChanged: WaitQueue
    /// All reactors of the run.
    var reactors: [Reactor] = []
    /// Whether some reactor of the run could not read in its latest turn all that had come.
    var isBehindInReading: Bool { reactors.contains(where: \.hasUnread) }

    init(reactor: Reactor, run: RunPlan, trace: TraceWriter) {
        self.run = run
        runID = run.id
        awayChanged = WaitQueue(on: reactor)
        super.init(reactor: reactor, trace: trace, groups: run.groups.count)
        isAmongOthers = run.isAmongOthers
        statistics.fine = FineLatencies(run.thresholds, groups: run.groups.map(\.name))
    }
}
