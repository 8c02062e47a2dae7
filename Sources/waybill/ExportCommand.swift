internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Reporting
internal import Trace

/// `waybill export`.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the trace of a run as text.",
        discussion: """
            One line per event, file after file, each file in its own order; what the keys mean is in docs/trace-format.md. Damage of a trace is \
            told on standard error, and the exit code is then 121; what is whole is written all the same.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv }

    @Argument(help: "The directory of a run.")
    var run: String

    @Option(help: "What to write: JSON lines, or comma-separated values with a header.")
    var format = Format.jsonl

    func run() async throws {
        let files = try RunDirectory(existing: run).traces.map { path throws(TraceError) in try TraceFile(path: path) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var lines = Data()
        if format == .csv { lines.append(contentsOf: (ExportedEvent.csvHeader + "\n").utf8) }
        var damages: [String] = []
        for file in files {
            let found = try file.forEach { event, offset throws in
                let exported = ExportedEvent(event, at: offset, of: file)
                switch format {
                case .jsonl: lines.append(try encoder.encode(exported))
                case .csv: lines.append(contentsOf: exported.csvRow.utf8)
                }
                lines.append(UInt8(ascii: "\n"))
                if lines.count > 1 << 20 {
                    try FileHandle.standardOutput.write(contentsOf: lines)
                    lines.removeAll(keepingCapacity: true)
                }
            }
            damages += (file.damages + found).map { "\(file.name): \($0.sentence)." }
        }
        try FileHandle.standardOutput.write(contentsOf: lines)
        for damage in damages { FileHandle.standardError.write(Data("waybill: \(damage)\n".utf8)) }
        if !damages.isEmpty { throw Reporting.ExitCode.inconclusive }
    }
}
