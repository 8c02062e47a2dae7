internal import Measurement
internal import Reactor
internal import Synchronization
internal import Trace
internal import Workload

/// The phases of a run whose clients are all connected and subscribed: warm-up, hold, drain.
struct Phases<Load: Crew>: Sendable {
    let profile: Profile
    let crew: Load
    let target: BrokerTarget
    let directory: RunDirectory
    let interruption: Interruption
    let progress: @Sendable (ProgressSample) -> Void
    /// When the last publisher ended.
    private let publishingEnded = Moment()
    private let standstill: StandstillMonitor
    private let abort = AbortSignal()

    /// Time for the publishers' tasks to reach their first intended time, in nanoseconds.
    private static var lead: UInt64 { 50_000_000 }

    init(
        profile: Profile, crew: Load, target: BrokerTarget, directory: RunDirectory, interruption: Interruption,
        standstill: StandstillMonitor, progress: @escaping @Sendable (ProgressSample) -> Void
    ) {
        self.profile = profile
        self.crew = crew
        self.target = target
        self.directory = directory
        self.interruption = interruption
        self.standstill = standstill
        self.progress = progress
    }

    /// Runs the phases beside what attends to them: the supervisors of the connections, the relays, the progress reports.
    /// - Throws: the first failure of any of them, which cancels all.
    func run() async throws -> Measured {
        let start = MonotonicClock.now + Self.lead
        let hold = start + profile.phases.warmUp.nanoseconds
        let times = PhaseTimes(start: start, hold: hold, end: profile.phases.hold.map { hold + $0.nanoseconds } ?? .max)
        await crew.measure(.init(begin: hold, end: times.end))
        await crew.begin(from: start)
        return try await withThrowingTaskGroup(of: Measured?.self) { group in
            group.addTask {
                try await report(times)
                return nil
            }
            if target.isEmbedded {
                group.addTask {
                    let end = try await target.waitForEnd()
                    await crew.mark(.doubt, end)
                    interruption.end()
                    return nil
                }
            }
            group.addTask {
                try await standstill.observe { await crew.strands() }
                return nil
            }
            for duty in crew.attendants {
                group.addTask(executorPreference: duty.reactor) {
                    try await duty.perform()
                    return nil
                }
            }
            group.addTask { try await goThrough(times) }
            while let ended = try await group.next() {
                guard let measured = ended else { continue }
                group.cancelAll()
                return measured
            }
            throw CancellationError()
        }
    }

    private func goThrough(_ times: PhaseTimes) async throws -> Measured {
        var measured = Measured()
        await crew.mark(.warmUp, profile.name)
        var usage = ResourceUsage(crew: crew, target: target)
        measured.interrupted = try await publish(times, usage: &usage)
        let ended = MonotonicClock.now
        publishingEnded.value.store(ended, ordering: .relaxed)
        usage.holdEnded()
        let holdEnd = max(times.hold, min(times.end, ended))
        measured.span = .init(begin: times.hold, end: holdEnd)
        await crew.measure(measured.span)
        measured.aborted = abort.raised
        if let aborted = abort.raised { await crew.mark(.note, "aborted: \(aborted.condition) does not hold") }
        await crew.mark(measured.interrupted ? .interrupted : .publishingEnded, "")
        let drainBegan = MonotonicClock.now
        try await drain()
        measured.interrupted = interruption.isRequested
        usage.runEnded()
        // Counted before the figures are taken: what is in flight now will have no outcome.
        await crew.abandonInFlight()
        measured.phases = RunOutcome.Phases(
            warmUp: seconds(times.start, min(times.hold, ended)), hold: seconds(times.hold, holdEnd),
            drain: seconds(drainBegan, MonotonicClock.now))
        measured.fairness = await crew.fairness(over: measured.phases.hold)
        let watch = standstill.watch
        measured.standstill = watch.longest
        measured.fill(
            from: await crew.statistics(), groups: crew.groups, usage: usage, holdBegin: times.hold, pausedSeconds: watch.pausedSeconds)
        return measured
    }

    private enum Signal: Sendable { case publisherDone, holdBegins, timeUp, graceOver, interrupted, aborted }

    /// How long publishers that wait for credit when the time is up may still send what was due before, in nanoseconds.
    private static var grace: UInt64 { 250_000_000 }

