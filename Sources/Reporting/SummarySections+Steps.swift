import Measurement

extension SummarySections {
    /// How long connecting, subscribing and acknowledging took.
    func steps(_ steps: RunResult.Steps) -> [String] {
        guard !steps.timed.isEmpty else { return [] }
        return table(
            ["Step", "count", "p50", "p90", "p99", "max"],
            steps.timed.map { name, times in
                [name, Units.count(times.count)] + [times.p50, times.p90, times.p99, times.max].map(Units.duration)
            })
    }

    /// The clients that got on worst and best, where they differ by a tenth or more.
    func fairness(_ groups: [RunResult.Fairness]) -> [String] {
        let uneven = groups.filter { $0.slowest.perSecond < 0.9 * $0.fastest.perSecond }
        guard !uneven.isEmpty else { return [] }
        return table(
            ["Clients", "rate", "slowest", "median", "fastest", "the slowest"],
            uneven.map {
                [
                    $0.group, "\($0.rate)/s", Units.rate($0.slowest.perSecond), Units.rate($0.medianPerSecond),
                    Units.rate($0.fastest.perSecond), $0.slowest.client,
                ]
            }, keys: 2)
    }
}
