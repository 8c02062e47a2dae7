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
    /// Ends the run early at the first element, and its drain at the second.
    package var interrupts: AsyncStream<Void>
    /// Called once a second: orders in place of messages, those that the shop has taken in place of acknowledged ones.
    package var progress: @Sendable (ProgressSample) -> Void

    /// Makes a run.
    package init(
        profile: Profile, output: String, reactors: Int = 1, executable: String = ShopRun.thisProgram, runningServices: String? = nil,
        interrupts: AsyncStream<Void> = AsyncStream { $0.finish() }, progress: @escaping @Sendable (ProgressSample) -> Void = { _ in }
    ) {
        self.profile = profile
        self.output = output
        self.reactors = reactors
        self.executable = executable
        self.runningServices = runningServices
        self.interrupts = interrupts
        self.progress = progress
    }

    /// The program that runs now. The path itself, because the link of whoever follows it leads elsewhere.
    package static var thisProgram: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// What the brokers of a shop need: none may drop a message because a service is down for a moment.
    private static let brokerDefaults = [(key: "max_queued_messages", value: "0"), (key: "set_tcp_nodelay", value: "true")]

    /// Runs the profile.
    /// - Throws: ``HarnessError`` where the run could not be made, or a service did not go through with it.
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
        let directory = try RunDirectory(below: output, name: profile.name, startedAt: startedAt)
        try Preflight(clients: profile.clientCount, messages: profile.expectedMessages, directory: directory.path).check()
        try directory.write(profile.resolvedYAML(), to: directory.profile)
        return try await BrokerTarget.with(profile, directory: directory, defaults: Self.brokerDefaults) { target in
            guard shop.bridged, case .embedded(let settings) = profile.target else {
                let endpoints = Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0, target.endpoint) })
                return try await drive(shop, target, endpoints, directory, startedAt)
            }
            let own = settings.map { "\($0.key) \($0.value)" }
            let defaults = Self.brokerDefaults.filter { option in !settings.contains { $0.key == option.key } }
            return try await ShopBridges.with(
                shop, to: target.endpoint, settings: own + defaults.map { "\($0.key) \($0.value)" }, directory: directory
            ) { endpoints in
                try await drive(shop, target, endpoints, directory, startedAt)
            }
        }
    }

    private func drive(
        _ shop: Profile.Shop, _ target: BrokerTarget, _ endpoints: [ServiceName: BrokerEndpoint], _ directory: RunDirectory,
        _ startedAt: Date
    ) async throws -> RunOutcome {
        let plan = ShopRunPlan(profile: profile, shop: shop, target: target)
        let services = try services(plan, endpoints, directory)
        let crew = try await ShopCrew(plan, services: services, reactors: reactors, patience: patience, directory: directory)
        let measured: Measured
        let states: [ServiceName: ServiceState]
        do {
            (measured, states) = try await services.during { try await go(crew, target, services, directory) }
        } catch {
            // What was recorded stays readable.
            try? await crew.closeTraces()
            await crew.stop()
            throw HarnessError.explaining(error, directory: directory.path, brokerEnd: await target.end())
        }
        let counts = await crew.counts()
        let kills = await crew.control.kills
        await crew.stop()
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
        do {
            try FileManager.default.createDirectory(atPath: settings.traces, withIntermediateDirectories: true)
        } catch {
            throw HarnessError(
                .badInput, "\(settings.traces) cannot be made: \(error.localizedDescription) Choose another directory with --out.")
        }
        return plan.shop.processes ? ServiceProcesses(settings, executable: executable) : ServiceTasks(settings: settings)
    }

    /// The run itself, while the services are up.
    private func go(
        _ crew: ShopCrew, _ target: BrokerTarget, _ services: any ShopServices, _ directory: RunDirectory
    ) async throws -> (Measured, [ServiceName: ServiceState]) {
        try await onReactor(crew) { try await crew.control.connect() }
        try await onReactor(crew) { try await crew.control.begin() }
        try await crew.forEachClient { worker, seat in try await worker.establish(seat) }
        try await crew.noteBrokerCounters(profile, target, isEnd: false)
        await crew.mark(.allSubscribed, "\(profile.clientCount) clients and services")
        let measured = try await Phases(profile: profile, crew: crew, target: target, interrupts: interrupts, progress: progress).run()
        // Nobody can tell the services any more that the run is over.
        if target.hasDied { throw HarnessError(.failure, "The broker is gone.") }
        let states = await crew.control.states()
        try await crew.noteBrokerCounters(profile, target, isEnd: true)
        let files = try await onReactor(crew) { try await crew.control.end() }
        try await crew.forEachClient { worker, seat in await worker.disconnect(seat) }
        try await onReactor(crew) { await crew.control.disconnect() }
        try await crew.closeTraces()
        try services.collect(files, into: directory)
        return (measured, states)
    }

    /// Runs `body` where the control's session lives, without a hop for each of its steps.
    private func onReactor<Value: Sendable>(_ crew: ShopCrew, _ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(crew.control.reactor) { try await body() }
    }
}
