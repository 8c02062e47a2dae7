/// The figures of a latency distribution, in seconds. A figure is `nil`, and `null` in JSON, when nothing was measured.
package struct LatencySummary: Codable, Equatable, Sendable {
    /// The shortest latency.
    package var min: Double?
    /// The median.
    package var p50: Double?
    /// Three quarters took no longer.
    package var p75: Double?
    /// 90 % took no longer.
    package var p90: Double?
    /// 95 % took no longer.
    package var p95: Double?
    /// 99 % took no longer.
    package var p99: Double?
    /// 99.9 % took no longer.
    package var p999: Double?
    /// 99.99 % took no longer.
    package var p9999: Double?
    /// The longest latency.
    package var max: Double?
    /// The arithmetic mean.
    package var mean: Double?
    /// How many latencies the figures stand on.
    package var count: Int
    /// How many measured values were 0 or less and stand in no figure: the clocks disagreed.
    package var skewed: Int
    /// How many of the latencies are lower bounds: of messages that were due and never left, only how long they had waited is known.
    package var bounds: Int
    /// The least of these bounds; `nil` when there is none. A figure that is not below it is a lower bound itself.
    package var leastBound: Double?

    /// Makes a summary; without arguments that of nothing at all.
    package init(
        min: Double? = nil, p50: Double? = nil, p75: Double? = nil, p90: Double? = nil, p95: Double? = nil, p99: Double? = nil,
        p999: Double? = nil, p9999: Double? = nil, max: Double? = nil, mean: Double? = nil, count: Int = 0, skewed: Int = 0,
        bounds: Int = 0, leastBound: Double? = nil
    ) {
        self.min = min
        self.p50 = p50
        self.p75 = p75
        self.p90 = p90
        self.p95 = p95
        self.p99 = p99
        self.p999 = p999
        self.p9999 = p9999
        self.max = max
        self.mean = mean
        self.count = count
        self.skewed = skewed
        self.bounds = bounds
        self.leastBound = leastBound
    }

    /// Whether a figure of this summary is a lower bound. As three digits are kept, one that differs from a bound by less than a thousandth is.
    package func isBound(_ figure: Double) -> Bool { leastBound.map { $0 <= figure * 1.001 } ?? false }

    /// Writes every key, `null` where there is no value, so that readers need not ask whether a key exists.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(min, forKey: .min)
        try container.encode(p50, forKey: .p50)
        try container.encode(p75, forKey: .p75)
        try container.encode(p90, forKey: .p90)
        try container.encode(p95, forKey: .p95)
        try container.encode(p99, forKey: .p99)
        try container.encode(p999, forKey: .p999)
        try container.encode(p9999, forKey: .p9999)
        try container.encode(max, forKey: .max)
        try container.encode(mean, forKey: .mean)
        try container.encode(count, forKey: .count)
        try container.encode(skewed, forKey: .skewed)
        try container.encode(bounds, forKey: .bounds)
        try container.encode(leastBound, forKey: .leastBound)
    }
}
