import Verification

extension SummarySections {
    /// What the broker made of what MQTT leaves to it; nothing where the run shows nothing of the kind.
    func choices(
        _ exercised: CheckReport.Exercise, _ overlap: CheckReport.Overlap, _ receivers: [CheckReport.Receiver],
        _ strangers: CheckReport.Strangers
    ) -> [String] {
        var sentences: [String] = []
        if let kind = overlap.kind {
            let some =
                kind == .mixed
                ? ": \(Units.count(overlap.once)) once, \(Units.count(overlap.each)) for each" : ""
            sentences.append(
                "Filters that overlap: \(kind.rawValue), of \(Units.count(overlap.messages, "message")) that several filters of one session match"
                    + some + "; \(Units.count(exercised.repeated, "further copy", plural: "further copies")) came that way.")
        }
        if exercised.acknowledgedOutOfOrder > 0 {
            sentences.append(
                "Acknowledgements: \(Units.count(exercised.acknowledgedOutOfOrder)) came after that of a later message. MQTT demands their order of "
                    + "clients only.")
        }
        for receiver in receivers {
            for lowered in receiver.lowered {
                let granted = lowered.granted < 0x80 ? "granted QoS \(lowered.granted)" : "refused (reason \(lowered.granted))"
                sentences.append(
                    "Group \(receiver.group): \(Units.count(lowered.count, "subscription")) asked for QoS \(lowered.requested), \(granted)."
                )
            }
        }
        return others(strangers) + titled("What the broker chose", sentences.flatMap { TextLayout.wrap($0, first: "  - ", rest: "    ") })
    }

    /// What came from others who use the broker; nothing where the run was alone.
    private func others(_ strangers: CheckReport.Strangers) -> [String] {
        guard strangers.messages > 0 else { return [] }
        let more = strangers.topics - strangers.examples.count
        let topics = strangers.examples.joined(separator: ", ") + (more > 0 ? " and \(Units.count(more)) more" : "")
        return titled(
            "Others at this broker",
            TextLayout.wrap(
                "\(Units.count(strangers.messages, "message")) of others came on \(Units.count(strangers.topics, "topic")): \(topics).",
                first: "  - ", rest: "    "))
    }
}
