/// A condition on one figure of a run, as `p(99)<20ms` under `latency`.
public struct Threshold: Equatable, Sendable, CustomStringConvertible {
    /// The figure's name.
    public enum Metric: String, CaseIterable, Sendable {
        /// The time from the intended send to the delivery, in seconds; in a shop, from the intended time of an order to its confirmation.
        case latency
        /// The time from the begin of an attempt to connect to CONNACK, in seconds.
        case connect
        /// The time until TCP stood, in seconds.
        case tcp
        /// The time until TLS was agreed on, in seconds.
        case tls
        /// The time from CONNECT to CONNACK, in seconds.
        case connack
        /// The time from SUBSCRIBE to SUBACK, in seconds.
        case suback
        /// The time from SUBSCRIBE to the first message, under load or of what is retained, in seconds.
        case firstMessage = "first_message"
        /// The time from the loss of a connection, or the end of a planned absence, until the client is as before, in seconds.
        case resume
        /// The time from the send to the last acknowledgement, above QoS 0, in seconds.
        case acknowledge
        /// Delivered messages a second.
        case throughput
        /// Messages that left, a second or in all.
        case published
        /// Messages whose QoS flow was completed, a second or in all.
        case acked
        /// First copies that arrived, a second or in all.
        case delivered
        /// Messages that the broker refused, or would not have taken.
        case refused
        /// Messages that left and were not answered before the run or their session ended.
        case unknown
        /// Messages that were due and never left.
        case unsent
        /// Connections that ended although nobody asked for it.
        case connectionsLost = "connections_lost"
        /// Deliveries that were owed and did not arrive, lost and unseen together.
        case loss
        /// Messages that were sent late.
        case late
        /// Further copies that the QoS allows.
        case redelivered
        /// The longest time without progress while something was owed, in seconds.
        case standstill
        /// Confirmed orders a second, of a shop only.
        case orders
    }

    /// The metrics that are distributions of times, of which a statistic is taken.
    public static let timed: [Metric] = [.latency, .connect, .tcp, .tls, .connack, .suback, .firstMessage, .resume, .acknowledge]

    /// Figures that have to be 0 unless the profile has a threshold of its own for them: what they count is a hole in the load, and whoever runs one
    /// should know.
    public static let zeroUnlessAllowed: [Metric] = [.refused, .unknown, .unsent, .connectionsLost]

    /// The condition on standstills where the profile has none of its own.
    public static let briefStandstill = Threshold(
        metric: .standstill, statistic: .value, comparison: .below, value: 5, isRate: false, text: "<5s")

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

        /// Whether a figure stands so to a value. One that is not a number does not.
        public func holds(_ figure: Double, _ value: Double) -> Bool {
            switch self {
            case .atMost: figure <= value
            case .atLeast: figure >= value
            case .equal: figure == value
            case .notEqual: figure != value && !figure.isNaN
            case .below: figure < value
            case .above: figure > value
            }
        }
    }

    /// The figure's name.
    public let metric: Metric
    /// The part of the run that it is about; `nil` for all of it.
    public internal(set) var scope: Scope?
    /// What is taken of it.
    public let statistic: Statistic
    /// How it must stand to ``value``.
    public let comparison: Comparison
    /// Seconds for times; a number a second where ``isRate``; else a count.
    public let value: Double
    /// Whether the value is a number a second.
    public let isRate: Bool
    /// The expression as it was written, without the metric: `p(99)<20ms`.
    public let text: String

    /// Whether a measured figure, in the unit of ``value``, meets the condition. A figure that is not a number does not.
    public func isMet(by figure: Double) -> Bool { comparison.holds(figure, value) }

    /// Whether a figure of which only a lower bound is known surely meets the condition: whatever the figure is, it is no less.
    public func isMet(byAtLeast bound: Double) -> Bool {
        switch comparison {
        case .atLeast, .above: isMet(by: bound)
        case .notEqual: bound > value
        case .atMost, .below, .equal: false
        }
    }

    /// The condition that a figure of ``zeroUnlessAllowed`` has to meet.
    public static func zero(_ metric: Metric) -> Threshold {
        Threshold(metric: metric, statistic: .value, comparison: .equal, value: 0, isRate: false, text: "==0")
    }

    /// Its key in a profile: `latency`, or `latency{group=alarms}`.
    public var key: String { metric.rawValue + (scope?.description ?? "") }

    /// Key and expression: `latency p(99)<20ms`.
    public var description: String { "\(key) \(text)" }
}
