package import Foundation
package import Measurement
package import Verification

/// What a run came to: `result.json`, and what every report is made from. docs/results.md says what each key means.
package struct RunResult: Codable, Equatable, Sendable {
    /// The version of Waybill that ran it.
    package var waybillVersion: String
    /// When the run started, in whole seconds.
    package var startedAt: Date
    /// The name of the profile.
    package var profile: String
    /// The seed that every random choice of the run came from.
    package var seed: UInt64
    /// The checker's verdict.
    package var verdict: Verdict
    /// What the process ends with.
    package var exitCode: ExitCode
    /// Whether the user stopped the run before its end.
    package var interrupted: Bool
    /// The condition of the profile that ended the run before its time; `nil` where none did.
    @Nullable package var aborted: Aborted?
    /// Messages and deliveries over the whole run.
    package var totals: DeliveryTotals
    /// Every class of violation that occurred.
    package var anomalies: [Anomaly]
    /// What was found out about causes and effects.
    package var causality: CausalityReport
    /// How often that happened which the rules are about.
    package var exercised: CheckReport.Exercise
    /// What a session got of a message that several of its filters match.
    package var overlap: CheckReport.Overlap
    /// What the clients of each group that subscribed received.
    package var receivers: [CheckReport.Receiver]
    /// What came that was none of the run's, at a broker that others use too.
    package var strangers: CheckReport.Strangers
    /// What documented limits cover of what is missing; in no anomaly.
    package var limits: [CheckReport.Limit]
    /// What the locks of the run's services come to; `nil` where there are none.
    @Nullable package var locks: CheckReport.Locks?
    /// What the workflow of the run's services comes to; `nil` where there is none.
    @Nullable package var workflow: CheckReport.Workflow?
    /// What the orders of a shop came to; `nil` where the run loaded none.
    @Nullable package var shop: Shop?
    /// The longest time in which somebody made no progress although something was owed.
    package var longestStandstillSeconds: Double
    /// Who waited for what in that time, in a few words; `nil` where nobody did.
    @Nullable package var standstill: String?
    /// Why the verdict is inconclusive, one sentence each.
    package var doubts: [String]
    /// What a run of this profile cannot verify, however well it goes, one sentence each.
    package var notVerified: [String]
    /// From the time a message was meant to be sent to its delivery, hold phase only.
    package var latencySeconds: LatencySummary
    /// From the time a message was actually sent to its delivery, hold phase only.
    package var latencyFromSendSeconds: LatencySummary
    /// How long connecting, subscribing and publishing took, step by step.
    package var stepsSeconds: Steps
    /// How evenly the clients of each group got on.
    package var fairness: [Fairness]
    /// Messages per second over the hold phase.
    package var throughputPerSecond: Throughput
    /// What Waybill itself used, and whether it was the bottleneck.
    package var generator: Generator
    /// The broker under test.
    package var broker: Broker
    /// What became of the clients' connections.
    package var connections: Connections
    /// The same figures for each publishing group and QoS, in the order of the profile.
    package var groups: [Group]
    /// How long each phase took.
    package var phases: Phases
    /// The thresholds of the profile, in its order, and those that hold where it does not say otherwise.
    package var thresholds: [Threshold]
    /// What the profile requires to have happened, in its order.
    package var requirements: [Requirement]
    /// How much was traced.
    package var trace: Trace

    /// Makes a result; the exit code follows from the verdict, the thresholds and the interruption.
    package init(
        waybillVersion: String, startedAt: Date, profile: String, seed: UInt64, verdict: Verdict, interrupted: Bool,
        aborted: Aborted? = nil, totals: DeliveryTotals, anomalies: [Anomaly], causality: CausalityReport, limits: [CheckReport.Limit] = [],
        exercised: CheckReport.Exercise = .init(), overlap: CheckReport.Overlap = .init(), receivers: [CheckReport.Receiver] = [],
        strangers: CheckReport.Strangers = .init(),
        locks: CheckReport.Locks? = nil, workflow: CheckReport.Workflow? = nil, shop: Shop? = nil,
        longestStandstillSeconds: Double = 0, standstill: String? = nil, doubts: [String], notVerified: [String] = [],
        latencySeconds: LatencySummary,
        latencyFromSendSeconds: LatencySummary, stepsSeconds: Steps = .init(), fairness: [Fairness] = [],
        throughputPerSecond: Throughput, generator: Generator, broker: Broker,
        connections: Connections = .init(), groups: [Group],
        phases: Phases, thresholds: [Threshold], requirements: [Requirement] = [], trace: Trace
    ) {
        self.waybillVersion = waybillVersion
        // ISO 8601 as written has no fractions: without them what is read back equals what was written.
        self.startedAt = Date(timeIntervalSince1970: startedAt.timeIntervalSince1970.rounded(.down))
        self.profile = profile
        self.seed = seed
        self.verdict = verdict
        exitCode = ExitCode(
            verdict: verdict, thresholdsMet: aborted == nil && thresholds.allSatisfy(\.met) && requirements.allSatisfy(\.met),
            interrupted: interrupted)
        self.interrupted = interrupted
        _aborted = Nullable(wrappedValue: aborted)
        self.totals = totals
        self.anomalies = anomalies
        self.causality = causality
        self.limits = limits
        self.exercised = exercised
        self.overlap = overlap
        self.receivers = receivers
        self.strangers = strangers
        _locks = Nullable(wrappedValue: locks)
        _workflow = Nullable(wrappedValue: workflow)
        _shop = Nullable(wrappedValue: shop)
        self.longestStandstillSeconds = longestStandstillSeconds
        _standstill = Nullable(wrappedValue: standstill)
        self.doubts = doubts
        self.notVerified = notVerified
        self.latencySeconds = latencySeconds
        self.latencyFromSendSeconds = latencyFromSendSeconds
        self.stepsSeconds = stepsSeconds
        self.fairness = fairness
        self.throughputPerSecond = throughputPerSecond
        self.generator = generator
        self.broker = broker
        self.connections = connections
        self.groups = groups
        self.phases = phases
        self.thresholds = thresholds
        self.requirements = requirements
        self.trace = trace
    }

    /// Reads a `result.json`.
    package init(json: Data) throws {
        self = try JSONOutput.decode(RunResult.self, from: json)
    }

    /// The bytes of `result.json`.
    package func json() throws -> Data {
        try JSONOutput.encode(self)
    }
}
