internal import Verification

/// A series of runs for a person: a row for each cell.
package enum SeriesTable {
    /// Writes the table, with what to do next.
    /// - Parameters:
    ///   - series: the series.
    ///   - directory: where its files are, as the user may type it.
    ///   - colour: whether to emphasise with escape sequences.
    ///   - width: the most columns of a line, 60 or more.
    package static func render(_ series: SeriesReport, directory: String, colour: Bool, width: Int = 100) -> String {
        TextLayout.$width.withValue(width) { text(series, directory: directory, colour: colour) }
    }

    private static func text(_ series: SeriesReport, directory: String, colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        let names = names(series.parameters)
        let isRepeated = series.repeats > 1
        let header =
            (names.isEmpty ? ["Cell"] : names) + ["verdict"] + (isRepeated ? ["runs"] : [])
            + ["published/s", "delivered/s", "p50", "p99", "µs/msg", "broker µs/msg"]
        let rows = series.cells.map { cell in
            (names.isEmpty ? ["all"] : cell.parameters.map(\.value)) + [word(cell)] + (isRepeated ? ["\(cell.runs.count)"] : [])
                + cells(cell.median)
        }
        var lines = Array(sections.table(header, rows, keys: max(1, names.count)).dropFirst())
        if isRepeated { lines.append("  Figures are medians of the cell's runs.") }
        let runs = series.cells.flatMap { cell in cell.runs.map { (cell, $0) } }
        let limited = runs.filter(\.1.generatorLimited)
        if !limited.isEmpty {
            lines +=
                [""]
                + TextLayout.wrap(
                    "generator-limited: \(TextLayout.list(limited.map(\.1.directory))); there Waybill, and not the broker, set the pace.",
                    first: "  ",
                    rest: "  ")
        }
        for (_, run) in runs where run.error != nil {
            lines += TextLayout.wrap("\(run.directory): \(run.error ?? "")", first: "  ", rest: "    ")
        }
        if !series.complete {
            lines += TextLayout.wrap(
                "Not every run was made: \(Units.count(runs.count)) of \(Units.count(series.repeats * series.cells.count)).", first: "  ",
                rest: "  ")
        }
        lines +=
            [""]
            + TextLayout.wrap(
                "Files in \(directory), exit code \(series.exitCode.rawValue), the worst of the runs: \(series.exitCode.meaning)",
                first: "", rest: "  ")
        return TextStyle.print(lines)
    }

    /// The figures behind the names of a row.
    static func cells(_ figures: SeriesReport.Figures) -> [String] {
        [
            figures.publishedPerSecond.map(Units.rate) ?? Units.none, figures.deliveredPerSecond.map(Units.rate) ?? Units.none,
            Units.duration(figures.p50Seconds), Units.duration(figures.p99Seconds), micro(figures.generatorMicrosecondsPerMessage),
            micro(figures.brokerMicrosecondsPerMessage),
        ]
    }

    /// The shortest ends of paths that are all different.
    static func names(_ paths: [String]) -> [String] {
        paths.map { path in
            let parts = path.split(separator: ".")
            for count in 1...max(1, parts.count) {
                let end = parts.suffix(count).joined(separator: ".")
                if !paths.contains(where: { $0 != path && ($0 == end || $0.hasSuffix("." + end)) }) { return end }
            }
            return path
        }
    }

    private static func word(_ cell: SeriesReport.Cell) -> String {
        guard !cell.runs.isEmpty else { return Units.none }
        return switch cell.exitCode {
        case .ok: "PASS"
        case .thresholdMissed: "MISSED"
        case .violation: "VIOLATION"
        case .inconclusive: "INCONCLUSIVE"
        case .interrupted: "interrupted"
        case .failure, .badInput: "failed"
        }
    }

    private static func micro(_ value: Double?) -> String { value.map { Units.milliseconds($0 / 1e3) } ?? Units.none }
}
