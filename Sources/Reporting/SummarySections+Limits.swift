import Verification

extension SummarySections {
    /// What documented limits cover, beside the violations and never in place of them.
    func limits(_ limits: [CheckReport.Limit]) -> [String] {
        titled(
            "Documented limits",
            limits.flatMap { limit in
                let text =
                    "documented-limit: \(Units.count(limit.charged)) \(limit.class) (\(limit.name)); " + counted(limit)
                return TextLayout.wrap(text, first: "  ", rest: "    ")
                    + (limit.note.isEmpty ? [] : TextLayout.wrap(limit.note, first: "    ", rest: "    "))
            })
    }

    private func counted(_ limit: CheckReport.Limit) -> String {
        guard let counted = limit.counted else { return limit.reason ?? "\(limit.counter) was not read" }
        return "the broker counted \(Units.count(counted)) as \(limit.counter)"
            + (limit.admitted < counted ? ", less \(Units.count(counted - limit.admitted)) missing at QoS 0" : "")
    }

    /// What stands behind the verdict, in half a sentence, with what limits cover.
    func ground(_ verdict: Verdict, anomalies: [Anomaly], doubts: [String], limits: [CheckReport.Limit]) -> String {
        let covered = limits.filter { $0.charged > 0 }.map { "\(Units.count($0.charged)) \($0.class) within \($0.name)" }.joined(
            separator: ", ")
        if covered.isEmpty { return ground(verdict, anomalies: anomalies, doubts: doubts) }
        if verdict == .pass { return "every rule held, up to a documented limit: \(covered)" }
        return "\(ground(verdict, anomalies: anomalies, doubts: doubts)); documented-limit: \(covered)"
    }
}
