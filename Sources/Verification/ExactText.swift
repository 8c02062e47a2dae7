/// A text that equals another only where their bytes do, as MQTT compares topics [MQTT-4.7.3-4]. Swift's own `==` holds canonically equivalent
/// texts for equal, `é` in one scalar and in two for example.
struct ExactText: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (one: ExactText, other: ExactText) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No text is the beginning of another.
        hasher.combine(UInt8.max)
    }
}

extension String {
    /// The levels of a topic or filter. A slash is a byte, whatever combines with it.
    var topicLevels: [ExactText] {
        utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { ExactText(String(Substring($0))) }
    }

    /// Whether its first bytes are those of another.
    func begins(with other: String) -> Bool { utf8.starts(with: other.utf8) }

    /// Whether its bytes are those of another.
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
