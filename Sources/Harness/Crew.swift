internal import Measurement
internal import Reactor
internal import Trace

/// Who makes the load of a run, on their reactors: clients that are connected and subscribed when the phases begin.
protocol Crew: Sendable {
    associatedtype Worker: CrewWorker

    /// One for each reactor, at least one.
    var workers: [Worker] { get }
    /// What measured figures are divided into.
    var groups: [String] { get }
    /// A number that no process of the run has.
    var freeProcess: UInt32 { get }

    /// Told when the first intended time is known.
    func begin(from start: UInt64) async
    /// What goes on until the run is over or is done earlier.
    var attendants: [Duty] { get }
    /// What makes the load: when all of it is done, the hold is over.
    func publishers(_ times: PhaseTimes) -> [Duty]
    /// How evenly the clients of each group got on in the hold, once it is over.
    func fairness(over seconds: Double) async -> [Fairness]
    /// How much has happened, and whether something is still on its way.
    func activity() async -> Activity
    /// What can stand still. While a fault goes on that the profile asks for, nothing of it owes anything.
    func strands() async -> [Strand]
}

/// Something that goes on beside the run, on one reactor.
struct Duty: Sendable {
    var reactor: Reactor
    /// Returns when it is done; throws `CancellationError` where it was cancelled.
    var perform: @Sendable () async throws -> Void
}

/// Everything that lives on one reactor. Pinned to the reactor, so what it has needs no lock.
protocol CrewWorker: Actor {
    nonisolated var reactor: Reactor { get }
    /// Its trace and counters.
    var record: WorkerRecord { get }
    /// How much was due and has not left, but may.
    var waiting: Int { get }
    /// What of that a fault keeps back which the profile asks for.
    var excusedWaiting: Int { get }
    /// How much is on its way.
    var inFlight: Int { get }

    /// How much has happened, and whether something is still on its way.
    func activity() -> Activity
    /// Notes the outcome of what is still in flight when the run ends.
    func abandonInFlight()
}

/// What is written and counted on one reactor; confined to it.
class WorkerRecord {
    let reactor: Reactor
    let trace: TraceWriter
    var statistics: LoadStatistics
    /// Whether others may use the broker too.
    var isAmongOthers = false
    /// Clients of which the trace says that somebody else may use their name.
    var takeovers = 0

    init(reactor: Reactor, trace: TraceWriter, groups: Int) {
        self.reactor = reactor
        self.trace = trace
        statistics = LoadStatistics(groups: groups)
    }
}

extension WorkerRecord {
    /// Notes where the broker gives less than the profile asks for, once for all clients that it is the same for.
    func note(limit: String) {
        guard statistics.brokerLimits.insert(limit).inserted else { return }
        trace.mark(at: MonotonicClock.now, .note, text: "broker limit, \(limit)")
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

extension CrewWorker {
    var excusedWaiting: Int { 0 }

    /// From when to when sends and latencies are measured.
    func measure(_ span: LoadStatistics.Span) {
        record.statistics.span = span
    }

    /// Everything counted so far, without the histogram of the interval.
    func statistics() -> LoadStatistics {
        record.statistics.counts.inFlight = inFlight
        return record.statistics
    }

    /// The counts, and the latencies since the last reading.
    func reading() -> RunReading {
        var counts = record.statistics.counts
        counts.inFlight = inFlight
        counts.waiting = waiting
        counts.excusedWaiting = excusedWaiting
        counts.intended += counts.waiting
        counts.connectionsResumed = record.statistics.connections.counts[.resumed]
        return RunReading(counts: counts, latencies: record.statistics.takeIntervals())
    }

    /// Hands the trace written so far to the disk.
    /// - Throws: `TraceError` where the disk refused some of it.
    func flushTrace() throws {
        record.trace.flush()
        if let failure = record.trace.failure { throw failure }
    }

    /// Notes a step of the run in the trace.
    func mark(_ kind: MarkKind, _ text: String) {
        record.trace.mark(at: MonotonicClock.now, kind, text: text)
    }

    /// Notes what the broker counts of itself. It is no client of the run; its name in the trace is that of the topics where it says so.
    func count(process: UInt32, counter: String, value: Int64) {
        record.trace.define(process: process, name: "$SYS", group: "$SYS")
        record.trace.counted(process: process, at: MonotonicClock.now, counter: counter, value: value)
    }

    /// Writes the rest of the trace.
    func closeTrace() async throws {
        abandonInFlight()
        try await record.trace.close()
    }
}

extension Crew {
    /// Notes a step of the run in the first trace.
    func mark(_ kind: MarkKind, _ text: String) async {
        await workers[0].mark(kind, text)
    }

    func measure(_ span: LoadStatistics.Span) async {
        for worker in workers { await worker.measure(span) }
    }

    /// What the workers know of: see ``Crew/activity()``.
    func activityOfWorkers() async -> Activity {
        var sum = Activity()
        for worker in workers { sum += await worker.activity() }
        return sum
    }

    func reading() async -> RunReading {
        var sum = RunReading()
        for worker in workers { sum += await worker.reading() }
        return sum
    }

    func statistics() async -> LoadStatistics {
        var sum = await workers[0].statistics()
        for worker in workers.dropFirst() { sum += await worker.statistics() }
        return sum
    }

    /// Notes the outcome of what is still in flight, and counts what was due and never left.
    func abandonInFlight() async {
        for worker in workers { await worker.abandonInFlight() }
    }

    func flushTraces() async throws {
        for worker in workers { try await worker.flushTrace() }
    }

    /// Writes the rest of all traces.
    func closeTraces() async throws {
        for worker in workers { try await worker.closeTrace() }
    }

    /// CPU seconds of each reactor's thread.
    var busySeconds: [Double] { workers.map(\.reactor.cpuSeconds) }

    /// How each reactor's thread has spent its time.
    var loads: [ReactorLoad] { workers.map(\.reactor.load) }

    /// The longest that something which was ready had to wait for its turn on a reactor, in nanoseconds; counts anew from here.
    func takeLongestDelay() -> UInt64 { workers.map { $0.reactor.takeLongestDelay() }.max() ?? 0 }

    func stop() async {
        for worker in workers { await worker.reactor.stop() }
    }
}
