/// Whether a text can be sent as a topic or as a filter (MQTT 4.7).
enum TopicCheck {
    /// A topic of a message: no wildcards, no null character, 1 to 65,535 bytes (MQTT-4.7.1-1, MQTT-4.7.3-1 to -3).
    static func isTopic(_ text: String) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= 65_535 else { return false }
        return !bytes.contains { $0 == 0 || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
    }

    /// A filter: `+` is a whole level, `#` the whole last one (MQTT-4.7.1-2, -3).
    static func isFilter(_ text: String) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= 65_535, !bytes.contains(0) else { return false }
        let levels = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() where level.count > 1 || level.first == UInt8(ascii: "#") {
            if level.contains(UInt8(ascii: "+")) || level.contains(UInt8(ascii: "#")) {
                guard level.count == 1, index == levels.count - 1 else { return false }
            }
        }
        return true
    }
}
