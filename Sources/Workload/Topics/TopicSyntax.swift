/// What MQTT demands of topic names and topic filters (MQTT 3.1.1 and 5.0, section 4.7), and of client identifiers. All of it is about bytes and
/// code points; a character of Swift's can be several of them.
enum TopicSyntax {
    /// The most bytes of UTF-8 in any MQTT string (MQTT 1.5.3).
    static let greatestLength = 65_535

    /// Why `name` cannot be published to, as the end of a sentence; `nil` where it can.
    static func problem(inName name: String) -> String? {
        if name.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
            return "contains a wildcard, which only a filter may (MQTT-3.3.2-2); expected a topic without + and #"
        }
        return problem(inString: name)
    }

    /// Why `filter` cannot be subscribed to, as the end of a sentence; `nil` where it can.
    static func problem(inFilter filter: String) -> String? {
        if filter.utf8.starts(with: "$share/".utf8) { return problem(inShared: filter) }
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

    /// A shared subscription, `$share/name/filter`, whose name is one level without wildcards (MQTT-4.8.2-1, -2).
    private static func problem(inShared filter: String) -> String? {
        let levels = filter.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard levels.count == 3, !levels[1].isEmpty, !levels[2].isEmpty else {
            return "is no shared subscription; expected $share, a name and a filter, as in $share/readers/a/# (MQTT-4.8.2-1)"
        }
        if levels[1].contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
            return "has a wildcard in the name of its group (MQTT-4.8.2-2); expected a name without + and #"
        }
        if let problem = problem(ofCharactersIn: filter) { return problem }
        let length = filter.utf8.count
        if length > greatestLength { return "can grow to \(length) bytes of UTF-8, more than MQTT's \(greatestLength)" }
        return problem(inFilter: String(decoding: levels[2], as: UTF8.self))
    }

    private static func problem(inString text: String) -> String? {
        if text.isEmpty { return "is empty; it needs at least one character (MQTT-4.7.3-1)" }
        if let problem = problem(ofCharactersIn: text) { return problem }
        if text.utf8.first == UInt8(ascii: "$") { return "begins with $; such topics belong to the broker (MQTT-4.7.2-1)" }
        let length = text.utf8.count
        return length > greatestLength ? "can grow to \(length) bytes of UTF-8, more than MQTT's \(greatestLength)" : nil
    }

    /// What no text of MQTT should have: brokers may close the connection over control characters and over code points that Unicode reserves
    /// (MQTT 1.5.3, 5.0 1.5.4), and libmosquitto refuses to send them. The end of a sentence; `nil` where there is nothing of it.
    static func problem(ofCharactersIn text: String) -> String? {
        if text.utf8.contains(0) { return "contains the null character (MQTT-4.7.3-2)" }
        guard let scalar = text.unicodeScalars.first(where: isRefused) else { return nil }
        let kind = scalar.properties.isNoncharacterCodePoint ? "code point" : "control character"
        return "contains the \(kind) \(name(of: scalar)), over which brokers close the connection; expected text without it"
    }

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.properties.isNoncharacterCodePoint
    }

    private static func name(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
