import Causality
import Trace
package import Verification

/// Every kept witness of one class in full, for a person.
package enum ExplanationText {
    /// Writes the explanation.
    /// - Parameters:
    ///   - anomaly: the class; `nil` where it did not occur.
    ///   - name: the name of the class.
    ///   - evidence: its witnesses, read from the trace.
    ///   - drawings: the paths of drawings that were made, by the number of the witness.
    ///   - report: the whole report, for its verdict.
    ///   - paths: the run's directory, or its trace files, as the user named them.
    ///   - colour: whether to emphasise with escape sequences.
    ///   - width: the most columns of a line, 60 or more.
    package static func render(
        _ anomaly: Anomaly?, name: String, evidence: [Evidence], drawings: [Int: String], report: CheckReport, paths: [String],
        colour: Bool, width: Int = 100
    ) -> String {
        TextLayout.$width.withValue(width) {
            text(anomaly, name: name, evidence: evidence, drawings: drawings, report: report, paths: paths, colour: colour)
        }
    }

    private static func text(
        _ anomaly: Anomaly?, name: String, evidence: [Evidence], drawings: [Int: String], report: CheckReport, paths: [String],
        colour: Bool
    ) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        let style = sections.style
        let ground = sections.ground(report.verdict, anomalies: report.anomalies, doubts: report.doubts, limits: report.limits)
        var lines = TextLayout.wrap(ground, first: sections.verdict(report.verdict) + "  ", rest: "  ") + [""]
        if let anomaly {
            let kept = evidence.count < anomaly.count ? ", of which the first \(Units.count(evidence.count)) were kept" : ""
            lines.append(style.bad("\(anomaly.class): \(Units.count(anomaly.count))") + kept)
        } else {
            lines.append("There is no violation of class \(name) in \(TextLayout.list(paths)).")
        }
        if let anomaly { lines += sections.unheard(anomaly, first: "", rest: "") }
        for one in evidence { lines += witness(one, drawing: drawings[one.number], style) }
        let code = ExitCode(verdict: report.verdict, thresholdsMet: true, interrupted: false)
        lines += ["", "Checked \(TextLayout.list(paths)), exit code \(code.rawValue): \(code.meaning)"]
        return TextStyle.print(lines)
    }

    private static func witness(_ evidence: Evidence, drawing: String?, _ style: TextStyle) -> [String] {
        let head = "\(evidence.number)  "
        let indent = String(repeating: " ", count: head.count)
        let times = RelativeTimes(evidence.events)
        var lines = [""] + TextLayout.wrap(evidence.witness.sentence, first: style.bold(head), rest: indent)
        if times.areOfSeveralClocks {
            lines += TextLayout.wrap(
                "The times are of several clocks: each counts from the first event of its own clock.", first: indent, rest: indent)
        }
        let texts = evidence.events.map { times.text($0) }
        let width = texts.map(\.count).max() ?? 0
        for (event, time) in zip(evidence.events, texts) {
            let place = "\(event.file):\(event.offset)"
            let who = event.fields.map { $0.process == nil ? "" : " at \($0.client ?? "process \($0.process ?? 0)")" } ?? ""
            let added = event.isOfWitness ? "" : ", its publish"
            let first = indent + TextLayout.pad(time, to: width, right: true) + " \(times.unit)  "
            let rest = indent + String(repeating: " ", count: width + times.unit.count + 3)
            lines += TextLayout.wrap(style.bold(event.what) + who + added + "  " + style.faint(place), first: first, rest: rest)
            guard let fields = event.fields else {
                lines += TextLayout.wrap("The file does not hold this event any more.", first: rest, rest: rest)
                continue
            }
            lines += TextLayout.wrap(packet(fields).joined(separator: " "), first: rest, rest: rest)
            if let stamp = event.stamp {
                lines += TextLayout.wrap("stamp {\(Self.text(stamp, evidence))}", first: rest, rest: rest + "  ")
            } else if fields.event == "published" {
                lines.append(rest + "stamp not known: the trace has a gap before it")
            }
        }
        if let drawing { lines.append(indent + "Drawing: \(drawing)") }
        return lines
    }

    /// `orders-0: 12, relay-0: 3`
    static func text(_ stamp: VectorTimestamp, _ evidence: Evidence) -> String {
        stamp.entries.map { "\(evidence.name($0.process)): \($0.count)" }.joined(separator: ", ")
    }

    /// What the packet or the record says beyond where and when, under the keys of an export.
    private static func packet(_ fields: ExportedEvent) -> [String] {
        let known: Set = ["event", "time", "file", "offset", "client", "group", "stamp"]
        return fields.present.filter { !known.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    }
}