    /// All publishers as child tasks of one group, cancelled as one tree when the time is up or the run is interrupted.
    /// - Returns: whether it was interrupted.
    private func publish(_ times: PhaseTimes, usage: inout ResourceUsage<Load>) async throws -> Bool {
        try await withThrowingTaskGroup(of: Signal.self) { group in
            var publishers = 0
            for duty in crew.publishers(times) {
                publishers += 1
                group.addTask(executorPreference: duty.reactor) {
                    do { try await duty.perform() } catch is CancellationError {}
                    return .publisherDone
                }
            }
            group.addTask {
                try await sleep(until: times.hold)
                return .holdBegins
            }
            group.addTask {
                if times.end != .max { try await sleep(until: times.end) } else { try await awaitStandstill() }
                return .timeUp
            }
            group.addTask {
                try await interruption.wait()
                return .interrupted
            }
            if !profile.abort.conditions.isEmpty {
                group.addTask {
                    try await abort.wait()
                    return .aborted
                }
            }
            defer { group.cancelAll() }
            // Where nobody publishes, the time alone ends the load.
            let isWatching = publishers == 0
            while isWatching || publishers > 0, let signal = try await group.next() {
                switch signal {
                case .publisherDone: publishers -= 1
                case .timeUp:
                    if isWatching { return false }
                    group.addTask {
                        try await sleep(until: MonotonicClock.now + Self.grace)
                        return .graceOver
                    }
                case .graceOver, .aborted: return false
                case .interrupted: return interruption.isRequested
                case .holdBegins:
                    usage.holdBegan()
                    await crew.mark(.hold, profile.name)
                }
            }
            return false
        }
    }

    /// Where the publishers end by their numbers of messages, nothing else ends a run whose broker has fallen silent: returns once somebody waits for
    /// something and nothing has moved for as long as a drain may take.
    private func awaitStandstill() async throws {
        var events = -1
        var since = MonotonicClock.now
        while true {
            let activity = await crew.activity()
            let now = MonotonicClock.now
            if activity.events != events || activity.busyClients == 0 {
                events = activity.events
                since = now
            } else if now - since >= profile.phases.drainLimit.nanoseconds {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func drain() async throws {
        let drain = Drain(quiet: profile.phases.drainQuiet.nanoseconds, limit: profile.phases.drainLimit.nanoseconds)
        switch try await drain.wait(for: crew, interruption) {
        case .quiescent: await crew.mark(.quiescent, "")
        case .timedOut(let reason): await crew.mark(.drainTimedOut, reason)
        }
    }

    /// Once a second: a progress sample, a row of the series, and the trace so far to the disk, so that a crash of this process loses no more than that. What
    /// is left of the last second has a row of its own.
    private func report(_ times: PhaseTimes) async throws {
        var meter = ProgressMeter(start: times.start)
        var watch = AbortWatch(profile.abort, times)
        var series = try RunSeries(in: directory, groups: crew.groups, start: times.start, broker: target.process)
        var next = times.start
        while true {
            next += 1_000_000_000
            do {
                try await sleep(until: next)
            } catch {
                let now = MonotonicClock.now
                let reading = await crew.reading()
                let latency = reading.latency
                try series.write(reading, latency, latency.summary, at: now, in: stage(at: now, times))
                throw error
            }
            try await crew.flushTraces()
            let reading = await crew.reading()
            let now = MonotonicClock.now
            let latency = reading.latency
            let summary = latency.summary
            try series.write(reading, latency, summary, at: now, in: stage(at: now - 500_000_000, times))
            var sample = meter.read(at: now, in: stage(at: now - 500_000_000, times), reading.counts, latency: summary)
            sample.standstill = standstill.watch.present
            progress(sample)
            let stood = standstill.watch.longest.seconds
            if let aborted = watch.look(reading, standstill: stood, at: now) { abort.raise(aborted) }
        }
    }

    /// The part of the run that a time belongs to.
    private func stage(at time: UInt64, _ times: PhaseTimes) -> RunStage {
        time >= publishingEnded.value.load(ordering: .relaxed) ? .drain : time < times.hold ? .warmUp : .hold
    }

    private func sleep(until deadline: UInt64) async throws {
        let now = MonotonicClock.now
        if deadline > now { try await Task.sleep(for: .nanoseconds(deadline - now)) }
    }

    private func seconds(_ begin: UInt64, _ end: UInt64) -> Double { end > begin ? Double(end - begin) / 1e9 : 0 }
}

/// When something happened; the greatest time there is before that.
private final class Moment: Sendable {
    let value = Atomic<UInt64>(.max)
}
