import Verification

extension SummarySections {
    /// What documented limits cover, beside the violations and never in place of them.
    func limits(_ limits: [CheckReport.Limit]) -> [String] {
        titled(
            "Documented limits",
            limits.flatMap { limit in
                let text =
                    "documented-limit: \(Units.count(limit.charged)) \(limit.class) (\(limit.name)); the broker counted "
                    + "\(Units.count(limit.counted)) as \(limit.counter)"
                    + (limit.admitted < limit.counted ? ", less \(Units.count(limit.counted - limit.admitted)) missing at QoS 0" : "")
                return TextLayout.wrap(text, first: "  ", rest: "    ")
                    + (limit.note.isEmpty ? [] : TextLayout.wrap(limit.note, first: "    ", rest: "    "))
            })
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
