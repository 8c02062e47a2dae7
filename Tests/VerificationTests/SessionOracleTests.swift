import Foundation
import Testing

@testable import Verification

/// The checker against the plain rules on random histories of sessions, retained messages, wills, groups and packets. `WAYBILL_SEED` runs one
/// seed alone; `WAYBILL_HISTORIES` sets how many.
@Suite struct SessionOracleTests {
    @Test func agreesWithThePlainRules() async throws {
        let environment = ProcessInfo.processInfo.environment
        let only = environment["WAYBILL_SEED"].flatMap(UInt64.init)
        let count = environment["WAYBILL_HISTORIES"].flatMap(UInt64.init) ?? 20_000
        var classes: [String: Int] = [:]
        var verdicts: [Verdict: Int] = [:]
        for seed in only.map({ $0...$0 }) ?? 1...count {
            let history = RandomSessions.make(seed: seed)
            let expectations = Expectations(
                overlappingSubscriptions: [.once, .each, .any][Int(seed % 3)], redelivery: seed % 7 == 0 ? .forbidden : .allowed,
                acknowledgementOrder: seed % 2 == 0 ? .kept : .any)
            let wanted = Oracle.judge(history, expectations)
            let report = try await history.check(expectations, files: Int(seed % 3) + 1, flushEvery: Int(seed % 11))
            let found = Oracle.Verdicts(
                verdict: report.verdict, anomalies: Dictionary(uniqueKeysWithValues: report.anomalies.map { ($0.class, $0.count) }),
                totals: report.totals)
            guard found == wanted else {
                let steps = history.steps.map { "  \($0.at) \($0.process) \($0.action) \($0.details)" }.joined(separator: "\n")
                Issue.record(
                    "WAYBILL_SEED=\(seed): the checker says \(found), the rules say \(wanted), \(report.doubts)\n\(only == nil ? "" : steps)"
                )
                return
            }
            verdicts[found.verdict, default: 0] += 1
            for (name, number) in found.anomalies { classes[name, default: 0] += number }
        }
        guard only == nil, count >= 20_000 else { return }
        // The comparison is worth something only if every class and every verdict came up.
        for kind in Oracle.sessionClasses {
            #expect(classes[kind.rawValue, default: 0] > 20, "\(kind): \(classes)")
        }
        #expect(verdicts.values.count == 3 && verdicts.values.allSatisfy { $0 > 100 }, "\(verdicts)")
    }
}
