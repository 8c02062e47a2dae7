import Foundation
@testable import Simulation
import Testing
import Trace
import Verification

/// The checker on simulated runs with one known fault each, and on runs with none. `WAYBILL_SEED` sets the seed of the first run of each,
/// `WAYBILL_RUNS` how many there are.
@Suite struct SelfTestTests {
    static let seed = ProcessInfo.processInfo.environment["WAYBILL_SEED"].flatMap(UInt64.init) ?? 4242
    static let runs = ProcessInfo.processInfo.environment["WAYBILL_RUNS"].flatMap(Int.init) ?? 8

    @Test func exactlyTheFaultIsReported() async throws {
        let rows = try await SelfTest(seed: Self.seed, runs: Self.runs).perform()
        #expect(rows.count == SelfTestCase.all.count)
        for row in rows {
            #expect(row.runs == Self.runs)
            for failure in row.failures {
                Issue.record("waybill selftest --seed \(failure.seed) --runs 1 --fault \(row.kind.name): \(failure.sentences)")
            }
            if row.failures.isEmpty { #expect(row.caught == Self.runs && row.falseAlarms == 0) }
        }
    }

    /// A run that cannot fail proves nothing: judged by another fault's expectations each fault is a miss.
    @Test func aRunWithoutItsFaultIsAMiss() async throws {
        try await withTemporaryDirectory { directory in
            for case .fault(let fault) in SelfTestCase.all where fault.expectedClass != nil {
                let traces = try await SelfTestTraces(.fault(fault), seed: Self.seed, directory: directory)
                let calm = try await SelfTestTraces(.legal(.calm), seed: Self.seed, directory: directory)
                let run = SelfTestRun(
                    kind: traces.kind, seed: traces.seed, expected: traces.expected, report: try calm.judged().report)
                #expect(!run.misses.isEmpty && !run.isRight, "\(fault)")
            }
        }
    }

    /// Two seeds have no run in common, neighbours least of all, and the seed that a failure prints makes the run again.
    @Test func seedsShareNoRuns() {
        let kinds = SelfTestCase.all
        var seen: Set<UInt64> = []
        for seed in [0, 1, 2, 3, 4242, UInt64.max] {
            let test = SelfTest(seed: seed, runs: 50)
            for kind in kinds {
                let runs = (0..<50).map { test.seed(of: $0, kind) }
                #expect(runs[0] == seed)
                seen.formUnion(runs.dropFirst())
                for run in runs { #expect(SelfTest(seed: run, runs: 1).seed(of: 0, kind) == run) }
            }
        }
        #expect(seen.count == 6 * 49 * kinds.count)
    }

    /// Every class that the checker can name is the only one that some fault must yield.
    @Test func everyClassIsInjected() {
        let injected = Set(Fault.allCases.compactMap(\.expectedClass))
        for kind in ViolationClass.allCases { #expect(injected.contains(kind), "\(kind.rawValue)") }
    }

    /// A hunt notices a defect by the fault that it is blind to, and by nothing else.
    @Test func aHuntNoticesDefects() async throws {
        let cases: [SelfTestCase] = [.legal(.calm), .fault(.dropAfterPuback), .fault(.deliverForeign)]
        let result = try await MutantHunt(
            seed: Self.seed, runs: 1, cases: cases, mutants: [.blindToLoss, .foreignIsHarmless, .oversoldAtTheEnd]
        ).perform()
        #expect(result.wrong.isEmpty)
        #expect(result.kills[.blindToLoss]?.kind == .fault(.dropAfterPuback) && result.kills[.blindToLoss]?.seed == Self.seed)
        #expect(result.kills[.foreignIsHarmless]?.kind == .fault(.deliverForeign) && result.kills[.oversoldAtTheEnd] == nil)
    }

    @Test func aSeedMeansOneRun() async throws {
        try await withTemporaryDirectory { directory in
            func bytes(_ kind: SelfTestCase, _ seed: UInt64, _ name: String) async throws -> [Data] {
                let place = directory + "/" + name
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                return try await SelfTestTraces(kind, seed: seed, directory: place).paths.map { try Data(contentsOf: URL(filePath: $0)) }
            }
            for kind in SelfTestCase.all {
                let first = try await bytes(kind, 5, "first")
                #expect(try await bytes(kind, 5, "again") == first, "\(kind.name)")
                #expect(try await bytes(kind, 6, "other") != first, "\(kind.name)")
            }
        }
    }

    @Test func casesHaveNames() {
        #expect(Set(SelfTestCase.all.map(\.name)).count == SelfTestCase.all.count)
        for kind in SelfTestCase.all { #expect(SelfTestCase(name: kind.name) == kind) }
        #expect(SelfTestCase(name: "nonsense") == nil)
    }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
