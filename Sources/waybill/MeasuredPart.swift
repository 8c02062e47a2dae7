internal import Harness
internal import Measurement
internal import Verification
internal import Workload

/// What was measured of the part of a run that a threshold is about.
struct MeasuredPart {
    private let outcome: RunOutcome
    private let scope: Workload.Threshold.Scope?

    /// - Parameter scope: the part; `nil` for all of the run.
    init(_ outcome: RunOutcome, _ scope: Workload.Threshold.Scope?) {
        self.outcome = outcome
        self.scope = scope
    }

    private func has(_ group: String, _ qos: Int) -> Bool {
        (scope?.group ?? group) == group && (scope?.qos.map(Int.init) ?? qos) == qos
    }

    /// Messages and their deliveries.
    var totals: DeliveryTotals {
        guard scope != nil else { return outcome.check.totals }
        return outcome.check.parts.filter { has($0.group, $0.qos) }.reduce(into: DeliveryTotals()) { $0 += $1.totals }
    }

    /// A rate of the hold.
    func rate(_ rate: KeyPath<RunOutcome.Part, Double>) -> Double {
        outcome.parts.filter { has($0.group, $0.qos) }.reduce(0) { $0 + $1[keyPath: rate] }
    }

    /// The distribution of the times of a metric that is one.
    func times(of metric: Workload.Threshold.Metric) -> LatencyHistogram {
        if let step = Self.step(metric) {
            return scope?.group.map { outcome.steps[$0]?[step] ?? LatencyHistogram() } ?? outcome.histogram(of: step)
        }
        if let scope, scope.isFine { return outcome.fine[scope] ?? LatencyHistogram() }
        guard scope != nil else { return metric == .acknowledge ? outcome.acknowledge : outcome.latency }
        return outcome.parts.filter { has($0.group, $0.qos) }.reduce(into: LatencyHistogram()) {
            $0.add(metric == .acknowledge ? $1.acknowledge : $1.latencies)
        }
    }

    private static func step(_ metric: Workload.Threshold.Metric) -> ConnectionSteps.Step? {
        switch metric {
        case .connect: .connect
        case .tcp: .tcp
        case .tls: .tls
        case .connack: .connack
        case .suback: .suback
        case .firstMessage: .firstMessage
        case .resume: .resume
        default: nil
        }
    }
}

extension LatencyHistogram {
    /// The figure that a threshold asks for, in seconds; `nil` when nothing was measured.
    func figure(_ statistic: Workload.Threshold.Statistic) -> Double? {
        switch statistic {
        case .minimum: minimum
        case .average: mean
        case .maximum: maximum
        case .percentile(let percent): percentile(percent)
        case .value: nil
        }
    }
}
