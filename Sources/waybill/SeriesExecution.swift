internal import Foundation
internal import Harness
internal import MQTT
internal import Reporting
internal import Trace
internal import Workload

/// Makes the runs of a series, one after the other and in turn: first each cell once, then each once more. What drifts on the machine meanwhile is
/// then the same for all of them.
struct SeriesExecution {
    var execution: RunExecution
    /// What the command line says of each cell's profile.
    var adapted: (Profile) throws -> Profile
    var isFromEnvironment: Bool

    /// Runs the series, prints its table, and ends with the worst exit code where that is not 0.
    func run(_ series: ProfileSeries, name: String) async throws {
        let profiles = try series.cells.map { try adapted($0.profile) }
        let startedAt = Date()
        let directory = try RunDirectory.series(below: execution.options.out, name: name, startedAt: startedAt)
        var report = SeriesReport(
            waybillVersion: Version.text, startedAt: startedAt, profile: name, parameters: series.parameters, repeats: series.repeats,
            cells: series.cells.map { $0.parameters.map(\.value) })
        var execution = execution
        execution.output = directory.path
        for round in 1...series.repeats {
            for (index, profile) in profiles.enumerated() where !Interrupts.isInterrupted {
                let place = "cell-\(index + 1)-run-\(round)"
                execution.place = place
                execution.lines.say(
                    "cell \(index + 1) of \(profiles.count), run \(round) of \(series.repeats)\(Self.settings(series.cells[index]))")
                do {
                    let finished = try await execution.run(profile, brokerIsFromEnvironment: isFromEnvironment)
                    report.add(.init(run: round, directory: place, result: finished.result), to: index)
                } catch let error where Self.isOfTheRun(error) {
                    report.add(.init(run: round, directory: place, error: "\(error)"), to: index)
                }
                // Whatever comes later, what was made is in it.
                try directory.write(String(decoding: try report.json(), as: UTF8.self), to: directory.seriesFile)
            }
        }
        if Interrupts.isInterrupted { report.exitCode = .interrupted }
        let json = String(decoding: try report.json(), as: UTF8.self)
        try directory.write(json, to: directory.seriesFile)
        switch execution.options.format {
        case .json: StandardStream.output.write(json)
        case .text:
            StandardStream.output.write(
                SeriesTable.render(report, directory: directory.path, colour: Terminal.isColoured, width: Terminal.outputWidth))
        }
        if StandardStream.output.failure != nil { StandardStream.error.complain("The result is in \(directory.seriesFile).") }
        if report.exitCode != .ok { throw report.exitCode }
    }

    private static func settings(_ cell: ProfileSeries.Cell) -> String {
        cell.parameters.isEmpty ? "" : ": " + cell.parameters.map { "\($0.path)=\($0.value)" }.joined(separator: ", ")
    }

    /// Whether a failure is that of one run, so that the others can be made all the same.
    private static func isOfTheRun(_ error: any Error) -> Bool {
        if let error = error as? HarnessError { return error.kind == .failure }
        return error is TraceError || error is MQTTError
    }
}
