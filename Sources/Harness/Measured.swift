internal import Measurement
internal import Workload

/// What a run's phases yielded.
struct Measured: Sendable {
    var interrupted = false
    /// The measured span of the run.
    var span = LoadStatistics.Span()
    var latency = LatencyHistogram()
    var latencyFromSend = LatencyHistogram()
    var parts: [RunOutcome.Part] = []
    var phases = RunOutcome.Phases(warmUp: 0, hold: 0, drain: 0)
    var generator = RunOutcome.Generator(
        cpuSeconds: 0, late: 0, lateShare: 0, reasons: [], peakMemoryBytes: nil, reactors: 0)
    var shortfall = RunOutcome.Shortfall()
    var standstill = RunOutcome.Standstill()
    var brokerSeconds: Double?
    var brokerLimits: [String] = []
    var connections = ConnectionLog()
    var steps: [String: ConnectionSteps] = [:]
    var fairness: [Fairness] = []
    var fine: [Threshold.Scope: LatencyHistogram] = [:]
    var aborted: RunOutcome.Aborted?

    /// Takes over what was counted.
    /// - Parameters:
    ///   - holdBegin: when the measured part began or was to begin, from which times of events count.
    ///   - pausedSeconds: for how long this process stood still itself.
    mutating func fill(
        from statistics: LoadStatistics, groups: [String], usage: ResourceUsage<some Crew>, holdBegin: UInt64, pausedSeconds: Double
    ) {
        var sent = 0
        for (index, part) in statistics.parts.enumerated() {
            guard let part else { continue }
            sent += part.sent
            let all = part.latency
            latency.add(all)
            latencyFromSend.add(part.fromSend)
            parts.append(
                RunOutcome.Part(
                    group: groups[index / 3], qos: index % 3, latency: all.summary,
                    publishedPerSecond: perSecond(part.sent), ackedPerSecond: perSecond(part.acked),
                    deliveredPerSecond: perSecond(part.received), refusal: part.refusal, latencies: all, acknowledge: part.acknowledge))
        }
        let bottleneck = BottleneckCheck(
            sent: sent, lateByGenerator: statistics.lateByGenerator, reactorSeconds: usage.reactorSecondsOfHold,
            busySeconds: usage.busySecondsOfHold, lateSeconds: usage.lateSecondsOfHold, brokerSeconds: usage.brokerSecondsOfHold,
            hold: usage.holdSeconds, pausedSeconds: pausedSeconds)
        let due = max(sent, statistics.late)
        generator = RunOutcome.Generator(
            cpuSeconds: usage.generatorSeconds, late: statistics.late, lateShare: due == 0 ? 0 : Double(statistics.late) / Double(due),
            reasons: bottleneck.reasons, peakMemoryBytes: ProcessUsage.peakMemoryBytes(), reactors: usage.reactorSecondsOfHold.count,
            longestDelaySeconds: usage.longestDelaySecondsOfHold)
        shortfall = RunOutcome.Shortfall(
            unsent: statistics.counts.unsent, excusedUnsent: statistics.excusedUnsent,
            excusedUnknown: statistics.counts.excusedUnknown)
        connections = statistics.connections.counting(from: Double(holdBegin) / 1e9)
        steps = statistics.steps
        fine = statistics.fine.histograms
        brokerSeconds = usage.brokerSeconds
        brokerLimits = statistics.brokerLimits.sorted()
    }

    private func perSecond(_ count: Int) -> Double { phases.hold > 0 ? Double(count) / phases.hold : 0 }
}
