package import Verification

/// The summary of a check for a person.
package enum CheckSummary {
    /// Writes the summary.
    ///
    /// - Parameters:
    ///   - report: what the checker found.
    ///   - directory: the run's directory, as the user may type it.
    ///   - colour: whether to emphasise with escape sequences.
    /// - Returns: lines of at most 100 columns, with a line break after the last.
    package static func render(_ report: CheckReport, directory: String, colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        let ground = sections.ground(report.verdict, anomalies: report.anomalies, doubts: report.doubts)
        let code = ExitCode(verdict: report.verdict, thresholdsMet: true, interrupted: false)
        let lines =
            TextLayout.wrap(ground, first: sections.verdict(report.verdict) + "  ", rest: "  ")
            + sections.counts(report.totals, parts: report.parts)
            + sections.causality(report.causality)
            + sections.anomalies(report.anomalies, run: directory)
            + sections.doubts(report.doubts)
            + ["", "Checked \(directory), exit code \(code.rawValue): \(code.meaning)"]
        return lines.joined(separator: "\n") + "\n"
    }
}
