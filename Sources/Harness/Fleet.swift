internal import Reactor
internal import Workload

/// All reactors of a run of client groups, with their clients.
struct Fleet: Crew {
    /// The most clients of one reactor that connect at a time: a broker's queue of new connections is short.
    static let connectBurst = 32

    let workers: [LoadWorker]
    /// Where each client is: its reactor, its place there, and its plan.
    let places: [Place]
    /// The names of the groups.
    let groups: [String]
    private let due = DueWatch()

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
        for (worker, share) in zip(workers, shares) { await worker.place(share, beside: workers.map(\.reactor)) }
        self.workers = workers
        self.places = places
        groups = plan.groups.map(\.name)
    }

    var freeProcess: UInt32 { UInt32(places.count) }

    /// Runs `body` for every client, at most ``connectBurst`` per reactor at a time; the first failure cancels the rest.
    /// - Parameter rate: how many are begun in a time; `nil` for as many as can be.
    func forEachClient(rate: Rate? = nil, _ body: @escaping @Sendable (Place) async throws -> Void) async throws {
        var schedule = rate.map {
            ArrivalProcess(rate: $0, kind: .constant, start: MonotonicClock.now, random: RandomStream(state: 0))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (started, place) in places.enumerated() {
                if started >= Self.connectBurst * workers.count { try await group.next() }
                if let due = schedule?.next(), case let now = MonotonicClock.now, due > now {
                    try await Task.sleep(for: .nanoseconds(due - now))
                }
                group.addTask(executorPreference: place.worker.reactor) { try await body(place) }
            }
            try await group.waitForAll()
        }
    }

    func begin(from start: UInt64) async {
        for worker in workers { await worker.begin(from: start) }
    }

    /// The connections are supervised, relays forward, and clients come and go as the profile says.
    var attendants: [Duty] {
        workers.map { worker in Duty(reactor: worker.reactor) { try await worker.supervise() } }
            + places.filter(\.plan.forwards).map { place in
                Duty(reactor: place.worker.reactor) { try await place.worker.forward(place.index) }
            }
            + places.filter { !$0.plan.itinerary.isConstant }.map { place in
                Duty(reactor: place.worker.reactor) { try await place.worker.live(place.index) }
            }
    }

    func publishers(_ times: PhaseTimes) -> [Duty] {
        places.filter(\.plan.publishesOnItsOwn).map { place in
            Duty(reactor: place.worker.reactor) { try await place.worker.publish(place.index, phases: times) }
        }
    }

    func fairness(over seconds: Double) async -> [Fairness] {
        var all: [Int: [Fairness.Kind: [Fairness.Share]]] = [:]
        for worker in workers {
            for (group, kinds) in await worker.shares() { all[group, default: [:]].merge(kinds) { $0 + $1 } }
        }
        return groups.enumerated().flatMap { index, group in
            Fairness.Kind.allCases.compactMap { Fairness(group: group, kind: $0, all[index]?[$0] ?? [], seconds: seconds) }
        }
    }

    func activity() async -> Activity { await activityOfWorkers() }

    /// One for each group.
    func strands() async -> [Strand] {
        var strands = groups.map { Strand(name: $0, steps: 0, owed: nil) }
        var isDisturbed = false
        for worker in workers {
            if await worker.isDisturbed { isDisturbed = true }
            for (group, strand) in await worker.strands() {
                strands[group].steps += strand.steps
                strands[group].owed = strands[group].owed ?? strand.owed
            }
        }
        if isDisturbed {
            for group in strands.indices { strands[group].owed = nil }
            return strands
        }
        return await due.complete(strands, of: workers)
    }
}
