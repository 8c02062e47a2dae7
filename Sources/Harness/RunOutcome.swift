package import Foundation
package import Measurement
package import Verification
package import Workload

/// What a run measured and what its traces prove.
package struct RunOutcome: Sendable {
    /// The run's directory.
    package var directory: String
    /// When it began.
    package var startedAt: Date
    /// The checker's verdict on the traces, with everything it rests on.
    package var check: CheckReport
    /// It was ended early by a signal.
    package var interrupted: Bool
    /// Latencies of all messages whose intended time lay in the hold, from that time.
    package var latency: LatencyHistogram
    /// The same from the actual send.
    package var latencyFromSend: LatencyHistogram
    /// What was measured of each publishing group at each QoS.
    package var parts: [Part]
    /// The lengths of the phases.
    package var phases: Phases
    /// What the generator used, and whether it held the run back.
    package var generator: Generator
    /// What the load lacked.
    package var shortfall: Shortfall
    /// The longest time without progress.
    package var standstill = Standstill()
    /// The broker.
    package var broker: Broker
    /// What became of the clients' connections.
    package var connections: ConnectionLog
    /// The number of trace files, their events and bytes.
    package var trace: (files: Int, events: Int, bytes: Int)
    /// How long connecting and subscribing took, by group.
    package var steps: [String: ConnectionSteps] = [:]
    /// How evenly the clients of each group got on.
    package var fairness: [Fairness] = []
    /// Latencies of the finer parts of the run that thresholds are about.
    package var fine: [Threshold.Scope: LatencyHistogram] = [:]
    /// What ended the run before its time; `nil` where nothing did.
    package var aborted: Aborted?
    /// What the shop came to; `nil` where the run loaded none.
    package var shop: ShopOutcome? = nil

    /// Messages per second of the hold.
    package var publishedPerSecond: Double { parts.reduce(0) { $0 + $1.publishedPerSecond } }
    /// Acknowledged messages per second of the hold.
    package var ackedPerSecond: Double { parts.reduce(0) { $0 + $1.ackedPerSecond } }
    /// Deliveries per second of the hold.
    package var deliveredPerSecond: Double { parts.reduce(0) { $0 + $1.deliveredPerSecond } }

    /// A condition of the profile that ended the run before its time.
    package struct Aborted: Sendable, Equatable {
        /// The condition, as `latency p(99)<50ms`.
        package var condition: String
        /// What was measured by then.
        package var value: Double
        /// Whether that is in seconds; otherwise it is a count.
        package var isTime: Bool
        /// When, in seconds from the begin of the load.
        package var atSeconds: Double
    }

    /// How long a step took, over all groups.
    package func histogram(of step: ConnectionSteps.Step) -> LatencyHistogram {
        steps.values.reduce(into: LatencyHistogram()) { $0.add($1[step]) }
    }

    /// From the send to the last acknowledgement, above QoS 0.
    package var acknowledge: LatencyHistogram { parts.reduce(into: LatencyHistogram()) { $0.add($1.acknowledge) } }

    /// What was measured of one publishing group at one QoS.
    package struct Part: Sendable {
        /// The group.
        package var group: String
        /// The QoS of the publish.
        package var qos: Int
        /// From the intended time.
        package var latency: LatencySummary
        /// Messages sent, per second of the hold.
        package var publishedPerSecond: Double
        /// Messages acknowledged, per second of the hold.
        package var ackedPerSecond: Double
        /// Deliveries, per second of the hold.
        package var deliveredPerSecond: Double
        /// Why a message was refused last, in words; `nil` where none was.
        package var refusal: String?
        /// Every latency from the intended time.
        package var latencies = LatencyHistogram()
        /// From the send to the last acknowledgement, above QoS 0.
        package var acknowledge = LatencyHistogram()
    }

    /// What a load lacked that only its generator knows; the checker counts the rest.
    package struct Shortfall: Sendable {
        /// Messages that were due and never left.
        package var unsent = 0
        /// Those of them that a fault kept back that the profile asks for.
        package var excusedUnsent = 0
        /// Messages without an answer whose client left as the profile asks.
        package var excusedUnknown = 0
    }

    /// The longest time in which a group, a service or the customers of a shop made no step although something was owed. Faults that the profile
    /// asks for do not count.
    package struct Standstill: Sendable {
        /// How long.
        package var seconds = 0.0
        /// Who waited for what, in a few words.
        package var waiting: String?
    }

    /// The lengths of the phases, in seconds.
    package struct Phases: Sendable {
        /// Before the measured part.
        package var warmUp: Double
        /// The measured part.
        package var hold: Double
        /// From the last publish until nothing moved any more.
        package var drain: Double
    }

    /// What the generator used, and whether it held the run back.
    package struct Generator: Sendable {
        /// CPU seconds of this process from the first publish to the end of the drain.
        package var cpuSeconds: Double
        /// Sends of the hold that came too late.
        package var late: Int
        /// Their share of all sends of the hold.
        package var lateShare: Double
        /// Why the generator was the bottleneck, one sentence each; empty where it was not.
        package var reasons: [String]
        /// The most memory this process had, in bytes.
        package var peakMemoryBytes: Int?
        /// The number of reactors.
        package var reactors: Int
        /// The longest that something which was ready waited for its turn on a reactor during the hold; `nil` where there was no hold.
        package var longestDelaySeconds: Double?
        /// The least time between two looks at the sockets.
        package var coalescingSeconds = 0.0
    }

    /// The broker.
    package struct Broker: Sendable {
        /// Its name, as far as known.
        package var name: String
        /// Its version, `nil` where it does not tell.
        package var version: String?
        /// CPU seconds of an embedded broker from the first publish to the end of the drain.
        package var cpuSeconds: Double?
        /// Whether the run started it.
        package var embedded: Bool
        /// Where it listened.
        package var url: String
        /// How the connections to it were encrypted and what was verified; `nil` where they were not.
        package var encryption: String?
        /// Where it gives less than the profile asks for, by its own word, one clause each with the group before it.
        package var limits: [String] = []
    }
}
