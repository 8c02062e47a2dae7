/// What a PUBLISH of MQTT 5.0 says about its message beside the payload (MQTT 5.0, 3.3.2.3). MQTT 3.1.1 has nothing of it.
///
/// A text is at most 65,535 bytes of UTF-8 (MQTT 5.0, 1.5.4) and has no control characters and code points that Unicode reserves: mosquitto closes the
/// connection over these, as it may (MQTT 5.0, 1.5.4).
public struct MessageProperties: Equatable, Sendable {
    /// What the payload is, as a MIME type for example (MQTT-3.3.2-20); `nil` where it is not said. Not empty where it is
    /// sent: libmosquitto 2.0.11 crashes over that.
    public var contentType: String?
    /// Whether the sender says that the payload is UTF-8 (MQTT 5.0, 3.3.2.3.2).
    public var payloadIsText = false
    /// For how many seconds the broker may still hand the message on (MQTT-3.3.2-5); `nil` for ever.
    public var messageExpiry: UInt32?
    /// Where an answer is to be published (MQTT-3.3.2-14); not empty and without wildcards.
    public var responseTopic: String?
    /// What an answer has to carry, so that it is known what it answers (MQTT-3.3.2-16).
    public var correlationData: [UInt8]?
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
    public var isEmpty: Bool {
        contentType == nil && user.isEmpty && !payloadIsText && messageExpiry == nil && responseTopic == nil && correlationData == nil
    }

    /// The bytes they take in a packet, without the length before them.
    var encodedLength: Int {
        var length = (payloadIsText ? 2 : 0) + (messageExpiry == nil ? 0 : 5)
        for text in [contentType, responseTopic] { if let text { length += 3 + text.utf8.count } }
        if let correlationData { length += 3 + correlationData.count }
        for property in user { length += 5 + property.key.utf8.count + property.value.utf8.count }
        return length
    }

    /// Whether they can be sent as they are.
    var isUsable: Bool {
        guard contentType != "", responseTopic.map(TopicCheck.isTopic) ?? true, (correlationData?.count ?? 0) <= 65_535 else {
            return false
        }
        let texts = [contentType, responseTopic].compactMap(\.self) + user.flatMap { [$0.key, $0.value] }
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
