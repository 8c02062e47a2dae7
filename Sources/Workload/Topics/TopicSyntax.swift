/// What MQTT demands of topic names and topic filters (MQTT 3.1.1 and 5.0, section 4.7), and of client identifiers.
enum TopicSyntax {
    /// The most bytes of UTF-8 in any MQTT string (MQTT 1.5.3).
    static let greatestLength = 65_535

    /// Why `name` cannot be published to, as the end of a sentence; `nil` where it can.
    static func problem(inName name: String) -> String? {
        if name.contains(where: { $0 == "+" || $0 == "#" }) {
            return "contains a wildcard, which only a filter may (MQTT-3.3.2-2); expected a topic without + and #"
        }
        return problem(inString: name)
    }

    /// Why `filter` cannot be subscribed to, as the end of a sentence; `nil` where it can.
    static func problem(inFilter filter: String) -> String? {
        if filter.hasPrefix("$share/") {
            return "is a shared subscription, which Waybill cannot judge yet; expected a filter that does not begin with $"
        }
        let levels = filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains(UInt8(ascii: "#")), level.count > 1 || index < levels.count - 1 {
                return "is malformed: # must be the whole of the last level (MQTT-4.7.1-2), as in a/b/#"
            }
            if level.contains(UInt8(ascii: "+")), level.count > 1 {
                return "is malformed: + must be the whole of its level (MQTT-4.7.1-3), as in a/+/b"
            }
        }
        return problem(inString: filter)
    }

    private static func problem(inString text: String) -> String? {
        if text.isEmpty { return "is empty; it needs at least one character (MQTT-4.7.3-1)" }
        if text.utf8.contains(0) { return "contains the null character (MQTT-4.7.3-2)" }
        if text.hasPrefix("$") { return "begins with $; such topics belong to the broker (MQTT-4.7.2-1)" }
        let length = text.utf8.count
        return length > greatestLength ? "can grow to \(length) bytes of UTF-8, more than MQTT's \(greatestLength)" : nil
    }
}
