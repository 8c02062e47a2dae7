import Foundation
import Testing

@testable import Verification

/// The judges of locks and counters against the plain rules, on random histories. `WAYBILL_SEED` runs one seed alone; `WAYBILL_HISTORIES` sets how many.
@Suite struct LockOracleTests {
    static let classes: [ViolationClass] = [
        .lockOverlap, .tokenReuse, .tokenRegression, .badRelease, .lostUpdate, .staleRead, .badWrite, .counterDrift, .counterMismatch,
    ]

    @Test func agreesWithThePlainRules() async throws {
        let environment = ProcessInfo.processInfo.environment
        let only = environment["WAYBILL_SEED"].flatMap(UInt64.init)
        let count = environment["WAYBILL_HISTORIES"].flatMap(UInt64.init) ?? 20_000
        var classes: [String: Int] = [:]
        var verdicts: [Verdict: Int] = [:]
        for seed in only.map({ $0...$0 }) ?? 1...count {
            let history = RandomLockHistory.make(seed: seed)
            let damaged = seed % 9 == 0
            let wanted = LockOracle.judge(history, damaged: damaged)
            let report = try await history.check(files: Int(seed % 2) + 1, damaged: damaged)
            let found = LockOracle.Verdicts(verdict: report.verdict, faults: Self.faults(report).sorted())
            let isWhole = report.anomalies.allSatisfy { $0.count == $0.witnesses.count }
            guard found == wanted, isWhole else {
                let steps = history.steps.map { "  \($0.at) \($0.process) \($0.action)" }.joined(separator: "\n")
                Issue.record(
                    "WAYBILL_SEED=\(seed): the checker says \(found), the rules say \(wanted), \(report.doubts)\n\(only == nil ? "" : steps)"
                )
                return
            }
            verdicts[found.verdict, default: 0] += 1
            for (name, number) in report.counts { classes[name, default: 0] += number }
        }
        guard only == nil, count >= 20_000 else { return }
        for kind in Self.classes { #expect(classes[kind.rawValue, default: 0] > 20, "\(kind): \(classes)") }
        #expect(verdicts.values.count == 3 && verdicts.values.allSatisfy { $0 > 100 }, "\(verdicts)")
    }

    /// Every deliberate defect makes the checker differ from the plain rules in one of the first histories.
    @Test(arguments: [
        Mutant.reuseByOthersOnly, .regressionOfNeighbours, .overlapWithLastOnly, .unreleasedHoldsNothing, .releaseByAnyone,
        .secondReleaseIsHarmless, .finalSumOnly, .chainOfUpdatesOnly, .writeOfUpdatesOnly, .holesAreQuiet, .finalValueMayExceed,
        .countsMayFallShort,
    ])
    func seesEveryMutant(mutant: Mutant) async throws {
        for seed in 1...UInt64(3000) {
            let history = RandomLockHistory.make(seed: seed)
            let found = Self.faults(try await history.check(mutant: mutant)).sorted()
            if found != LockOracle.judge(history, damaged: false).faults { return }
        }
        Issue.record("\(mutant) is noticed in no history")
    }

    /// Each violation by the event that broke the rule.
    private static func faults(_ report: CheckReport) -> [LockOracle.Fault] {
        report.anomalies.flatMap { anomaly in
            anomaly.witnesses.compactMap { witness in
                let event =
                    switch anomaly.class {
                    case "bad-write": witness.events.first
                    case "lock-overlap": witness.events.count > 1 ? witness.events[1] : nil
                    default: witness.events.last
                    }
                return event.map { LockOracle.Fault(kind: anomaly.class, at: $0.time) }
            }
        }
    }
}
