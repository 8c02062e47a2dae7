internal import Measurement
internal import Synchronization
internal import Workload

/// Looks once a second whether a run has to end before its time, as its profile asks.
struct AbortWatch: Sendable {
    private let conditions: [Threshold]
    private let start: UInt64
    private let first: UInt64
    private let hold: UInt64
    private var previousTime: UInt64
    /// The latencies of what arrived in the hold so far.
    private var latency = LatencyHistogram()

    init(_ abort: Profile.Abort, _ times: PhaseTimes) {
        conditions = abort.conditions
        start = times.start
        first = times.start + abort.after.nanoseconds
        hold = times.hold
        previousTime = times.start
    }

    /// Whether there is anything to look at.
    var isIdle: Bool { conditions.isEmpty }

    /// Looks at what the run has come to.
    /// - Returns: the first condition that does not hold.
    mutating func look(_ reading: RunReading, standstill: Double, at now: UInt64) -> RunOutcome.Aborted? {
        guard !isIdle else { return nil }
        if previousTime >= hold { latency.add(reading.latency) }
        previousTime = now
        guard now >= first else { return nil }
        let seconds = Double(now - min(start, now)) / 1e9
        for condition in conditions {
            let (figure, isTime) = figure(of: condition, reading.counts, standstill)
            guard let figure, !condition.isMet(by: figure) else { continue }
            return RunOutcome.Aborted(condition: "\(condition)", value: figure, isTime: isTime, atSeconds: seconds)
        }
        return nil
    }

    /// What a condition is about, so far; `nil` where nothing was measured yet.
    private func figure(of condition: Threshold, _ counts: RunCounts, _ standstill: Double) -> (Double?, isTime: Bool) {
        switch condition.metric {
        case .latency:
            switch condition.statistic {
            case .minimum: (latency.minimum, true)
            case .average: (latency.mean, true)
            case .maximum: (latency.maximum, true)
            case .percentile(let percent): (latency.percentile(percent), true)
            case .value: (nil, true)
            }
        case .standstill: (standstill, true)
        case .refused: (Double(counts.refused), false)
        case .unknown: (Double(counts.unknown - counts.excusedUnknown), false)
        // What waits now may leave yet; whoever sets this does not want to wait for that.
        case .unsent: (Double(counts.unsent + counts.waiting - counts.excusedWaiting), false)
        case .connectionsLost: (Double(counts.connectionsLost), false)
        case .late: (Double(counts.late), false)
        default: (nil, false)
        }
    }
}

/// The condition that ended a run before its time, once one has.
final class AbortSignal: Sendable {
    private let state = Mutex<RunOutcome.Aborted?>(nil)
    private let (raising, told) = AsyncStream<Void>.makeStream()

    /// The first that was raised.
    var raised: RunOutcome.Aborted? { state.withLock { $0 } }

    func raise(_ aborted: RunOutcome.Aborted) {
        state.withLock { $0 = $0 ?? aborted }
        told.finish()
    }

    /// Returns once it is raised.
    /// - Throws: `CancellationError`.
    func wait() async throws {
        for await _ in raising {}
        try Task.checkCancellation()
    }
}
