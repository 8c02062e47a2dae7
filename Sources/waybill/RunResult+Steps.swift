internal import Harness
internal import Measurement
internal import Reporting

extension RunResult.Steps {
    /// The steps of a run; those without a value are absent.
    init(_ outcome: RunOutcome) {
        func summary(_ histogram: LatencyHistogram) -> LatencySummary? { histogram.count > 0 ? histogram.summary : nil }
        func step(_ step: ConnectionSteps.Step) -> LatencySummary? { summary(outcome.histogram(of: step)) }
        self.init(
            connect: step(.connect), tcp: step(.tcp), tls: step(.tls), connack: step(.connack), suback: step(.suback),
            firstMessage: step(.firstMessage), resume: step(.resume), acknowledge: summary(outcome.acknowledge))
    }
}

extension RunResult.Aborted {
    init(_ aborted: RunOutcome.Aborted) {
        self.init(
            condition: aborted.condition, value: aborted.value, unit: aborted.isTime ? .seconds : .count, atSeconds: aborted.atSeconds)
    }
}

extension RunResult.Fairness {
    init(_ fairness: Harness.Fairness) {
        self.init(
            group: fairness.group, rate: fairness.kind.rawValue, clients: fairness.clients, slowest: Client(fairness.slowest),
            medianPerSecond: fairness.median, fastest: Client(fairness.fastest))
    }
}

extension RunResult.Fairness.Client {
    fileprivate init(_ client: Harness.Fairness.Client) { self.init(client: client.name, perSecond: client.perSecond) }
}
