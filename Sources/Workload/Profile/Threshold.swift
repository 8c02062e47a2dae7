/// A condition on one figure of a run, as `p(99)<20ms` under `latency`.
public struct Threshold: Equatable, Sendable, CustomStringConvertible {
    /// The figure's name.
    public enum Metric: String, CaseIterable, Sendable {
        /// The time from the intended send to the delivery, in seconds; in a shop, from the intended time of an order to its confirmation.
        case latency
        /// Delivered messages a second.
        case throughput
        /// Published messages a second.
        case published
        /// Deliveries that were owed and did not arrive, lost and unseen together.
        case loss
        /// Messages that were sent late.
        case late
        /// Further copies that the QoS allows.
        case redelivered
        /// Confirmed orders a second, of a shop only.
        case orders
    }

    /// What is taken of the metric.
    public enum Statistic: Equatable, Sendable {
        /// The metric itself, where it is one number.
        case value
        /// The least.
        case minimum
        /// The mean.
        case average
        /// The greatest.
        case maximum
        /// The value that so many percent do not exceed, above 0 and at most 100.
        case percentile(Double)
    }

    /// How the figure must stand to the value.
    public enum Comparison: String, CaseIterable, Sendable {
        /// At most.
        case atMost = "<="
        /// At least.
        case atLeast = ">="
        /// Equal.
        case equal = "=="
        /// Not equal.
        case notEqual = "!="
        /// Below.
        case below = "<"
        /// Above.
        case above = ">"
    }

    /// The figure's name.
    public let metric: Metric
    /// What is taken of it.
    public let statistic: Statistic
    /// How it must stand to ``value``.
    public let comparison: Comparison
    /// Seconds for latency, messages a second for throughput and published, orders a second for orders, else a count.
    public let value: Double
    /// The expression as it was written, without the metric: `p(99)<20ms`.
    public let text: String

    /// Whether a measured figure, in the unit of ``value``, meets the condition. A figure that is not a number does not.
    public func isMet(by figure: Double) -> Bool {
        switch comparison {
        case .atMost: figure <= value
        case .atLeast: figure >= value
        case .equal: figure == value
        case .notEqual: figure != value && !figure.isNaN
        case .below: figure < value
        case .above: figure > value
        }
    }

    /// Metric and expression: `latency p(99)<20ms`.
    public var description: String { "\(metric.rawValue) \(text)" }
}
