internal import Harness
internal import Measurement
internal import Reporting
internal import Verification
internal import Workload

extension RunResult.Threshold {
    /// The thresholds of the profile, and behind them those that hold in every run that does not say otherwise.
    static func all(_ profile: Profile, _ outcome: RunOutcome) -> [RunResult.Threshold] {
        // One on a part of the run says nothing of the rest.
        let own = Set(profile.thresholds.filter { $0.scope == nil }.map(\.metric))
        let implied = Workload.Threshold.zeroUnlessAllowed.filter { !own.contains($0) }
        return profile.thresholds.map { RunResult.Threshold($0, outcome, profile, implied: false) }
            + implied.map { RunResult.Threshold(.zero($0), outcome, profile, implied: true) }
            + (own.contains(.standstill) ? [] : [RunResult.Threshold(.briefStandstill, outcome, profile, implied: true)])
    }

    /// A threshold against what was measured; one on something that was not measured is missed.
    private init(_ threshold: Workload.Threshold, _ outcome: RunOutcome, _ profile: Profile, implied: Bool) {
        let part = MeasuredPart(outcome, threshold.scope)
        let totals = part.totals
        func amount(_ count: KeyPath<DeliveryTotals, Int>, _ rate: KeyPath<RunOutcome.Part, Double>) -> (Double?, Unit) {
            threshold.isRate ? (part.rate(rate), .perSecond) : (Double(totals[keyPath: count]), .count)
        }
        let times = Workload.Threshold.timed.contains(threshold.metric) ? part.times(of: threshold.metric) : LatencyHistogram()
        let (value, unit): (Double?, Unit) =
            switch threshold.metric {
            case .latency, .acknowledge, .connect, .tcp, .tls, .connack, .suback, .firstMessage, .resume:
                (times.figure(threshold.statistic), .seconds)
            case .throughput: (part.rate(\.deliveredPerSecond), .perSecond)
            case .published: amount(\.published, \.publishedPerSecond)
            case .acked: amount(\.acked, \.ackedPerSecond)
            case .delivered: amount(\.delivered, \.deliveredPerSecond)
            case .loss: (Double(totals.lost + totals.unseen), .count)
            case .late: (Double(outcome.generator.late), .count)
            case .refused: (Double(totals.refused), .count)
            case .unknown: (Double(outcome.unknownNotAskedFor(profile)), .count)
            case .unsent: (Double(outcome.shortfall.unsent - outcome.shortfall.excusedUnsent), .count)
            case .connectionsLost: (Double(outcome.connections.unasked(.lost)), .count)
            case .redelivered: (Double(totals.redelivered), .count)
            case .standstill: (outcome.standstill.seconds, .seconds)
            case .orders: (outcome.shop?.ordersPerSecond, .perSecond)
            }
        // What is only known to be no less than a bound meets a threshold only if every greater figure does.
        let isBound = threshold.statistic == .average ? times.bounds > 0 : value.map(times.isBound) ?? false
        let met = value.map { isBound ? threshold.isMet(byAtLeast: $0) : threshold.isMet(by: $0) } ?? false
        self.init(text: "\(threshold)", value: value, unit: unit, met: met, implied: implied, bound: isBound)
    }
}

extension RunOutcome {
    /// Messages without an answer, without those of services that the profile itself has killed, and of clients that it has had leave.
    fileprivate func unknownNotAskedFor(_ profile: Profile) -> Int {
        guard profile.shop?.kills != nil else { return check.totals.unknown - shortfall.excusedUnknown }
        let services = Set((shop?.services ?? []).map(\.name))
        return check.parts.reduce(0) { $0 + (services.contains($1.group) ? 0 : $1.totals.unknown) }
    }
}

extension RunResult.Requirement {
    /// What the profile requires to have happened, against what did.
    init(_ requirement: Workload.Requirement, _ outcome: RunOutcome) {
        let count = outcome.count(of: requirement.event)
        self.init(text: "\(requirement)", value: count, met: requirement.isMet(by: count))
    }
}

extension RunOutcome {
    /// How often something happened that a profile can require.
    fileprivate func count(of event: Workload.Requirement.Event) -> Int {
        switch event {
        case .acked: check.totals.acked
        case .delivered: check.totals.delivered
        case .redelivered: check.exercised.redelivered
        case .dropped: check.exercised.dropped
        case .lost: check.totals.lost + check.totals.unseen
        case .refused: check.totals.refused
        case .connectionsLost: connections.unasked(.lost)
        case .resumed: check.exercised.resumed
        case .forgotten: connections.counts[.forgotten]
        case .wills: check.exercised.wills
        case .retained: check.exercised.retained
        case .inversions: check.exercised.inversions
        case .concurrent: check.exercised.concurrent
        case .repeated: (shop?.services ?? []).reduce(0) { $0 + $1.repeated }
        case .killed: shop?.kills.count ?? 0
        case .shipped: shop?.confirmed.shipped ?? 0
        case .rejected: shop?.confirmed.rejected ?? 0
        case .cancelled: shop?.confirmed.cancelled ?? 0
        }
    }
}
