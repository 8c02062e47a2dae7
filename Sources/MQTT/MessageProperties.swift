/// What a PUBLISH of MQTT 5.0 says about its message beside the payload (MQTT 5.0, 3.3.2.3). MQTT 3.1.1 has nothing of it.
///
/// A text is at most 65,535 bytes of UTF-8 (MQTT 5.0, 1.5.4) and has no control characters and code points that Unicode reserves: mosquitto closes the
/// connection over these, as it may (MQTT 5.0, 1.5.4).
public struct MessageProperties: Equatable, Sendable {
    /// What the payload is, as a MIME type for example (MQTT-3.3.2-20); `nil` where it is not said. Not empty where it is
    /// sent: libmosquitto 2.0.11 crashes over that.
    public var contentType: String?
    /// The user properties, in their order, which the broker keeps (MQTT-3.3.2-18). A key may come several times.
    public var user: [UserProperty]

    /// One user property.
    public struct UserProperty: Equatable, Sendable {
        /// The name.
        public var key: String
        /// The value; may be empty.
        public var value: String

        /// Makes a user property.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Makes properties; without arguments, none.
    public init(contentType: String? = nil, user: [UserProperty] = []) {
        self.contentType = contentType
        self.user = user
    }

    /// Whether there are none.
    public var isEmpty: Bool { contentType == nil && user.isEmpty }

    /// The bytes they take in a packet, without the length before them.
    var encodedLength: Int {
        user.reduce(contentType.map { 3 + $0.utf8.count } ?? 0) { $0 + 5 + $1.key.utf8.count + $1.value.utf8.count }
    }

    /// Whether they can be sent as they are.
    var isUsable: Bool {
        guard contentType != "" else { return false }
        let texts = [contentType].compactMap(\.self) + user.flatMap { [$0.key, $0.value] }
        return texts.allSatisfy { text in
            guard text.utf8.count <= 65_535 else { return false }
            // Looking up what Unicode says of each character takes longer than sending the message, and ASCII needs none of it.
            return text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } || text.unicodeScalars.allSatisfy(Self.isUsable)
        }
    }

    private static func isUsable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && !scalar.properties.isNoncharacterCodePoint
    }
}
