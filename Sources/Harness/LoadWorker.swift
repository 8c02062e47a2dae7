internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace

/// Everything that lives on one reactor: its clients, its trace and its counters. Pinned to the reactor, so its clients need no lock.
actor LoadWorker: CrewWorker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let context: WorkerContext
    private var clients: [LoadClient] = []
    var record: WorkerRecord { context }
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
        clients = plans.map { LoadClient($0, context: context) }
    }

    /// Connects one client and waits until its subscriptions are acknowledged.
    func establish(_ index: Int) async throws {
        try await clients[index].establish()
    }

    /// Has the broker forget one client's kept session.
    func clearSession(_ index: Int) async throws {
        try await clients[index].clearSession()
    }

    /// Publishes what one client's plan says until it is done or the task is cancelled.
    func publish(_ index: Int, phases: PhaseTimes) async throws {
        try await clients[index].publish(phases: phases)
    }

    /// Forwards what one client receives until the task is cancelled.
    func forward(_ index: Int) async throws {
        try await clients[index].forward()
    }

    /// Brings one client's connection back each time it ends, until the task is cancelled.
    func supervise(_ index: Int) async throws {
        try await clients[index].supervise()
    }

    /// Lets the subscribers that the profile stalls do so; their times count from `start`.
    func scheduleStalls(from start: UInt64) {
        for client in clients { client.scheduleStall(from: start) }
    }

    /// How much has happened, and whether something is still on its way.
    func activity() -> Activity {
        var activity = Activity()
        activity.events = context.statistics.counts.acked + context.statistics.counts.received
        for client in clients where !client.isAtRest {
            activity.busyClients += 1
            activity.example = activity.example ?? client.whatItAwaits
        }
        return activity
    }

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
    /// Payloads are put together here.
    var scratch: [UInt8] = []
    /// All reactors of the run.
    var reactors: [Reactor] = []
    /// Whether some reactor of the run could not read in its latest turn all that had come.
    var isBehindInReading: Bool { reactors.contains(where: \.hasUnread) }

    init(reactor: Reactor, run: RunPlan, trace: TraceWriter) {
        self.run = run
        super.init(reactor: reactor, trace: trace, groups: run.groups.count)
    }
}
