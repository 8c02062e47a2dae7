import Foundation
package import Verification
import Trace

/// One run of the self-test on the disk: the traces of a world, and what the checker must say about them.
package struct SelfTestTraces: Sendable {
    /// What was run.
    package let kind: SelfTestCase
    /// The seed that makes the same run again.
    package let seed: UInt64
    /// What the checker must say.
    package let expected: Expected
    /// What it is told of the broker.
    package let expectations: Expectations
    /// What its services are held against, where it has any.
    package let workflow: Workflow?
    /// The trace files.
    package let paths: [String]

    /// Makes the world and writes its traces.
    /// - Parameter directory: an existing directory that is to hold the trace files.
    package init(_ kind: SelfTestCase, seed: UInt64, directory: String) async throws {
        self.kind = kind
        self.seed = seed
        let (world, expected, random) = try kind.world(seed: seed)
        self.expected = expected
        expectations = world.expectations
        workflow = world.plan.shop.orders.isEmpty ? nil : ShopPlan.workflow
        paths = try await TraceOutput.write(world, to: directory, random)
    }

    /// Has the traces checked.
    /// - Parameter mutant: a defect for the checker.
    package func judged(by mutant: Mutant? = nil) throws -> SelfTestRun {
        let files = try paths.map { path throws(TraceError) in try TraceFile(path: path) }
        return SelfTestRun(
            kind: kind, seed: seed, expected: expected,
            report: try Checker.check(files, expectations: expectations, workflow: workflow, mutant: mutant, shards: 1))
    }
}

/// What the checker said about one run of the self-test.
package struct SelfTestRun: Sendable {
    /// What was run.
    package let kind: SelfTestCase
    /// The seed that makes the same run again.
    package let seed: UInt64
    /// What the checker should say, and what it says.
    package let expected: Expected
    package let report: CheckReport

    /// What the checker did not report although it should have.
    package var misses: [String] {
        var found = expected.violations.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { kind, count in
            let reported = self.reported[kind.rawValue] ?? 0
            return reported < count ? "\(kind.rawValue): \(reported) of \(count)" : nil
        }
        if expected.isInconclusive, report.verdict != .inconclusive { found.append("not inconclusive but \(report.verdict.rawValue)") }
        let charged = report.limits.reduce(0) { $0 + $1.charged }
        if charged != expected.charged { found.append("documented-limit: \(charged) instead of \(expected.charged)") }
        let atBeginning = report.anomalies.compactMap(\.atBeginning).first
        if let wanted = expected.atBeginning, atBeginning != wanted {
            found.append("\(atBeginning ?? 0) instead of \(wanted) at the beginning")
        }
        return found
    }

    /// What the checker reported beyond that.
    package var falseAlarms: [String] {
        var found = report.anomalies.compactMap { anomaly -> String? in
            let wanted = ViolationClass(rawValue: anomaly.class).flatMap { expected.violations[$0] } ?? 0
            guard anomaly.count > wanted else { return nil }
            // Where the class itself is expected, nobody knows which of the witnesses is one too many.
            let example = wanted == 0 ? anomaly.witnesses.first.map { " (\($0.sentence))" } ?? "" : ""
            return "\(anomaly.class): \(anomaly.count) instead of \(wanted)\(example)"
        }
        if !expected.isInconclusive, !expected.isDoubted { found += report.doubts.map { "doubt: \($0)" } }
        return found
    }

    private var reported: [String: Int] {
        Dictionary(report.anomalies.map { ($0.class, $0.count) }, uniquingKeysWith: +)
    }

    /// Whether the checker said what it should and nothing else.
    package var isRight: Bool { misses.isEmpty && falseAlarms.isEmpty && report.verdict == expected.verdict }
}
