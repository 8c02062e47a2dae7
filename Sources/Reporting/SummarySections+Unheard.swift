import Verification

extension SummarySections {
    /// What else may be the cause where an acknowledged message reached nobody; nothing where each reached somebody.
    func unheard(_ anomaly: Anomaly, first: String, rest: String) -> [String] {
        guard let unheard = anomaly.unheard else { return [] }
        let topics = unheard.topics.joined(separator: ", ") + (unheard.topics.count == Anomaly.Unheard.topicLimit ? ", …" : "")
        let subject =
            unheard.messages == 1
            ? "1 message was acknowledged and reached nobody at all"
            : "\(Units.count(unheard.messages)) messages were acknowledged and reached nobody at all"
        return TextLayout.wrap(
            "\(subject), on \(topics). Either the broker lost \(unheard.messages == 1 ? "it" : "them"), or its access rules forbid what was "
                + "published: a broker may acknowledge a publish that it does not permit (MQTT-3.3.5-2). Compare the rules for these topics, and its limit "
                + "on the size of a message: over MQTT 3.1.1 some acknowledge what is larger, and drop it.",
            first: first, rest: rest)
    }
}
