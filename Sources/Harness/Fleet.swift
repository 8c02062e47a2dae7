internal import Workload
internal import Measurement
internal import Reactor
internal import Trace

/// All reactors of a run with their clients.
struct Fleet: Sendable {
    /// The most clients of one reactor that connect at a time: a broker's queue of new connections is short.
    static let connectBurst = 32

    let workers: [LoadWorker]
    /// Where each client is: its reactor, its place there, and its plan.
    let places: [Place]
    /// The names of the groups.
    let groups: [String]

    struct Place: Sendable {
        var worker: LoadWorker
        var index: Int
        var plan: ClientPlan
    }

    /// Makes the reactors and places the clients on them in turn.
    init(plan: RunPlan, directory: RunDirectory) async throws {
        var workers: [LoadWorker] = []
        for index in 0..<plan.reactors {
            let reactor = try Reactor(name: "reactor-\(index)")
            workers.append(try LoadWorker(reactor: reactor, index: index, run: plan, trace: directory.trace(index)))
        }
        var shares = [[ClientPlan]](repeating: [], count: workers.count)
        var places: [Place] = []
        for (position, client) in plan.clients.enumerated() {
            let worker = position % workers.count
            places.append(Place(worker: workers[worker], index: shares[worker].count, plan: client))
            shares[worker].append(client)
        }
        for (worker, share) in zip(workers, shares) { await worker.place(share) }
        self.workers = workers
        self.places = places
        groups = plan.groups.map(\.name)
    }

    /// Runs `body` for every client, at most ``connectBurst`` per reactor at a time; the first failure cancels the rest.
    func forEachClient(_ body: @escaping @Sendable (Place) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (started, place) in places.enumerated() {
                if started >= Self.connectBurst * workers.count { try await group.next() }
                group.addTask(executorPreference: place.worker.reactor) { try await body(place) }
            }
            try await group.waitForAll()
        }
    }

    /// Notes a step of the run in the first trace.
    func mark(_ kind: MarkKind, _ text: String) async {
        await workers[0].mark(kind, text)
    }

    func measure(_ span: LoadStatistics.Span) async {
        for worker in workers { await worker.measure(span) }
    }

    func activity() async -> Activity {
        var sum = Activity()
        for worker in workers { sum += await worker.activity() }
        return sum
    }

    func reading() async -> (counts: RunCounts, latency: LatencyHistogram) {
        var counts = RunCounts()
        var latency = LatencyHistogram()
        for worker in workers {
            let reading = await worker.reading()
            counts += reading.counts
            latency.add(reading.latency)
        }
        return (counts, latency)
    }

    func statistics() async -> LoadStatistics {
        var sum = await workers[0].statistics()
        for worker in workers.dropFirst() { sum += await worker.statistics() }
        return sum
    }

    func flushTraces() async throws {
        for worker in workers { try await worker.flushTrace() }
    }

    func closeTraces() async throws -> (events: Int, bytes: Int) {
        var sum = (events: 0, bytes: 0)
        for worker in workers {
            let part = try await worker.closeTrace()
            sum.events += part.events
            sum.bytes += part.bytes
        }
        return sum
    }

    /// CPU seconds of each reactor's thread.
    var busySeconds: [Double] { workers.map(\.reactor.cpuSeconds) }

    func stop() async {
        for worker in workers { await worker.reactor.stop() }
    }
}
