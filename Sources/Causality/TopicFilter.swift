/// A topic filter of MQTT (3.1.1 and 5.0, section 4.7), `$share/GROUP/` before it included.
public struct TopicFilter: Hashable, Sendable {
    private enum Level: Hashable, Sendable {
        case name([UInt8])
        /// `+`
        case one
        /// `#`
        case rest
    }

    /// Whether it is a shared subscription, which brings this client a part of the messages that match.
    public let isShared: Bool
    private let levels: [Level]

    /// Reads a filter.
    /// - Returns: `nil` where it is none: it is empty or longer than 65,535 bytes, contains the null character, a wildcard is not
    ///   the whole of its level, `#` is not the last one, or a shared subscription lacks its group or filter.
    public init?(_ text: String) {
        guard !text.utf8.isEmpty, text.utf8.count <= Int(UInt16.max), !text.utf8.contains(0) else { return nil }
        var parts = Self.split(text)
        isShared = parts[0].elementsEqual("$share".utf8)
        if isShared {
            guard parts.count > 2, !parts[1].isEmpty, !parts[1].contains(UInt8(ascii: "+")), !parts[1].contains(UInt8(ascii: "#")),
                parts.count > 3 || !parts[2].isEmpty
            else { return nil }
            parts.removeFirst(2)
        }
        var levels: [Level] = []
        for (index, part) in parts.enumerated() {
            if part.elementsEqual("#".utf8) {
                guard index == parts.count - 1 else { return nil }
                levels.append(.rest)
            } else if part.elementsEqual("+".utf8) {
                levels.append(.one)
            } else {
                guard !part.contains(UInt8(ascii: "+")), !part.contains(UInt8(ascii: "#")) else { return nil }
                levels.append(.name(Array(part)))
            }
        }
        self.levels = levels
    }

    /// Whether it matches a topic name. A wildcard at the beginning does not match a topic that begins with `$` (MQTT-4.7.2-1).
    public func matches(_ topic: String) -> Bool {
        if topic.utf8.first == UInt8(ascii: "$"), levels[0] == .one || levels[0] == .rest { return false }
        let parts = Self.split(topic)
        for (index, level) in levels.enumerated() {
            switch level {
            // It stands for any number of levels, for none as well: a/# matches a.
            case .rest: return true
            case .one: if index >= parts.count { return false }
            case .name(let name): if index >= parts.count || !parts[index].elementsEqual(name) { return false }
            }
        }
        return parts.count == levels.count
    }

    private static func split(_ text: String) -> [Substring.UTF8View] {
        text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }
}
