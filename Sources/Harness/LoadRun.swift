internal import Foundation
package import Measurement
package import Workload
internal import Reactor
internal import Trace
internal import Verification

/// One run of a profile: provisions the broker, places the clients on reactors, goes through the phases, drains, and has the traces judged.
package struct LoadRun: Sendable {
    /// What to run.
    package var profile: Profile
    /// The directory in which the run's directory is made.
    package var output: String
    /// Its name there, as one of a series; `nil` for the time and the profile's name.
    package var place: String?
    /// The number of reactors; a client lives on one of them.
    package var reactors: Int
    /// Ends the run early at the first element: whatever the broker does, it is drained, closed and judged within a few seconds.
    package var interrupts: AsyncStream<Void>
    /// Called once a second.
    package var progress: @Sendable (ProgressSample) -> Void
    /// Called in the stages that have no figures.
    package var report: StageReport

    /// Makes a run.
    package init(
        profile: Profile, output: String, reactors: Int = LoadRun.defaultReactors,
        interrupts: AsyncStream<Void> = AsyncStream { $0.finish() }, progress: @escaping @Sendable (ProgressSample) -> Void = { _ in },
        report: @escaping StageReport = { _, _ in }
    ) {
        self.profile = profile
        self.output = output
        self.reactors = reactors
        self.interrupts = interrupts
        self.progress = progress
        self.report = report
    }

    /// One core is left to the broker, and beyond four reactors the broker is busier than all of them.
    package static var defaultReactors: Int { max(1, min(4, ProcessInfo.processInfo.activeProcessorCount - 1)) }

    /// Runs the profile.
    /// - Throws: ``HarnessError`` where the run could not be made, ``Interrupted`` where it was asked to end before it had sent anything; a run that was
    ///   made always ends in an outcome, whatever it found.
    package func execute() async throws -> RunOutcome {
        var run = self
        run.profile.run = RunToken.random()
        return try await run.start()
    }

    private func start() async throws -> RunOutcome {
        let startedAt = Date()
        let directory = try RunDirectory(below: output, name: profile.name, startedAt: startedAt, place: place)
        let interruption = Interruption()
        return try await directory.keptOnceBegun {
            try Preflight(
                clients: profile.clientCount, libraryClients: profile.libraryClientCount, messages: profile.expectedMessages,
                directory: directory.path
            ).check()
            try directory.write(profile.resolvedYAML(), to: directory.profile)
            return try await interruption.following(interrupts) {
                try await BrokerTarget.with(profile, directory: directory, interruption: interruption) { target in
                    try await drive(target, directory: directory, startedAt: startedAt, interruption)
                }
            }
        }
    }

    private func drive(
        _ target: BrokerTarget, directory: RunDirectory, startedAt: Date, _ interruption: Interruption
    ) async throws -> RunOutcome {
        let plan = try RunPlan(profile: profile, target: target, reactors: reactors)
        let fleet = try await Fleet(plan: plan, directory: directory)
        let standstill = StandstillMonitor()
        let measured: Measured
        do {
            try await interruption.cutting { try await connect(fleet, target, standstill) }
            await fleet.mark(.allSubscribed, "\(plan.clients.count) clients")
            directory.begin()
            measured = try await Phases(
                profile: profile, crew: fleet, target: target, directory: directory, interruption: interruption, standstill: standstill,
                progress: progress
            ).run()
            try await close(fleet, target, interruption)
        } catch {
            // What was recorded stays readable.
            try? await fleet.closeTraces()
            await clear(fleet, target, interruption)
            await fleet.stop()
            let end = await target.end()
            throw directory.hasBegun || end != nil ? HarnessError.explaining(error, directory: directory.path, brokerEnd: end) : error
        }
        await fleet.stop()
        report(.checking, directory.sizeOfTraces)
        return try RunOutcome(judging: directory, profile: profile, startedAt: startedAt, measured: measured, target: target)
    }
}

