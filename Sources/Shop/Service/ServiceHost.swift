internal import Foundation
internal import Logging
internal import MQTT
internal import Reactor
internal import Tracing

/// What a service is between runs and around them: it hears the harness, begins and ends runs, and says how it is.
actor ServiceHost {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let configuration: ServiceConfiguration
    private let store: ShopStore
    private let edge: EdgeHub
    private let logger: Logger
    private let control: ControlLink
    private var gateway: Gateway?
    private var running: Task<Void, any Error>?
    /// How many requests could not be read or obeyed.
    private var complaints = 0
    /// The latest run that was ended, and its files, for a harness that did not hear it.
    private var closed: (run: UInt64, files: [String])?

    init(_ configuration: ServiceConfiguration, store: ShopStore, reactor: Reactor, edge: EdgeHub, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.reactor = reactor
        self.edge = edge
        self.logger = logger
        control = ControlLink(configuration, on: reactor)
    }

    /// Goes on with the run that the store has, and then does what the harness asks, until the task is cancelled.
    /// - Throws: ``ShopError``, `MQTTError`, `TraceError` where the service cannot go on.
    func run() async throws {
        try await control.connect()
        logger.info("connected", metadata: ["broker": "\(configuration.host):\(configuration.port)"])
        switch try await store.found() {
        case .none: break
        case .run(let stored):
            logger.info("going on with a run", metadata: ["run": "\(stored.plan.run)", "life": "\(stored.position.life + 1)"])
            try await begin(stored.plan, stored: stored)
        case .unusable(let reason):
            logger.error("the run in the store is set aside", metadata: ["reason": "\(reason)"])
            try await store.setRunAside(reason)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: reactor) { try await self.obey() }
            group.addTask(executorPreference: reactor) { try await self.tell() }
            group.addTask(executorPreference: reactor) { try await self.supervise() }
            group.addTask(executorPreference: reactor) { try await self.watch() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Ends what runs, so that a service that is started again goes on where this one stopped.
    func stop() async throws {
        if let gateway {
            try await halt(gateway)
            _ = try await gateway.finish(isOver: false)
            self.gateway = nil
        }
        edge.close()
        await control.session.disconnect()
    }

    /// What the service says of itself now.
    func state() async -> ServiceState {
        await gateway?.state() ?? ServiceState(service: configuration.service, instance: configuration.instance)
    }

    /// Why the service cannot do its work now, a sentence; `nil` where it hears the harness and, in a run, the other services.
    func complaint() async -> String? {
        let broker = "the broker at \(configuration.host):\(configuration.port)"
        guard control.session.isConnected else { return "No connection to \(broker), so nobody can begin a run." }
        guard let gateway else { return nil }
        if await !gateway.isConnected { return "No connection to \(broker) for the events of the run." }
        return await gateway.hasFailed ? "The run cannot go on; the log says why." : nil
    }

    private func obey() async throws {
        for await command in control.commands {
            switch RunControl.read(topic: command.topic, payload: command.payload, to: configuration.service) {
            case .request(.begin(let plan)): try await begin(plan)
            case .request(.end(let run)): try await end(run)
            case .refused(let run, let reason):
                complain("a run is not begun", reason)
                // One that goes on has begun by another plan, and goes on.
                if gateway?.run != run { answer(.failed, run: run, payload: Array(reason.utf8)) }
            case .unreadable: complain("a request that cannot be read", command.topic.prefix(200).debugDescription)
            }
        }
        try Task.checkCancellation()
    }

    /// Says what is wrong with a request, of many the first ones.
    private func complain(_ what: String, _ reason: String) {
        complaints += 1
        guard complaints <= Refusals.logged else { return }
        let last = complaints == Refusals.logged ? " No more such requests are logged." : ""
        logger.warning("\(what)", metadata: ["reason": "\(reason)\(last)"])
    }

    private func begin(_ plan: RunControl.RunPlan) async throws {
        guard let run = plan.runNumber else { return }
        if gateway?.run != run {
            if let gateway {
                logger.warning("a run is given up for another", metadata: ["run": "\(String(gateway.run, radix: 16))"])
                try await halt(gateway)
                _ = try await gateway.finish(isOver: true)
                self.gateway = nil
            }
            do {
                try await begin(plan, stored: nil)
            } catch {
                logger.error("the run cannot begin", metadata: ["reason": "\(error)"])
                return answer(.failed, run: run, payload: Array("\(error)".utf8))
            }
        }
        answer(.ready, run: run, payload: [])
    }

    private func begin(_ plan: RunControl.RunPlan, stored: StoredRun?) async throws {
        let gateway = try await Gateway(
            configuration, plan: plan, stored: stored, store: store, reactor: reactor, edge: edge, logger: logger)
        try await gateway.open()
        self.gateway = gateway
        running = Task(executorPreference: reactor) { try await gateway.run() }
        logger.info("run", metadata: ["run": "\(plan.run)", "life": "\((stored?.position.life ?? 0) + 1)"])
    }

    private func end(_ run: UInt64) async throws {
        if let gateway, gateway.run == run {
            try await halt(gateway)
            closed = (run, try await gateway.finish(isOver: true))
            self.gateway = nil
            logger.info("run ended", metadata: ["run": "\(String(run, radix: 16))"])
        }
        guard let closed, closed.run == run else {
            return answer(.failed, run: run, payload: Array("\(configuration.instance) has no run of this number.".utf8))
        }
        answer(.closed, run: run, payload: [UInt8](try JSONEncoder().encode(closed.files)))
    }

    private func halt(_ gateway: Gateway) async throws {
        await gateway.stop()
        try await running?.value
        running = nil
    }

    private func answer(_ answer: RunControl.Answer, run: UInt64, payload: [UInt8]) {
        control.send(topic: RunControl.topic(answer, run: run, from: configuration.service), payload: payload, qos: .atLeastOnce)
    }

    /// Says twice a second how the service is.
    private func tell() async throws {
        while true {
            let state = await state()
            do {
                let payload = try JSONEncoder().encode(state)
                control.send(topic: ServiceState.topic(configuration.service), payload: [UInt8](payload), qos: .atMostOnce, retain: true)
            } catch {
                logger.error("the state cannot be told", metadata: ["reason": "\(error)"])
            }
            try await reactor.sleep(until: MonotonicClock.now + 500_000_000)
        }
    }

    /// A gateway that cannot go on ends the service.
    private func watch() async throws {
        while true {
            if let running, await gateway?.hasFailed == true { try await running.value }
            try await reactor.sleep(until: MonotonicClock.now + 100_000_000)
        }
    }

    private func supervise() async throws {
        while true {
            try await Reconnecting.once(control.session, control.connectionChanged, on: reactor) {
                logger.warning("no connection for control", metadata: ["reason": "\($0)"])
            } connect: {
                try await control.connect()
            }
        }
    }
}
