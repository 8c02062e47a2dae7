package import Verification

/// The summary of a check for a person.
package enum CheckSummary {
    /// Writes the summary.
    ///
    /// - Parameters:
    ///   - report: what the checker found.
    ///   - paths: the run's directory, or its trace files, as the user may type them.
    ///   - colour: whether to emphasise with escape sequences.
    ///   - width: the most columns of a line, 60 or more.
    /// - Returns: lines, with a line break after the last.
    package static func render(_ report: CheckReport, paths: [String], colour: Bool, width: Int = 100) -> String {
        TextLayout.$width.withValue(width) { text(report, paths: paths, colour: colour) }
    }

    private static func text(_ report: CheckReport, paths: [String], colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        let ground = sections.ground(report.verdict, anomalies: report.anomalies, doubts: report.doubts, limits: report.limits)
        let code = ExitCode(verdict: report.verdict, thresholdsMet: true, interrupted: false)
        let lines =
            TextLayout.wrap(ground, first: sections.verdict(report.verdict) + "  ", rest: "  ")
            + sections.counts(report.totals, parts: report.parts)
            + sections.choices(report.exercised, report.overlap, report.receivers, report.strangers)
            + sections.causality(report.causality)
            + sections.services(locks: report.locks, workflow: report.workflow)
            + sections.anomalies(report.anomalies, paths: paths)
            + sections.limits(report.limits)
            + sections.doubts(report.doubts)
            + [""]
            + TextLayout.wrap("Checked \(TextLayout.list(paths)), exit code \(code.rawValue): \(code.meaning)", first: "", rest: "  ")
        return TextStyle.print(lines)
    }

    /// One line for each of several runs, and the exit code of all.
    /// - Parameter width: the most columns of a line, 60 or more.
    package static func overview(
        _ runs: [(paths: [String], report: CheckReport)], code: ExitCode, colour: Bool, width: Int = 100
    ) -> String {
        TextLayout.$width.withValue(width) { text(runs, code: code, colour: colour) }
    }

    private static func text(_ runs: [(paths: [String], report: CheckReport)], code: ExitCode, colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        let lines = runs.flatMap { paths, report in
            let ground = sections.ground(
                report.verdict, anomalies: report.anomalies, doubts: report.doubts, limits: report.limits)
            return TextLayout.wrap(
                "\(TextLayout.list(paths)): \(ground)", first: "  \(sections.verdict(report.verdict))  ", rest: "    ")
        }
        return
            (sections.titled("\(Units.count(runs.count)) runs", lines).dropFirst() + ["", "Exit code \(code.rawValue): \(code.meaning)"])
            .joined(separator: "\n") + "\n"
    }
}
