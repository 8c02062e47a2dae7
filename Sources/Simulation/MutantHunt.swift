import Foundation
package import Verification

/// The proof of the self-test: which deliberate defects of the checker it notices. Each run is made once and judged by every defect that is
/// still unnoticed, which is much faster than a self-test for each.
package struct MutantHunt: Sendable {
    /// The seed of the runs, as in ``SelfTest``.
    package var seed: UInt64
    /// How many runs each case has.
    package var runs: Int
    /// Which cases.
    package var cases: [SelfTestCase]
    /// The defects.
    package var mutants: [Mutant]
    /// How many runs are made at a time.
    package var width: Int

    /// Prepares a hunt.
    package init(
        seed: UInt64, runs: Int, cases: [SelfTestCase] = SelfTestCase.all, mutants: [Mutant] = Mutant.allCases,
        width: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.seed = seed
        self.runs = runs
        self.cases = cases
        self.mutants = mutants
        self.width = width
    }

    /// The run that showed a defect.
    package struct Kill: Sendable {
        package var kind: SelfTestCase
        package var seed: UInt64
    }

    /// What came of a hunt.
    package struct Result: Sendable {
        /// The first run that showed each defect; none for those that nothing showed.
        package var kills: [Mutant: Kill] = [:]
        /// The runs that the checker judges wrongly without any defect, so that they prove nothing.
        package var wrong: [Kill] = []
    }

    /// Makes the runs, as long as a defect is unnoticed: the first of each case, then the second of each.
    package func perform() async throws -> Result {
        let scratch = URL(filePath: NSTemporaryDirectory()).appending(path: "waybill-mutants-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let test = SelfTest(seed: seed, runs: runs)
        let jobs = (0..<runs).flatMap { number in cases.map { Kill(kind: $0, seed: test.seed(of: number, $0)) } }
        var result = Result()
        var next = 0
        while next < jobs.count {
            let alive = mutants.filter { result.kills[$0] == nil }
            if alive.isEmpty { break }
            try Task.checkCancellation()
            let batch = jobs[next..<min(jobs.count, next + max(1, width))]
            next = batch.endIndex
            try await withThrowingTaskGroup(of: (Int, Set<Mutant>, isRight: Bool).self) { group in
                for (place, job) in zip(batch.indices, batch) {
                    group.addTask { @concurrent in
                        let (killed, isRight) = try await Self.judge(job, alive, scratch.appending(path: "\(place)").path)
                        return (place, killed, isRight)
                    }
                }
                for try await (place, killed, isRight) in group {
                    if !isRight { result.wrong.append(jobs[place]) }
                    for mutant in killed where result.kills[mutant] == nil { result.kills[mutant] = jobs[place] }
                }
            }
        }
        return result
    }

    /// - Returns: the defects that are seen, and whether the run is judged rightly without any.
    private static func judge(_ job: Kill, _ alive: [Mutant], _ directory: String) async throws -> (Set<Mutant>, Bool) {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let traces = try await SelfTestTraces(job.kind, seed: job.seed, directory: directory)
        guard try traces.judged().isRight else { return ([], false) }
        var killed: Set<Mutant> = []
        for mutant in alive where try !traces.judged(by: mutant).isRight { killed.insert(mutant) }
        return (killed, true)
    }
}
