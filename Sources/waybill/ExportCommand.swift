internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Printing
internal import Reporting
internal import Trace
internal import Verification
internal import Workload

/// `waybill export`.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the trace of a run for other programs.",
        discussion: """
            jsonl and csv have one line per event, file after file, each file in its own order. shiviz and chrome have all files in one \
            order in which no delivery comes before its publish, whatever the clocks say. docs/trace-format.md explains all four. Damage \
            of a trace is told on standard error, and the exit code is then 121; what is whole is written all the same.

            Exit codes: 0 all is written, 104 bad option or path, 105 interrupted, 121 the trace is damaged, 1 anything else.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv, shiviz, chrome }

    @Argument(help: "The directory of a run, or its trace files.")
    var paths: [String]

    @Option(help: "JSON lines, comma-separated values with a header, a log for ShiViz, or trace events for Perfetto.")
    var format = Format.jsonl

    @Option(help: ArgumentHelp("Leave out what happened earlier after the run's first event, as 1500ms.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Leave out what happened later after the run's first event, as 2s.", valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Only the time around a witness of the checker, as lost-1: 10 ms before its first event to 10 ms after its last.",
            valueName: "witness"))
    var around: String?

    /// Nanoseconds before and after a witness.
    private static let margin: UInt64 = 10_000_000

    func validate() throws {
        if around != nil, from != nil || to != nil {
            throw ValidationError("--around says which time is meant; leave out --from and --to.")
        }
    }

    func run() async throws {
        Interrupts.endAtOnce("the export ends before all is written.")
        let (subjects, notes) = try CheckSubject.all(paths, expectations: nil, workflow: nil)
        for note in notes { StandardStream.error.complain(note) }
        guard subjects.count == 1 else {
            throw HarnessError(.badInput, "\(paths.joined(separator: ", ")) are several runs; export one at a time.")
        }
        let files = subjects[0].files
        if let other = files.first(where: { $0.header.run != files[0].header.run }) {
            throw HarnessError(.badInput, "The traces \(files[0].path) and \(other.path) are of different runs; export one at a time.")
        }
        let slice = try slice(subjects[0])
        var output = BufferedOutput()
        let found: [(file: Int, damage: TraceDamage)]
        switch format {
        case .jsonl, .csv: found = try lines(files, slice, &output)
        case .shiviz: found = try ShiVizLog(files, slice).write { (line) throws in try output.write(line + "\n") }
        case .chrome: found = try ChromeTrace(files, slice).write { (piece) throws in try output.write(piece) }
        }
        try output.flush()
        let damages = files.indices.flatMap { file in
            (files[file].damages + found.filter { $0.file == file }.map(\.damage)).map { "\(files[file].name): \($0.sentence)." }
        }
        for damage in damages { StandardStream.error.complain(damage) }
        if !damages.isEmpty { throw Reporting.ExitCode.inconclusive }
    }

    private func slice(_ subject: CheckSubject) throws -> TraceSlice {
        if let around { return try slice(subject, around: around) }
        let from = try self.from.map { try Self.time($0, "--from") }
        let to = try self.to.map { try Self.time($0, "--to") }
        if let from, let to, to < from { throw HarnessError(.badInput, "--to \(self.to ?? "") is before --from \(self.from ?? "").") }
        return TraceSlice(subject.files, from: from ?? 0, to: to ?? .max)
    }

    private static func time(_ text: String, _ option: String) throws -> UInt64 {
        guard let time = DurationFormat.parse(text) else {
            throw HarnessError(.badInput, "\(option) \(text): expected \(DurationFormat.expected).")
        }
        return time.wholeNanoseconds
    }

    /// The witness is named as its drawing is: class and number.
    private func slice(_ subject: CheckSubject, around name: String) throws -> TraceSlice {
        let report = try subject.check()
        let parts = name.split(separator: "-")
        let kind = parts.dropLast().joined(separator: "-")
        let anomaly = report.anomalies.first { $0.class == kind }
        guard let number = parts.last.flatMap({ Int($0) }), let anomaly, (1...anomaly.witnesses.count).contains(number) else {
            let known = report.anomalies.map {
                $0.witnesses.count == 1 ? "\($0.class)-1" : "\($0.class)-1 to \($0.class)-\($0.witnesses.count)"
            }
            throw HarnessError(
                .badInput,
                "--around \(name): there is no such witness; "
                    + (known.isEmpty ? "the checker found no violation." : "there are \(known.joined(separator: ", ")).")
            )
        }
        let evidence = EvidenceReader(subject.files).read([anomaly])[number - 1]
        return TraceSlice(subject.files, around: evidence, margin: Self.margin)
    }

    private func lines(_ files: [TraceFile], _ slice: TraceSlice, _ output: inout BufferedOutput) throws -> [(
        file: Int, damage: TraceDamage
    )] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if format == .csv { try output.write(ExportedEvent.csvHeader + "\n") }
        var damages: [(Int, TraceDamage)] = []
        for (number, file) in files.enumerated() {
            let found = try file.forEach { event, offset throws in
                guard slice.contains(event, file: number) else { return }
                let exported = ExportedEvent(event, at: offset, of: file)
                if format == .csv {
                    try output.write(exported.csvRow + "\n")
                } else {
                    try output.write(VisibleText.json(String(decoding: try encoder.encode(exported), as: UTF8.self)) + "\n")
                }
            }
            damages += found.map { (number, $0) }
        }
        return damages
    }
}

/// Writes to the standard output in large pieces.
struct BufferedOutput {
    private var buffer = Data()

    mutating func write(_ text: String) throws { try write(Data(text.utf8)) }

    mutating func write(_ data: Data) throws {
        buffer.append(data)
        if buffer.count > 1 << 20 { try flush() }
    }

    mutating func flush() throws {
        // Who does not read on gets no more.
        guard StandardStream.output.write(buffer.bytes) else { throw Reporting.ExitCode.failure }
        buffer.removeAll(keepingCapacity: true)
    }
}
