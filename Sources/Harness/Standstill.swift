internal import Measurement
internal import Reactor
internal import Synchronization

/// One line of work of a run that can stand still: how far it has come, and what it waits for.
struct Strand: Sendable {
    var name: String
    /// Grows with each step. What is sent again is none.
    var steps: Int
    /// Who waits for what, in a few words; `nil` where nothing is owed.
    var owed: String?
}

/// Finds out how long a run made no progress while something was owed, and how long this process did not run at all.
struct StandstillWatch: Sendable {
    /// How often it looks, in nanoseconds.
    static let interval: UInt64 = 200_000_000
    /// From when on a standstill is told, in nanoseconds.
    static let toldAfter: UInt64 = 2_000_000_000
    /// A look that comes so late, in nanoseconds, was not late because of work.
    static let pauseAfter: UInt64 = 1_000_000_000

    private struct Wait: Sendable {
        var steps: Int
        var since: UInt64
    }

    private var waits: [String: Wait] = [:]
    private var lastLook: (time: UInt64, cpuSeconds: Double)?
    /// The longest standstill so far.
    private(set) var longest = RunOutcome.Standstill()
    /// What stands still now, in a sentence; `nil` where nothing does.
    private(set) var present: String?
    /// Seconds in which this process did not run.
    private(set) var pausedSeconds = 0.0

    /// Looks at all strands.
    /// - Parameter cpuSeconds: what this process has used so far: one that works is late, one that was stopped is not.
    mutating func look(_ strands: [Strand], at now: UInt64, cpuSeconds: Double) {
        let pause = pause(now, cpuSeconds)
        lastLook = (now, cpuSeconds)
        pausedSeconds += Double(pause) / 1e9
        present = nil
        var greatest: UInt64 = 0
        for strand in strands {
            guard let owed = strand.owed, var wait = waits[strand.name], wait.steps == strand.steps else {
                waits[strand.name] = strand.owed.map { _ in Wait(steps: strand.steps, since: now) }
                continue
            }
            // Nobody made progress that this process could have seen.
            wait.since += pause
            waits[strand.name] = wait
            let length = now - min(now, wait.since)
            guard length > greatest else { continue }
            greatest = length
            if Double(length) / 1e9 > longest.seconds { longest = .init(seconds: Double(length) / 1e9, waiting: owed) }
            if length >= Self.toldAfter { present = "no progress for \(length / 1_000_000_000) s: \(owed)" }
        }
    }

    private func pause(_ now: UInt64, _ cpuSeconds: Double) -> UInt64 {
        guard let lastLook, now > lastLook.time + Self.interval + Self.pauseAfter else { return 0 }
        let length = now - lastLook.time
        // Who used half of a core in that time was busy.
        return cpuSeconds - lastLook.cpuSeconds < Double(length) / 2e9 ? length - Self.interval : 0
    }
}

/// The watch of a run, which one task feeds and others ask.
final class StandstillMonitor: Sendable {
    private let state = Mutex(StandstillWatch())

    /// What is known now.
    var watch: StandstillWatch { state.withLock { $0 } }

    /// Looks at strands again and again until the task is cancelled.
    func observe(_ strands: @Sendable () async -> [Strand]) async throws {
        while true {
            let strands = await strands()
            state.withLock { $0.look(strands, at: MonotonicClock.now, cpuSeconds: ProcessUsage.cpuSeconds()) }
            try await Task.sleep(for: .nanoseconds(StandstillWatch.interval))
        }
    }
}
