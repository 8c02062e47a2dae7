internal import Foundation
package import Measurement
package import Shop
internal import Trace
package import Workload

/// One run of a profile with a shop: provisions brokers and services, has customers order, waits until all is at rest, and has the traces of
/// everybody judged together.
package struct ShopRun: Sendable {
    /// What to run.
    package var profile: Profile
    /// The directory in which the run's directory is made.
    package var output: String
    /// Its name there, as one of a series; `nil` for the time and the profile's name.
    package var place: String?
    /// The number of reactors of the customers.
    package var reactors: Int
    /// The program that services in processes of their own are started with: `waybill`.
    package var executable: String
    /// The directory where services that run already leave their traces; `nil` for services of the run's own.
    package var runningServices: String?
    /// Parts of the services that a test takes away.
    package var defects: Set<ShopDefect> = []
    /// How long all services may take to be ready, and how long to close their traces.
    package var patience = Duration.seconds(20)
    /// Ends the run early at the first element: whatever the broker does, it is drained, closed and judged within a few seconds.
    package var interrupts: AsyncStream<Void>
    /// Called once a second: orders in place of messages, those that the shop has taken in place of acknowledged ones.
    package var progress: @Sendable (ProgressSample) -> Void
    /// Called in the stages that have no figures.
    package var report: StageReport

    /// Makes a run.
    package init(
        profile: Profile, output: String, reactors: Int = 1, executable: String = ShopRun.thisProgram, runningServices: String? = nil,
        interrupts: AsyncStream<Void> = AsyncStream { $0.finish() }, progress: @escaping @Sendable (ProgressSample) -> Void = { _ in },
        report: @escaping StageReport = { _, _ in }
    ) {
        self.profile = profile
        self.output = output
        self.reactors = reactors
        self.executable = executable
        self.runningServices = runningServices
        self.interrupts = interrupts
        self.progress = progress
        self.report = report
    }

    /// The program that runs now. The path itself, because the link of whoever follows it leads elsewhere.
    package static var thisProgram: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// What the brokers of a shop need: none may drop a message because a service is down for a moment.
    private static let brokerDefaults = [(key: "max_queued_messages", value: "0"), (key: "set_tcp_nodelay", value: "true")]

    /// Runs the profile.
    /// - Throws: ``HarnessError`` where the run could not be made, or a service did not go through with it; ``Interrupted`` where it was asked to end
    ///   before it had sent anything.
    package func execute() async throws -> RunOutcome {
        var run = self
        run.profile.run = RunToken.random()
        return try await run.start()
    }

    private func start() async throws -> RunOutcome {
        guard let shop = profile.shop else {
            throw HarnessError(.badInput, "The profile \(profile.name) has no shop: give it the key shop, or run it as a load of groups.")
        }
        if runningServices != nil, shop.processes || shop.bridged || shop.kills != nil {
            throw HarnessError(
                .badInput,
                "--services is for services that run already, which Waybill neither starts nor kills: leave processes, bridged and kills out of \(profile.name)."
            )
        }
        let startedAt = Date()
        let directory = try RunDirectory(below: output, name: profile.name, startedAt: startedAt, place: place)
        let interruption = Interruption()
        return try await directory.keptOnceBegun {
            try Preflight(
                clients: profile.clientCount, libraryClients: profile.libraryClientCount, connections: shop.connections,
                orders: shop.orders, messages: profile.expectedMessages, directory: directory.path
            ).check()
            try directory.write(profile.resolvedYAML(), to: directory.profile)
            return try await interruption.following(interrupts) {
                try await BrokerTarget.with(
                    profile, directory: directory, defaults: Self.brokerDefaults, interruption: interruption
                ) { target in
                    try await withBrokersOfServices(shop, target, directory, interruption) { endpoints in
                        try await drive(shop, target, endpoints, directory, startedAt, interruption)
                    }
                }
            }
        }
    }

    /// Runs `body` with the broker that each service connects to: its own where the profile bridges them, otherwise that of the run.
    private func withBrokersOfServices<Value: Sendable>(
        _ shop: Profile.Shop, _ target: BrokerTarget, _ directory: RunDirectory, _ interruption: Interruption,
        _ body: ([ServiceName: BrokerEndpoint]) async throws -> Value
    ) async throws -> Value {
        guard shop.bridged, case .embedded(let settings) = profile.target else {
            return try await body(Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0, target.endpoint) }))
        }
        let lines = BrokerTarget.lines(of: profile, settings, defaults: Self.brokerDefaults)
        return try await ShopBridges.with(shop, to: target, settings: lines, directory: directory, interruption, body)
    }

    private func drive(
        _ shop: Profile.Shop, _ target: BrokerTarget, _ endpoints: [ServiceName: BrokerEndpoint], _ directory: RunDirectory,
        _ startedAt: Date, _ interruption: Interruption
    ) async throws -> RunOutcome {
        let plan = ShopRunPlan(profile: profile, shop: shop, target: target)
        let services = try services(plan, endpoints, directory)
        let crew = try await ShopCrew(plan, services: services, reactors: reactors, patience: patience, directory: directory)
        let measured: Measured
        let states: [ServiceName: ServiceState]
        do {
            let files: [String]?
            (measured, states, files) = try await services.during { try await go(crew, target, directory, interruption) }
            // The run's own services leave their traces where nobody else writes: what messages call them does not matter, nor whether any came.
            try services.collect(services.ownsTraces ? services.filesLeft : files ?? [], into: directory)
        } catch {
            // What was recorded stays readable.
            try? await crew.closeTraces()
            await crew.stop()
            let end = await target.end()
            throw directory.hasBegun || end != nil ? HarnessError.explaining(error, directory: directory.path, brokerEnd: end) : error
        }
        let counts = await crew.counts()
        let kills = await crew.control.kills
        await crew.stop()
        report(.checking, directory.sizeOfTraces)
        var outcome = try RunOutcome(judging: directory, profile: profile, startedAt: startedAt, measured: measured, target: target)
        outcome.shop = ShopOutcome(counts, measured, states, kills: kills, qos: shop.qos)
        outcome.parts = outcome.messageParts
        return outcome
    }

    private func services(
        _ plan: ShopRunPlan, _ endpoints: [ServiceName: BrokerEndpoint], _ directory: RunDirectory
    ) throws -> any ShopServices {
        if let runningServices { return RunningServices(traces: runningServices) }
        let settings = ServiceSettings(
            shop: plan.shop, directory: directory, credentials: plan.target.credentials, tls: plan.target.tls, endpoints: endpoints,
            defects: defects)
        try RunDirectory.makeInside(settings.traces)
        return plan.shop.processes ? ServiceProcesses(settings, executable: executable) : ServiceTasks(settings: settings)
    }

    /// The run itself, while the services are up.
    /// - Returns: also the services' trace files, `nil` where the services did not say in time which they are.
    private func go(
        _ crew: ShopCrew, _ target: BrokerTarget, _ directory: RunDirectory, _ interruption: Interruption
    ) async throws -> (Measured, [ServiceName: ServiceState], [String]?) {
        let standstill = StandstillMonitor()
        try await interruption.cutting { try await connect(crew, target, standstill) }
        await crew.mark(.allSubscribed, "\(profile.clientCount) clients and services")
        directory.begin()
        let measured = try await Phases(
            profile: profile, crew: crew, target: target, directory: directory, interruption: interruption, standstill: standstill,
            progress: progress
        ).run()
        let states = await crew.control.states()
        let files = try await close(crew, target, interruption)
        return (measured, states, files)
    }

    private func connect(_ crew: ShopCrew, _ target: BrokerTarget, _ standstill: StandstillMonitor) async throws {
        let connected = ConnectedCount(of: crew.clientCount)
        try await connected.telling(report, standstill) {
            await crew.control.readyServices
        } _: {
            try await onReactor(crew) { try await crew.control.connect() }
            try await onReactor(crew) { try await crew.control.begin() }
            try await crew.forEachClient { worker, seat in
                try await worker.establish(seat)
                connected.add()
            }
            try await crew.noteBrokerCounters(profile, target, isEnd: false)
        }
    }

    /// Ends the run at the services and the connections, and writes the rest of the customers' traces. An interrupted run does not wait for a
    /// broker that says nothing any more.
    private func close(_ crew: ShopCrew, _ target: BrokerTarget, _ interruption: Interruption) async throws -> [String]? {
        var files: [String]?
        do {
            try await interruption.cutting(after: Interruption.Limit.counters) {
                try await crew.noteBrokerCounters(profile, target, isEnd: true)
            }
            files = try await interruption.cutting(after: Interruption.Limit.services) {
                try await onReactor(crew) { try await crew.control.end() }
            }
        } catch is Interrupted {
            // A broker that says nothing any more would hold up the services' end too.
            target.giveUp()
        }
        try await interruption.hurrying(after: Interruption.Limit.connections) {
            try await crew.forEachClient { worker, seat in await worker.disconnect(seat) }
            try await onReactor(crew) { await crew.control.disconnect() }
        } by: {
            try await crew.forEachClient { worker, seat in await worker.drop(seat) }
            await crew.control.drop()
        }
        try await crew.closeTraces()
        return files
    }

    /// Runs `body` where the control's session lives, without a hop for each of its steps.
    private func onReactor<Value: Sendable>(_ crew: ShopCrew, _ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(crew.control.reactor) { try await body() }
    }
}
