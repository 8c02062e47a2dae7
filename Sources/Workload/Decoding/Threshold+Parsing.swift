extension Threshold {
    /// Reads one expression of a metric.
    /// - Returns: `nil` where it is none; ``expected(of:)`` says what would be.
    init?(_ text: String, metric: Metric) {
        let compact = text.filter { !$0.isWhitespace }
        guard let start = compact.firstIndex(where: { "<>=!".contains($0) }) else { return nil }
        // Two-character comparisons stand first among the cases, so `<=` is not read as `<`.
        guard let comparison = Comparison.allCases.first(where: { compact[start...].hasPrefix($0.rawValue) }),
            let statistic = Self.statistic(compact[..<start], of: metric),
            let (value, isRate) = Self.value(String(compact[start...].dropFirst(comparison.rawValue.count)), of: metric)
        else { return nil }
        self.init(metric: metric, statistic: statistic, comparison: comparison, value: value, isRate: isRate, text: text)
    }

    /// What the expressions of a metric look like.
    static func expected(of metric: Metric) -> String {
        switch metric {
        case .latency, .connect, .tcp, .tls, .connack, .suback, .firstMessage, .resume, .acknowledge:
            "a statistic, a comparison and a duration, as p(99)<20ms, max<1s, min>=0ms or avg<5ms"
        case .throughput: "a comparison and messages a second, as >8000/s"
        case .published, .acked, .delivered: "a comparison and messages a second or in all, as >8000/s or ==1200"
        case .standstill: "a comparison and a duration, as <5s"
        case .orders: "a comparison and orders a second, as >150/s"
        case .loss, .late, .redelivered, .refused, .unknown, .unsent, .connectionsLost: "a comparison and a count, as ==0"
        }
    }

    private static func statistic(_ text: Substring, of metric: Metric) -> Statistic? {
        guard timed.contains(metric) else { return text.isEmpty ? .value : nil }
        switch text {
        case "min": return .minimum
        case "avg": return .average
        case "max": return .maximum
        default:
            guard text.hasPrefix("p("), text.hasSuffix(")"), let percent = ExactDecimal(text.dropFirst(2).dropLast()) else { return nil }
            let value = Double(percent.numerator) / Double(percent.denominator)
            return value > 0 && value <= 100 ? .percentile(value) : nil
        }
    }

    private static func value(_ text: String, of metric: Metric) -> (value: Double, isRate: Bool)? {
        switch metric {
        case .latency, .connect, .tcp, .tls, .connack, .suback, .firstMessage, .resume, .acknowledge, .standstill:
            return DurationFormat.parse(text).map { (Double($0.wholeNanoseconds) / 1e9, false) }
        case .throughput, .orders:
            return rate(text)
        case .published, .acked, .delivered:
            return rate(text) ?? count(text)
        case .loss, .late, .redelivered, .refused, .unknown, .unsent, .connectionsLost:
            return count(text)
        }
    }

    private static func rate(_ text: String) -> (value: Double, isRate: Bool)? {
        guard text.hasSuffix("/s"), let number = ExactDecimal(text.dropLast(2)) else { return nil }
        return (Double(number.numerator) / Double(number.denominator), true)
    }

    private static func count(_ text: String) -> (value: Double, isRate: Bool)? {
        UInt64(text).map { (Double($0), false) }
    }
}
