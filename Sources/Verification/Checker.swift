import Foundation
public import Trace

/// Judges the traces of a run. It knows nothing but the traces.
public struct Checker {
    /// Checks the trace files of one run together. The time is linear in the trace; the memory grows with publishes, streams and open
    /// gaps and not with deliveries; where clients show the DUP flag or their acknowledgements, also with their packet identifiers in use, of which
    /// there are at most 65,535 each.
    /// - Parameters:
    ///   - files: all trace files of the run, in any order.
    ///   - expectations: what to expect where MQTT leaves the broker a choice.
    ///   - workflow: what the states of things and the quantities of the services are held against; needed where the trace has any.
    /// - Returns: the verdict, exact counts, and the first violations of each class with their events.
    /// - Throws: ``CheckError`` where there is no file, or files are of different runs.
    public static func check(
        _ files: [TraceFile], expectations: Expectations = .init(), workflow: Workflow? = nil
    ) throws(CheckError) -> CheckReport {
        try check(files, expectations: expectations, workflow: workflow, mutant: nil)
    }

    /// The same, with a deliberate defect for the tests of the tests, and a number of threads other than that of the processors.
    package static func check(
        _ files: [TraceFile], expectations: Expectations, workflow: Workflow? = nil, mutant: Mutant?, shards: Int? = nil
    ) throws(CheckError) -> CheckReport {
        guard let first = files.first else { throw CheckError(description: "There is no trace file to check.") }
        if let other = files.first(where: { $0.header.run != first.header.run }) {
            throw CheckError(
                description:
                    "The traces \(first.path) and \(other.path) are of different runs (\(first.header.run) and \(other.header.run)); "
                    + "check one run at a time.")
        }
        var index = RunIndex(files, expectations, mutant)
        index.read()
        index.judgeServices(workflow)
        let pass = DeliveryPass.read(index, expectations, shards: shards ?? ProcessInfo.processInfo.activeProcessorCount)
        var settlement = Settlement(pass)
        settlement.settle()
        return report(index, settlement, expectations)
    }

    private static func report(_ index: RunIndex, _ settlement: Settlement, _ expectations: Expectations) -> CheckReport {
        let findings = settlement.findings
        var violations = index.violations
        violations.add(settlement.violations)
        for (kind, witnesses) in WitnessBuilder(index, findings).witnesses() {
            violations.add(kind, count: findings.counts[kind] ?? 0, witnesses)
        }
        // What wrong stamps say of causes is worth nothing.
        if violations.counts[.stampCorrupt] != nil { violations.remove(.causalInversion) }
        let parts = settlement.tally.parts(index)
        var totals = DeliveryTotals()
        for part in parts { totals += part.totals }
        let (limits, limitDoubts) = DocumentedLimits(expectations.limits, index, dropped: totals.dropped).apply(to: &violations)
        let anomalies = ViolationClass.allCases.compactMap { kind -> Anomaly? in
            guard let count = violations.counts[kind], count > 0 else { return nil }
            return Anomaly(
                class: kind.rawValue, count: count, witnesses: violations.witnesses[kind] ?? [],
                atBeginning: kind == .lost && limits.allSatisfy { $0.charged == 0 && $0.counted != nil } ? findings.lostPrefix : nil,
                unheard: settlement.unheard[kind])
        }
        let doubts = settlement.doubts.sentences() + causalDoubts(index, settlement, violations) + limitDoubts
        let verdict: Verdict = !anomalies.isEmpty ? .violation : doubts.isEmpty ? .pass : .inconclusive
        let causality = causality(index, settlement, violations)
        return CheckReport(
            verdict: verdict, doubts: doubts, anomalies: anomalies, totals: totals, parts: parts,
            causality: causality, locks: index.lockTotals, workflow: index.workflowTotals, limits: limits,
            exercised: exercise(index, settlement, totals, causality, limits), overlap: settlement.overlap,
            receivers: index.receivers(index.deliveries),
            strangers: .init(settlement.pass.strangers, names: index.topics.names))
    }

    private static func exercise(
        _ index: RunIndex, _ settlement: Settlement, _ totals: DeliveryTotals, _ causality: CausalityReport, _ limits: [CheckReport.Limit]
    ) -> CheckReport.Exercise {
        var exercise = index.exercise
        exercise.redelivered = totals.redelivered
        exercise.repeated = totals.repeated
        exercise.dropped = totals.dropped
        exercise.inversions = causality.wire.inversions
        exercise.concurrent = causality.census.concurrentPairs
        exercise.retained = settlement.pass.retainedDeliveries
        exercise.wills = settlement.pass.wills.values.reduce(0) { $0 + $1.copies.all + $1.aside }
        exercise.limited = limits.reduce(0) { $0 + $1.charged }
        return exercise
    }

    private static func causality(_ index: RunIndex, _ settlement: Settlement, _ violations: Violations) -> CausalityReport {
        let counts = settlement.causal
        let hasInbox = index.processes.contains { $0.hasInbox }
        return CausalityReport(
            wire: .init(inversions: counts.wireInversions, gaps: counts.wireGaps),
            processed: hasInbox
                ? .init(inversions: counts.processedInversions, gaps: counts.processedGaps, timeouts: counts.timeouts) : nil,
            census: Census(index.stamps, index.publishes).report, wrongStamps: violations.counts[.stampCorrupt] ?? 0,
            unstamped: index.stamps.unstamped)
    }

    private static func causalDoubts(_ index: RunIndex, _ settlement: Settlement, _ violations: Violations) -> [String] {
        var doubts: [String] = []
        if violations.counts[.stampCorrupt] != nil { doubts.append("Stamps are wrong, so causes and effects were not judged by them.") }
        let unjudged = settlement.causal.unjudgedStamps
        if unjudged > 0 {
            doubts.append(
                "\(unjudged) stamps could not be judged: their publishers had received messages without a stamp, and so could not know the past of these."
            )
        }
        return doubts
    }
}
