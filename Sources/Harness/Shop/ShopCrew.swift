internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// All customers and vendors of a run on their reactors, and beside them who controls the services and who kills them.
struct ShopCrew: Crew {
    let workers: [ShopWorker]
    let groups = ShopContext.groups
    let freeProcess: UInt32
    let control: ShopControl
    private let clients: [(worker: ShopWorker, seat: ShopWorker.Seat)]
    private let kills: [Profile.Shop.PlannedKill]
    private let services: any ShopServices

    /// Makes the reactors and places the clients on them in turn.
    init(_ plan: ShopRunPlan, services: any ShopServices, reactors: Int, patience: Duration, directory: RunDirectory) async throws {
        let count = min(reactors, plan.shop.connections + plan.shop.vendors)
        var workers: [ShopWorker] = []
        for index in 0..<count {
            let reactor = try Reactor(name: "reactor-\(index)")
            workers.append(try ShopWorker(reactor: reactor, index: index, plan: plan, trace: directory.trace(index)))
        }
        var clients: [(worker: ShopWorker, seat: ShopWorker.Seat)] = []
        for (connection, customers) in plan.connections.enumerated() {
            let worker = workers[clients.count % count]
            clients.append((worker, await worker.add(connection, customers)))
        }
        for vendor in 0..<plan.shop.vendors {
            let worker = workers[clients.count % count]
            clients.append((worker, await worker.add(vendor: vendor)))
        }
        self.workers = workers
        self.clients = clients
        self.services = services
        freeProcess = plan.freeProcess
        kills = plan.profile.shopKills()
        control = ShopControl(plan, patience: patience, on: workers[0].reactor)
    }

    /// The number of connections of customers and vendors.
    var clientCount: Int { clients.count }

    /// Runs `body` for every client, a burst at a time; the first failure cancels the rest.
    func forEachClient(_ body: @escaping @Sendable (ShopWorker, ShopWorker.Seat) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (started, client) in clients.enumerated() {
                if started >= Fleet.connectBurst * workers.count { try await group.next() }
                group.addTask(executorPreference: client.worker.reactor) { try await body(client.worker, client.seat) }
            }
            try await group.waitForAll()
        }
    }

    func begin(from start: UInt64) async { await control.note(start: start) }

    /// Connections are supervised, customers send what they have to send, and services are killed.
    var attendants: [Duty] {
        var duties = [
            Duty(reactor: control.reactor) { try await control.supervise() },
            Duty(reactor: control.reactor) { try await killServices() },
        ]
        for (worker, seat) in clients {
            duties.append(Duty(reactor: worker.reactor) { try await worker.supervise(seat) })
            duties.append(Duty(reactor: worker.reactor) { try await worker.sendOutbox(seat) })
        }
        return duties
    }

    func publishers(_ times: PhaseTimes) -> [Duty] {
        clients.map { worker, seat in Duty(reactor: worker.reactor) { try await worker.placeOrders(seat, times) } }
    }

    /// Each customer places the orders that are its turn, so there is nothing to compare.
    func fairness(over seconds: Double) async -> [Fairness] { [] }

    func activity() async -> Activity {
        var activity = await activityOfWorkers()
        activity += await control.activity()
        return activity
    }

    func strands() async -> [Strand] {
        let services = await control.strands()
        // Nothing of a shop is expected while it gets over a kill.
        guard !services.isEmpty else { return [] }
        var customers = Strand(name: "customers", steps: 0, owed: nil)
        for worker in workers {
            let strand = await worker.strand()
            customers.steps += strand.steps
            customers.owed = customers.owed ?? strand.owed
        }
        return services + [customers]
    }

    /// What customers have counted.
    func counts() async -> ShopContext.Counts {
        var sum = ShopContext.Counts()
        for worker in workers { sum += await worker.counts() }
        return sum
    }

    private func killServices() async throws {
        for kill in kills {
            let service = ServiceName.allCases[kill.service]
            try await control.sleep(for: kill.after)
            // Noted before, so that the note stands in the trace ahead of all that comes of it.
            await mark(.note, "\(service.rawValue) is killed")
            try await services.kill(service)
            await control.noteKill(of: service)
        }
    }
}
