import Foundation
import Simulation
import Testing
import Trace
import Verification

/// Every deliberate defect of the checker must turn a run of the self-test red. `WAYBILL_MUTANT` tries one alone.
@Suite struct MutantTests {
    /// How many runs of each case are made before a mutant is said to survive.
    static let limit = 24

    @Test func noMutantSurvives() async throws {
        let only = ProcessInfo.processInfo.environment["WAYBILL_MUTANT"].flatMap(Mutant.init(rawValue:))
        var alive = only.map { [$0] } ?? Mutant.allCases
        var killers: [Mutant: String] = [:]
        try await withTemporaryDirectory { directory in
            for number in 0..<Self.limit where !alive.isEmpty {
                for (index, kind) in SelfTestCase.all.enumerated() where !alive.isEmpty {
                    let place = "\(directory)/\(number)-\(index)"
                    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                    let traces = try await SelfTestTraces(kind, seed: UInt64(1000 + number), directory: place)
                    // Only a run that the checker without the defect judges rightly says anything.
                    guard try traces.judged().isRight else {
                        Issue.record("waybill selftest --seed \(traces.seed) --runs 1 --fault \(kind.name) is judged wrongly")
                        continue
                    }
                    for mutant in alive {
                        let run = try traces.judged(by: mutant)
                        if !run.isRight { killers[mutant] = "\(kind.name), seed \(traces.seed): \(run.misses) \(run.falseAlarms)" }
                    }
                    alive.removeAll { killers[$0] != nil }
                    try FileManager.default.removeItem(atPath: place)
                }
            }
        }
        #expect(alive.isEmpty, "These mutants survive \(Self.limit) runs of each case: \(alive.map(\.rawValue))")
        if only != nil { print(killers) }
    }
}
