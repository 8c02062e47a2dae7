internal import Causality
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace

/// Everything that lives on one reactor: its clients, its trace and its counters. Pinned to the reactor, so its clients need no lock.
actor LoadWorker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let context: WorkerContext
    private var clients: [LoadClient] = []

    /// - Throws: `TraceError` where the trace cannot be created.
    init(reactor: Reactor, index: Int, run: RunPlan, trace path: String) throws {
        self.reactor = reactor
        let trace = try TraceWriter(path: path, run: run.id, writer: UInt32(index), name: reactor.name)
        context = WorkerContext(reactor: reactor, run: run, trace: trace)
    }

    /// Makes the clients of this reactor, without connecting them.
    func place(_ plans: [ClientPlan]) {
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

    /// From when to when sends and latencies are measured.
    func measure(_ span: LoadStatistics.Span) {
        context.statistics.span = span
    }

    /// Everything counted so far, without the histogram of the interval.
    func statistics() -> LoadStatistics {
        context.statistics.counts.inFlight = clients.reduce(0) { $0 + $1.inFlight }
        return context.statistics
    }

    /// The counts, and the latencies since the last reading.
    func reading() -> (counts: RunCounts, latency: LatencyHistogram) {
        context.statistics.counts.inFlight = clients.reduce(0) { $0 + $1.inFlight }
        return (context.statistics.counts, context.statistics.takeInterval())
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

    /// Hands the trace written so far to the disk.
    /// - Throws: `TraceError` where the disk refused some of it.
    func flushTrace() throws {
        context.trace.flush()
        if let failure = context.trace.failure { throw failure }
    }

    /// Notes a step of the run in the trace.
    func mark(_ kind: MarkKind, _ text: String) {
        context.trace.mark(at: MonotonicClock.now, kind, text: text)
    }

    /// Notes what the broker counts of itself. It is no client of the run; its name in the trace is that of the topics where it says so.
    func count(process: UInt32, counter: String, value: Int64) {
        context.trace.define(process: process, name: "$SYS", group: "$SYS")
        context.trace.counted(process: process, at: MonotonicClock.now, counter: counter, value: value)
    }

    /// Ends one client's connection, with DISCONNECT.
    func disconnect(_ index: Int) async {
        await clients[index].disconnect()
    }

    /// Writes the rest of the trace.
    /// - Returns: its events and bytes.
    func closeTrace() async throws -> (events: Int, bytes: Int) {
        for client in clients { client.abandonInFlight() }
        try await context.trace.close()
        return (context.trace.eventCount, context.trace.byteCount)
    }
}

/// Whether a run has come to rest.
struct Activity: Sendable {
    /// Acknowledgements and deliveries so far.
    var events = 0
    /// Clients that still wait for something.
    var busyClients = 0
    /// What one of them waits for.
    var example: String?

    static func += (left: inout Activity, right: Activity) {
        left.events += right.events
        left.busyClients += right.busyClients
        left.example = left.example ?? right.example
    }
}

/// What the clients of one reactor share; confined to it.
final class WorkerContext {
    let reactor: Reactor
    let run: RunPlan
    let trace: TraceWriter
    var statistics: LoadStatistics
    /// Payloads are put together here.
    var scratch: [UInt8] = []

    init(reactor: Reactor, run: RunPlan, trace: TraceWriter) {
        self.reactor = reactor
        self.run = run
        self.trace = trace
        statistics = LoadStatistics(groups: run.groups.count)
    }
}
