internal import Harness
internal import Measurement
internal import Reporting
internal import Verification
internal import Workload

extension RunResult {
    /// What a run came to, as it is reported.
    init(_ outcome: RunOutcome, profile: Profile) {
        let totals = outcome.check.totals
        self.init(
            waybillVersion: Version.text, startedAt: outcome.startedAt, profile: profile.name, seed: profile.seed,
            verdict: outcome.check.verdict,
            interrupted: outcome.interrupted, totals: totals, anomalies: outcome.check.anomalies, causality: outcome.check.causality,
            limits: outcome.check.limits, exercised: outcome.check.exercised, overlap: outcome.check.overlap,
            receivers: outcome.check.receivers, locks: outcome.check.locks, workflow: outcome.check.workflow,
            shop: outcome.shop.map(Shop.init),
            doubts: outcome.check.doubts,
            latencySeconds: outcome.latency.summary, latencyFromSendSeconds: outcome.latencyFromSend.summary,
            throughputPerSecond: Throughput(published: outcome.publishedPerSecond, delivered: outcome.deliveredPerSecond),
            generator: Generator(outcome.generator), broker: Broker(outcome.broker), groups: Self.groups(outcome),
            phases: Phases(
                warmUpSeconds: outcome.phases.warmUp, holdSeconds: outcome.phases.hold, drainSeconds: outcome.phases.drain),
            thresholds: profile.thresholds.map { Threshold($0, outcome) },
            trace: Trace(files: outcome.trace.files, events: outcome.trace.events, bytes: outcome.trace.bytes))
    }

    /// What the checker counted and what the harness measured of each group and QoS, side by side.
    private static func groups(_ outcome: RunOutcome) -> [Group] {
        outcome.check.parts.map { part in
            let measured = outcome.parts.first { $0.group == part.group && $0.qos == part.qos }
            return Group(
                name: part.group, qos: part.qos, totals: part.totals, latencySeconds: measured?.latency ?? LatencySummary(),
                throughputPerSecond: Throughput(
                    published: measured?.publishedPerSecond ?? 0, delivered: measured?.deliveredPerSecond ?? 0))
        }
    }
}

extension RunResult.Generator {
    init(_ generator: RunOutcome.Generator) {
        self.init(
            cpuSeconds: generator.cpuSeconds, late: generator.late, lateShare: generator.lateShare, reasons: generator.reasons,
            peakMemoryBytes: generator.peakMemoryBytes, reactors: generator.reactors)
    }
}

extension RunResult.Broker {
    init(_ broker: RunOutcome.Broker) {
        self.init(
            name: broker.name, version: broker.version, cpuSeconds: broker.cpuSeconds, embedded: broker.embedded, url: broker.url,
            limits: broker.limits)
    }
}

extension RunResult.Threshold {
    /// A threshold of the profile against what was measured; one on something that was not measured is missed.
    init(_ threshold: Workload.Threshold, _ outcome: RunOutcome) {
        let totals = outcome.check.totals
        let (value, unit): (Double?, Unit) =
            switch threshold.metric {
            case .latency: (outcome.latency.figure(threshold.statistic), .seconds)
            case .throughput: (outcome.deliveredPerSecond, .perSecond)
            case .published: (outcome.publishedPerSecond, .perSecond)
            case .loss: (Double(totals.lost + totals.unseen), .count)
            case .late: (Double(outcome.generator.late), .count)
            case .redelivered: (Double(totals.redelivered), .count)
            case .orders: (outcome.shop?.ordersPerSecond, .perSecond)
            }
        self.init(text: "\(threshold)", value: value, unit: unit, met: value.map(threshold.isMet) ?? false)
    }
}

extension LatencyHistogram {
    /// The figure that a threshold asks for, in seconds; `nil` when nothing was measured.
    fileprivate func figure(_ statistic: Workload.Threshold.Statistic) -> Double? {
        switch statistic {
        case .minimum: minimum
        case .average: mean
        case .maximum: maximum
        case .percentile(let percent): percentile(percent)
        case .value: nil
        }
    }
}
