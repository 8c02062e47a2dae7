package import Measurement

/// How long that took which comes before the first message: what making connections and subscribing cost the clients of a group.
package struct ConnectionSteps: Sendable {
    /// What is timed.
    package enum Step: Int, CaseIterable, Sendable {
        /// From the begin of the attempt to CONNACK.
        case connect
        /// Until TCP stood.
        case tcp
        /// Until TLS was agreed on.
        case tls
        /// From CONNECT to CONNACK.
        case connack
        /// From SUBSCRIBE to SUBACK.
        case suback
        /// From SUBSCRIBE to the first message, where there was something to come: under load, or retained.
        case firstMessage
        /// From the loss of a connection, or from when the profile wants the client back, until it can send and receive as before.
        case resume
    }

    private var histograms = [LatencyHistogram](repeating: LatencyHistogram(), count: Step.allCases.count)

    /// Nothing was timed.
    package init() {}

    /// What was timed of a step.
    package subscript(step: Step) -> LatencyHistogram { histograms[step.rawValue] }

    /// Records how long a step took; `nil` where nobody knows.
    mutating func record(_ step: Step, _ nanoseconds: UInt64?) {
        guard let nanoseconds else { return }
        histograms[step.rawValue].record(Int64(clamping: max(1, nanoseconds)))
    }

    static func += (left: inout ConnectionSteps, right: ConnectionSteps) {
        for index in left.histograms.indices { left.histograms[index].add(right.histograms[index]) }
    }
}
