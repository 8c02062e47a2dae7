internal import Harness
internal import Measurement
internal import Reporting
internal import Verification
internal import Workload

extension RunResult {
    /// What a run came to, as it is reported.
    init(_ outcome: RunOutcome, profile: Profile) {
        var totals = outcome.check.totals
        totals.unsent = outcome.shortfall.unsent
        totals.connectionsLost = outcome.connections.unasked(.lost)
        self.init(
            waybillVersion: Version.text, startedAt: outcome.startedAt, profile: profile.name, seed: profile.seed,
            verdict: outcome.check.verdict,
            interrupted: outcome.interrupted, aborted: outcome.aborted.map(Aborted.init), totals: totals,
            anomalies: outcome.check.anomalies, causality: outcome.check.causality,
            limits: outcome.check.limits, exercised: outcome.check.exercised, overlap: outcome.check.overlap,
            receivers: outcome.check.receivers,
            strangers: outcome.check.strangers, locks: outcome.check.locks,
            workflow: outcome.check.workflow,
            shop: outcome.shop.map(Shop.init),
            longestStandstillSeconds: outcome.standstill.seconds, standstill: outcome.standstill.waiting,
            doubts: outcome.check.doubts, notVerified: Carriage(profile, outcome.check).unverified,
            latencySeconds: outcome.latency.summary, latencyFromSendSeconds: outcome.latencyFromSend.summary,
            stepsSeconds: Steps(outcome), fairness: outcome.fairness.map(Fairness.init),
            throughputPerSecond: Throughput(
                published: outcome.publishedPerSecond, acked: outcome.ackedPerSecond, delivered: outcome.deliveredPerSecond),
            generator: Generator(outcome.generator), broker: Broker(outcome.broker), connections: Connections(outcome.connections),
            groups: Self.groups(outcome),
            phases: Phases(
                warmUpSeconds: outcome.phases.warmUp, holdSeconds: outcome.phases.hold, drainSeconds: outcome.phases.drain),
            thresholds: Threshold.all(profile, outcome), requirements: profile.requirements.map { Requirement($0, outcome) },
            trace: Trace(files: outcome.trace.files, events: outcome.trace.events, bytes: outcome.trace.bytes))
    }

    /// What the checker counted and what the harness measured of each group and QoS, side by side.
    private static func groups(_ outcome: RunOutcome) -> [Group] {
        outcome.check.parts.map { part in
            let measured = outcome.parts.first { $0.group == part.group && $0.qos == part.qos }
            return Group(
                name: part.group, qos: part.qos, totals: part.totals, latencySeconds: measured?.latency ?? LatencySummary(),
                acknowledgeSeconds: measured?.acknowledge.summary ?? LatencySummary(),
                throughputPerSecond: Throughput(
                    published: measured?.publishedPerSecond ?? 0, acked: measured?.ackedPerSecond ?? 0,
                    delivered: measured?.deliveredPerSecond ?? 0),
                refusal: measured?.refusal)
        }
    }
}

extension RunResult.Generator {
    init(_ generator: RunOutcome.Generator) {
        self.init(
            cpuSeconds: generator.cpuSeconds, late: generator.late, lateShare: generator.lateShare, reasons: generator.reasons,
            peakMemoryBytes: generator.peakMemoryBytes, reactors: generator.reactors,
            longestDelaySeconds: generator.longestDelaySeconds, coalescingSeconds: generator.coalescingSeconds)
    }
}

extension RunResult.Broker {
    init(_ broker: RunOutcome.Broker) {
        self.init(
            name: broker.name, version: broker.version, cpuSeconds: broker.cpuSeconds, embedded: broker.embedded, url: broker.url,
            encryption: broker.encryption, limits: broker.limits)
    }
}

extension RunResult.Connections {
    init(_ log: ConnectionLog) {
        self.init(
            lost: log.counts[.lost], refused: log.counts[.refused], resumed: log.counts[.resumed], forgotten: log.counts[.forgotten],
            events: log.events.map {
                Event(
                    atSeconds: $0.atSeconds, client: $0.client, group: $0.group, kind: $0.kind.rawValue, reason: $0.reason,
                    askedFor: $0.askedFor)
            })
    }
}
