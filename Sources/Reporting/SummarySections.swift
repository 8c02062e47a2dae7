import Verification

/// The parts that the summary of a run and that of a check have in common. Each is a list of lines without line breaks.
struct SummarySections {
    let style: TextStyle

    /// Anomalies and witnesses that a summary shows of one class; the result has more.
    static let shownWitnesses = 3

    /// Lines under a title, with an empty line before it; nothing when there are no lines.
    func titled(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", style.bold(title)] + lines
    }

    /// A table whose header is its title.
    /// - Parameter keys: how many of the first columns say what a row is about.
    func table(_ header: [String], _ rows: [[String]], keys: Int = 1) -> [String] {
        let parts = TextLayout.tables(header: header, rows: rows, keys: keys)
        return [""] + parts.flatMap { lines in [style.bold(lines[0])] + lines.dropFirst() }
    }

    /// What became of the messages: a table for the publishes and one for the deliveries, with one row for each part and one for all.
    func counts(_ totals: DeliveryTotals, parts: [CheckReport.Part]) -> [String] {
        var rows = parts.count > 1 ? parts.map { (name: [$0.group, "\($0.qos)"], totals: $0.totals) } : []
        rows.append((name: ["all", ""], totals: totals))
        return table(
            ["Publishes", "QoS", "published", "acked", "refused", "unknown"],
            rows.map { row in
                let counts = row.totals
                return row.name + [counts.published, counts.acked, counts.refused, counts.unknown].map(Units.count)
            }, keys: 2)
            + table(
                ["Deliveries", "QoS", "due", "delivered", "lost", "unseen", "dropped", "duplicates", "redelivered"],
                rows.map { row in
                    let counts = row.totals
                    return row.name
                        + [counts.due, counts.delivered, counts.lost, counts.unseen, counts.dropped, counts.duplicates, counts.redelivered]
                        .map(Units.count)
                }, keys: 2)
    }

    /// What was found out about causes and effects; nothing where no message carries a stamp.
    func causality(_ causality: CausalityReport) -> [String] {
        let census = causality.census
        guard census.messages > 1, causality.unstamped < census.messages else { return [] }
        var lines = [
            "  wire       \(Units.count(causality.wire.inversions, "inversion")), \(Units.count(causality.wire.gaps, "gap"))"
        ]
        if let processed = causality.processed {
            lines.append(
                "  processed  \(Units.count(processed.inversions, "inversion")), \(Units.count(processed.gaps, "gap")), "
                    + Units.count(processed.timeouts, "timeout"))
        }
        // Where nothing that a process sent depends on what another one did, there is nothing to say.
        guard census.mostHops > 0 else { return titled("Causality", lines) }
        lines += TextLayout.wrap(
            "\(Units.share(census.concurrentShare)) of all pairs of messages are concurrent; the longest causal chain has "
                + "\(Units.count(census.longestChain, "message")), and \(Units.count(census.mostHops, "hop")) is the most from process to process.",
            first: "  census     ", rest: "             ")
        return titled("Causality", lines)
    }

    /// Every class of violation with its count and its first witnesses.
    ///
    /// - Parameter paths: the run's directory or trace files, for the hint where to read on.
    func anomalies(_ anomalies: [Anomaly], paths: [String]) -> [String] {
        guard let first = anomalies.first else { return [] }
        var lines: [String] = []
        for anomaly in anomalies {
            lines.append("  " + style.bad("\(anomaly.class): \(Units.count(anomaly.count))"))
            for witness in anomaly.witnesses.prefix(Self.shownWitnesses) {
                lines += TextLayout.wrap(witness.sentence, first: "    - ", rest: "      ")
            }
            let more = anomaly.count - min(anomaly.witnesses.count, Self.shownWitnesses)
            if more > 0 { lines.append("    " + style.faint("and \(Units.count(more)) more")) }
            lines += unheard(anomaly, first: "    ", rest: "    ")
        }
        lines += TextLayout.wrap(
            "Read on: waybill check \(paths.map(quoted).joined(separator: " ")) --explain \(first.class)", first: "  ", rest: "    ")
        return titled("Anomalies", lines)
    }

    /// Why not everything could be judged.
    func doubts(_ doubts: [String]) -> [String] {
        titled("Doubts", doubts.flatMap { TextLayout.wrap($0, first: "  - ", rest: "    ") })
    }

    /// The verdict as the first word of a summary.
    func verdict(_ verdict: Verdict) -> String {
        switch verdict {
        case .pass: style.good("PASS")
        case .violation: style.bad("VIOLATION")
        case .inconclusive: style.warning("INCONCLUSIVE")
        }
    }

    /// What stands behind the verdict, in half a sentence.
    func ground(_ verdict: Verdict, anomalies: [Anomaly], doubts: [String]) -> String {
        switch verdict {
        case .pass: "every rule held"
        case .violation: anomalies.map { "\(Units.count($0.count)) \($0.class)" }.joined(separator: ", ")
        case .inconclusive: "no rule was seen broken, but \(Units.count(doubts.count, "doubt")) remain\(doubts.count == 1 ? "s" : "")"
        }
    }

    /// A path as a shell takes it.
    private func quoted(_ path: String) -> String {
        let plain = path.allSatisfy { $0.isLetter || $0.isNumber || "/._-+:@%,=".contains($0) }
        return plain && !path.isEmpty
            ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
