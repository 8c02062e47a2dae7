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
        abstract: "Judge the trace of an existing run again.",
        discussion: "Reads nothing but the trace files and the run's expectations. Exit codes as for run, without thresholds.")

    @Argument(help: "The directory of a run.")
    var run: String

    @Option(help: "What to print: text or json.")
    var format = OutputFormat.text

    func run() async throws {
        let directory = try RunDirectory(existing: run)
        let expectations = try Profile.load(path: directory.profile).checkerExpectations
        let files = try directory.traces.map { path throws(TraceError) in try TraceFile(path: path) }
        let report = try Checker.check(files, expectations: expectations)
        switch format {
        case .json: print(String(decoding: try JSONOutput.encode(report), as: UTF8.self))
        case .text: print(CheckSummary.render(report, directory: run, colour: Terminal.isColoured), terminator: "")
        }
        let code = Reporting.ExitCode(verdict: report.verdict, thresholdsMet: true, interrupted: false)
        if code != .ok { throw code }
    }
}
