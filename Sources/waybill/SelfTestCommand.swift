internal import ArgumentParser
internal import Foundation
internal import Reporting
internal import Simulation
internal import Verification

/// `waybill selftest`.
struct SelfTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Prove that the checker finds what is wrong, and nothing where nothing is.",
        discussion: """
            A seeded simulation of clients and a broker writes traces with one known fault each, and traces of runs in which much happens and \
            nothing is wrong. The checker must report exactly the fault, as often as it occurred, and nothing else.

            Exit codes: 0 if it does, 1 if not, 104 bad option, 105 interrupted.
            """)

    @Option(
        parsing: .unconditional, help: "The seed of the first run of each fault; random where it is not given.",
        transform: WholeNumber.of("--seed"))
    var seed: UInt64?

    @Option(parsing: .unconditional, help: "How many runs to make of each fault.", transform: WholeNumber.of("--runs", 1...1_000_000))
    var runs = 20

    @Option(help: "Only this fault, as the table names it; can be given several times.")
    var fault: [String] = []

    @Option(help: "Keep the traces in this directory.")
    var keep: String?

    @Option(help: .hidden)
    var mutant: String?

    /// Defects of the checker that the runs have to show; `all` for all of them.
    @Option(parsing: .upToNextOption, help: .hidden)
    var hunt: [String] = []

    func validate() throws {
        for name in fault where SelfTestCase(name: name) == nil {
            throw ValidationError("There is no fault '\(name)'; a run without --fault names them all.")
        }
        for name in hunt where name != "all" && Mutant(rawValue: name) == nil { throw ValidationError("There is no mutant '\(name)'.") }
        if let mutant, Mutant(rawValue: mutant) == nil { throw ValidationError("There is no mutant '\(mutant)'.") }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        let cases = fault.isEmpty ? SelfTestCase.all : fault.compactMap(SelfTestCase.init(name:))
        if !hunt.isEmpty { return try await hunt(seed, cases) }
        let test = SelfTest(seed: seed, runs: runs, cases: cases, mutant: mutant.flatMap(Mutant.init(rawValue:)), directory: keep)
        let rows = try await Interrupts.cancelling("the self-test ends without a verdict.") { try await test.perform() }
        StandardStream.output.write(SelfTestTable.render(rows.map(SelfTestTable.Row.init), seed: seed, width: Terminal.outputWidth))
        if rows.contains(where: { !$0.failures.isEmpty }) { throw Reporting.ExitCode.failure }
    }

    /// Tells which run shows each defect, one line each.
    private func hunt(_ seed: UInt64, _ cases: [SelfTestCase]) async throws {
        let mutants = hunt.contains("all") ? Mutant.allCases : hunt.compactMap(Mutant.init(rawValue:))
        let hunt = MutantHunt(seed: seed, runs: runs, cases: cases, mutants: mutants)
        let result = try await Interrupts.cancelling("the hunt ends without a result.") { try await hunt.perform() }
        for mutant in mutants {
            let kill = result.kills[mutant].map { "\($0.kind.name), seed \($0.seed)" } ?? "unnoticed"
            StandardStream.output.write("\(mutant.rawValue): \(kill)\n")
        }
        for run in result.wrong { StandardStream.output.write("judged wrongly without any defect: \(run.kind.name), seed \(run.seed)\n") }
        if !result.wrong.isEmpty || result.kills.count < mutants.count { throw Reporting.ExitCode.failure }
    }
}

extension SelfTestTable.Row {
    init(_ row: SelfTest.Row) {
        self.init(
            name: row.kind.name, expected: row.kind.expectation, runs: row.runs, caught: row.caught, falseAlarms: row.falseAlarms,
            failures: row.failures.map { (seed: $0.seed, sentences: $0.sentences) })
    }
}
