import Foundation
package import Verification

/// The checker's own proof: runs with one known fault each, and runs with none.
package struct SelfTest: Sendable {
    /// The seed of the first run of each case; the others follow from it.
    package var seed: UInt64
    /// How many runs each case has.
    package var runs: Int
    /// Which cases.
    package var cases: [SelfTestCase]
    /// A defect for the checker.
    package var mutant: Mutant?
    /// Where the traces stay; `nil` where they go.
    package var directory: String?
    /// How many runs are made at a time.
    package var width: Int

    /// Makes a self-test.
    package init(
        seed: UInt64, runs: Int, cases: [SelfTestCase] = SelfTestCase.all, mutant: Mutant? = nil, directory: String? = nil,
        width: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.seed = seed
        self.runs = runs
        self.cases = cases
        self.mutant = mutant
        self.directory = directory
        self.width = width
    }

    /// What came of the runs of one case.
    package struct Row: Sendable {
        package var kind: SelfTestCase
        package var runs = 0
        package var caught = 0
        package var falseAlarms = 0
        package var failures: [Failure] = []
    }

    /// A run of which the checker did not say what it should.
    package struct Failure: Sendable {
        package var seed: UInt64
        package var sentences: [String]
    }

    /// The seed of the `number`th run of a case. The first has the seed itself, so that the seed of any run makes it again; the others are
    /// drawn from the seed, the case and the number together, so that two seeds have no runs in common, however near they are.
    package func seed(of number: Int, _ kind: SelfTestCase) -> UInt64 {
        number == 0 ? seed : SplitMix64(SplitMix64.mix(seed) ^ kind.hash).fork(UInt64(number)).value
    }

    /// Makes all runs, several at a time.
    /// - Returns: one row for each case, in their order.
    package func perform() async throws -> [Row] {
        let scratch = URL(filePath: directory ?? NSTemporaryDirectory()).appending(
            path: directory == nil ? "waybill-selftest-\(UUID().uuidString)" : "")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer {
            if directory == nil { try? FileManager.default.removeItem(at: scratch) }
        }
        var rows = cases.map { Row(kind: $0) }
        let jobs = cases.indices.flatMap { row in (0..<runs).map { (row: row, number: $0) } }
        try await withThrowingTaskGroup(of: (Int, Failure?, misses: Bool, alarms: Bool).self) { group in
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let (row, number) = jobs[next]
                next += 1
                group.addTask { @concurrent in try await perform(row, seed(of: number, cases[row]), scratch) }
            }
            for _ in 0..<max(1, width) { start() }
            for try await (row, failure, misses, alarms) in group {
                try Task.checkCancellation()
                rows[row].runs += 1
                if !misses { rows[row].caught += 1 }
                if alarms { rows[row].falseAlarms += 1 }
                if let failure { rows[row].failures.append(failure) }
                start()
            }
        }
        for row in rows.indices { rows[row].failures.sort { $0.seed < $1.seed } }
        return rows
    }

    private func perform(_ row: Int, _ seed: UInt64, _ scratch: URL) async throws -> (Int, Failure?, misses: Bool, alarms: Bool) {
        let place = scratch.appending(path: "\(cases[row].name)-\(seed)")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer {
            if directory == nil { try? FileManager.default.removeItem(at: place) }
        }
        let run = try await SelfTestTraces(cases[row], seed: seed, directory: place.path).judged(by: mutant)
        let failure = run.isRight ? nil : Failure(seed: seed, sentences: run.misses.map { "missed: \($0)" } + run.falseAlarms)
        return (row, failure, !run.misses.isEmpty, !run.falseAlarms.isEmpty)
    }
}
