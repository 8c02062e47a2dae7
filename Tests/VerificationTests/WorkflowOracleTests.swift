import Foundation
import Testing

@testable import Verification

/// The judge of workflows against the plain rules, on random histories. `WAYBILL_SEED` runs one seed alone; `WAYBILL_HISTORIES` sets how many.
@Suite struct WorkflowOracleTests {
    static let classes: [ViolationClass] = [
        .stuck, .doubleTerminal, .doubleEffect, .orphanEvent, .causalityBroken, .oversold, .stockDrift, .counterMismatch,
    ]

    @Test func agreesWithThePlainRules() async throws {
        let environment = ProcessInfo.processInfo.environment
        let only = environment["WAYBILL_SEED"].flatMap(UInt64.init)
        let count = environment["WAYBILL_HISTORIES"].flatMap(UInt64.init) ?? 20_000
        var classes: [String: Int] = [:]
        var verdicts: [Verdict: Int] = [:]
        for seed in only.map({ $0...$0 }) ?? 1...count {
            let history = RandomWorkflowHistory.make(seed: seed)
            // An empty trace is a doubt of its own.
            if history.steps.isEmpty { continue }
            let damaged = seed % 9 == 0
            let wanted = WorkflowOracle.judge(history, .shop, damaged: damaged)
            let report = try await history.check(.shop, files: Int(seed % 3) + 1, damaged: damaged)
            let found = WorkflowOracle.Verdicts(verdict: report.verdict, faults: Self.faults(report))
            // Old messages that come out of an inbox late are judged elsewhere.
            let isForeign = report.counts["causal-inversion"] != nil
            guard found.faults == wanted.faults, isForeign || found.verdict == wanted.verdict else {
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
        Mutant.anyStateBefore, .causesByClock, .onlyDirectCauses, .effectOncePerProcess, .endsAtOneProcess, .stuckAtTheBeginning,
        .oversoldAtTheEnd, .anyTermWillDo, .moreMayBeThere, .countsThoseThatWere,
    ])
    func seesEveryMutant(mutant: Mutant) async throws {
        for seed in 1...UInt64(3000) {
            let history = RandomWorkflowHistory.make(seed: seed)
            if history.steps.isEmpty { continue }
            let found = Self.faults(try await history.check(.shop, mutant: mutant))
            if found != WorkflowOracle.judge(history, .shop, damaged: false).faults { return }
        }
        Issue.record("\(mutant) is noticed in no history")
    }

    /// Each violation by its class and what it is about, as far as that does not depend on the order in which files are read.
    private static func faults(_ report: CheckReport) -> [String] {
        report.anomalies.filter { $0.class != "causal-inversion" }.flatMap { anomaly in
            let told = anomaly.witnesses.map { witness -> String in
                let words = witness.sentence.split(separator: " ").map(String.init)
                switch anomaly.class {
                case "orphan-event", "causality-broken", "double-effect": return "\(anomaly.class) \(words[0]) \(words[1]) \(words[3])"
                case "double-terminal", "stuck": return "\(anomaly.class) \(words[0]) \(words[1])"
                case "oversold": return "oversold \(witness.topic) \(words[6])"
                default: return "\(anomaly.class) \(witness.events.last?.time ?? 0)"
                }
            }
            return told + Array(repeating: "more", count: anomaly.count - told.count)
        }.sorted()
    }
}