extension LoadRun {
    private func connect(_ fleet: Fleet, _ target: BrokerTarget, _ standstill: StandstillMonitor) async throws {
        let connected = ConnectedCount(of: fleet.places.count)
        try await connected.telling(report, standstill) {
            if !target.isEmbedded { try await fleet.forEachClient { try await $0.worker.clearEarlierSession($0.index) } }
            try await fleet.forEachClient(rate: profile.connectRate) {
                // Who joins later is connected when its time comes.
                if $0.plan.itinerary.joins == 0 { try await $0.worker.establish($0.index) }
                connected.add()
            }
            try await fleet.noteBrokerCounters(profile, target, isEnd: false)
        }
    }

    /// Ends the connections and writes the rest of the traces. An interrupted run does not wait for a broker that says nothing any more.
    private func close(_ fleet: Fleet, _ target: BrokerTarget, _ interruption: Interruption) async throws {
        do {
            try await interruption.cutting(after: Interruption.Limit.counters) {
                try await fleet.noteBrokerCounters(profile, target, isEnd: true)
            }
        } catch is Interrupted {}
        try await interruption.hurrying(after: Interruption.Limit.connections) {
            try await fleet.forEachClient { await $0.worker.disconnect($0.index) }
        } by: {
            try await fleet.forEachClient { await $0.worker.drop($0.index) }
        }
        try await fleet.closeTraces()
        await clear(fleet, target, interruption)
    }

    /// Has a broker that others use forget what the run left in it: sessions and retained messages. The result stands, whether or not the broker
    /// is still there to forget, and whether or not the run was interrupted.
    private func clear(_ fleet: Fleet, _ target: BrokerTarget, _ interruption: Interruption) async {
        guard !target.isEmbedded else { return }
        let patience = interruption.isEnding ? 1 : 3
        // A task of its own, because that of the run may be cancelled.
        await Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await fleet.forEachClient { try await $0.worker.clearLeftovers($0.index) } }
                group.addTask { try? await Task.sleep(for: .seconds(patience)) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}

extension RunOutcome {
    /// What a run came to whose traces are closed: they are judged now.
    /// - Throws: `TraceError` where one of them cannot be read.
    init(judging directory: RunDirectory, profile: Profile, startedAt: Date, measured: Measured, target: BrokerTarget) throws {
        let files = try directory.traces.map { path throws(TraceError) in try TraceFile(path: path) }
        let check = try Checker.check(files, expectations: profile.checkerExpectations, workflow: profile.checkerWorkflow)
        let causes = Carriage.Causes(
            refusals: measured.parts.reduce(into: [:]) { $0[$1.group, default: [:]][$1.qos] = $1.refusal },
            losses: measured.connections.lostByGroup.mapValues { ($0.count, $0.last) })
        let doubted = check.doubted(Carriage(profile, check, causes: causes).doubts)
        if measured.latency.count > 0 { try directory.write(measured.latency.percentileDistribution, to: directory.latencyDistribution) }
        let (events, bytes) = files.reduce((0, 0)) { ($0.0 + $1.eventCount, $0.1 + $1.byteCount) }
        self.init(
            directory: directory.path, startedAt: startedAt, check: doubted, interrupted: measured.interrupted, latency: measured.latency,
            latencyFromSend: measured.latencyFromSend, parts: measured.parts, phases: measured.phases, generator: measured.generator,
            shortfall: measured.shortfall, broker: target.outcome(cpuSeconds: measured.brokerSeconds), connections: measured.connections,
            trace: (files.count, events, bytes))
        broker.limits = measured.brokerLimits
        standstill = measured.standstill
        steps = measured.steps
        fairness = measured.fairness
        fine = measured.fine
        aborted = measured.aborted
        generator.coalescingSeconds = Double(profile.coalesce.nanoseconds) / 1e9
    }
}

extension HarnessError {
    /// A failure in the middle of a run, as one sentence.
    /// - Parameter brokerEnd: how a broker of the run's own ended, where it did, which is then what matters.
    static func explaining(_ error: any Error, directory: String, brokerEnd: String? = nil) -> any Error {
        if let brokerEnd, !(error is CancellationError) {
            return HarnessError(.failure, "\(brokerEnd) What was recorded is in \(directory).")
        }
        return switch error {
        case is HarnessError, is CancellationError: error
        default: HarnessError(.failure, "The run ended early: \(error) What was recorded is in \(directory).")
        }
    }
}
