internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Reporting
internal import Trace
internal import Verification
internal import Workload

/// `waybill check`.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge the trace of existing runs again.",
        discussion: """
            Reads nothing but trace files and expectations. Each directory is judged on its own; trace files that are named themselves are \
            judged together, as the files of one run that several hosts wrote. Exit codes as for run, without thresholds; of several runs, \
            the worst: pass, then inconclusive, then violation.

            \(ExitCodes.ofChecks)
            """)

    @Argument(help: "Directories of runs, or trace files of one run.")
    var paths: [String]

    @Option(help: "What to expect of the broker, such as Profiles/expectations/mosquitto.yaml, instead of what a run's own profile says.")
    var expectations: String?

    @Option(help: "What services may do, such as Profiles/workflows/orders.yaml, instead of what a run's own profile says.")
    var workflow: String?

    @Option(help: ArgumentHelp("Show every kept witness of one class in full: its events with all fields and stamps.", valueName: "class"))
    var explain: String?

    @Option(help: ArgumentHelp("Make a space-time drawing (SVG) of each witness in this directory.", valueName: "directory"))
    var draw: String?

    @Option(help: "What to print: text or json.")
    var format = OutputFormat.text

    func run() async throws {
        Interrupts.endAtOnce("the check ends without a verdict.")
        if let explain, ViolationClass(rawValue: explain) == nil {
            let known = ViolationClass.allCases.map(\.rawValue).joined(separator: ", ")
            throw HarnessError(.badInput, "--explain \(explain): there is no such class of violation; there are \(known).")
        }
        let expected = try expectations.map { try Profile.Expectations.load(path: $0).ofChecker }
        let rules = try workflow.map { try WorkflowDefinition.load(path: $0).ofChecker }
        let (subjects, notes) = try CheckSubject.all(paths, expectations: expected, workflow: rules)
        for note in notes { StandardStream.error.complain(note) }
        let drawings = try draw.map(DrawingDirectory.init)
        var outcomes: [CheckOutcome] = []
        for (index, subject) in subjects.enumerated() {
            let report = try subject.check()
            var outcome = CheckOutcome(paths: subject.paths, report: report, explained: explain)
            if explain != nil || draw != nil {
                let anomalies = report.anomalies.filter { explain == nil || $0.class == explain }
                outcome.evidence = EvidenceReader(subject.files).read(anomalies)
                if let drawings {
                    outcome.drawings = try drawings.draw(
                        outcome.evidence, prefix: subjects.count > 1 ? "run\(index + 1)-" : "")
                }
            }
            outcomes.append(outcome)
        }
        let code = CheckOutcome.worst(outcomes.map(\.code))
        switch format {
        case .json: StandardStream.output.write(String(decoding: try json(outcomes, code), as: UTF8.self))
        case .text: StandardStream.output.write(text(outcomes, code))
        }
        if code != .ok { throw code }
    }

    private func text(_ outcomes: [CheckOutcome], _ code: Reporting.ExitCode) -> String {
        let texts = outcomes.map { $0.text(colour: Terminal.isColoured, width: Terminal.outputWidth) }
        guard outcomes.count > 1 else { return texts.joined() }
        return
            (texts + [
                CheckSummary.overview(
                    outcomes.map { ($0.paths, $0.report) }, code: code, colour: Terminal.isColoured, width: Terminal.outputWidth)
            ])
            .joined(separator: "\n")
    }

    private func json(_ outcomes: [CheckOutcome], _ code: Reporting.ExitCode) throws -> Data {
        guard outcomes.count > 1 else { return try outcomes[0].json() }
        return try JSONOutput.encode(CheckOutcome.Several(exitCode: code, runs: outcomes.map(\.entry)))
    }
}
