/// Why a broker refused a packet or ended a connection, in words: the codes of CONNACK, PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK and DISCONNECT.
///
/// One table holds both versions, as their codes do not meet: MQTT 3.1.1 has 1 to 5 in CONNACK (3.2.2.3) and 0x80 in SUBACK (3.9.3), MQTT 5.0 has
/// 0x80 and above (2.4).
public struct ReasonCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The byte of the packet.
    public let rawValue: UInt8

    /// Makes a code of any byte; one that MQTT does not know is described by its number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The packet exceeds what the other side takes.
    public static let packetTooLarge = ReasonCode(rawValue: 0x95)
    /// The broker keeps no retained messages.
    public static let retainNotSupported = ReasonCode(rawValue: 0x9A)
    /// The broker takes no messages of this QoS.
    public static let qosNotSupported = ReasonCode(rawValue: 0x9B)
    /// The broker has no shared subscriptions.
    public static let sharedSubscriptionsNotSupported = ReasonCode(rawValue: 0x9E)
    /// The broker has no subscriptions with wildcards.
    public static let wildcardsNotSupported = ReasonCode(rawValue: 0xA2)
    /// Another client took the session over.
    public static let sessionTakenOver = ReasonCode(rawValue: 0x8E)
    /// What is sent when nothing says why.
    public static let unspecified = ReasonCode(rawValue: 0x80)
    /// The topic cannot be used.
    public static let topicNameInvalid = ReasonCode(rawValue: 0x90)

    /// Whether it tells of a failure.
    public var isFailure: Bool { rawValue >= 0x80 || (1...5).contains(rawValue) }

    /// The meaning with the code as the packet has it: `not authorized (0x87)`.
    public var description: String {
        let number = rawValue < 0x80 ? "\(rawValue)" : "0x" + String(rawValue, radix: 16, uppercase: true)
        return "\(words) (\(number))"
    }

    /// The meaning alone.
    public var words: String { Self.table[rawValue] ?? "a reason that MQTT does not know" }

    private static let table: [UInt8: String] = [
        0x00: "success",
        0x01: "unacceptable protocol version",
        0x02: "client identifier rejected",
        0x03: "server unavailable",
        0x04: "bad user name or password",
        0x05: "not authorized",
        0x10: "no matching subscribers",
        0x11: "no subscription existed",
        0x80: "no reason given",
        0x81: "malformed packet",
        0x82: "protocol error",
        0x83: "not allowed by this broker's implementation",
        0x84: "unsupported protocol version",
        0x85: "client identifier not valid",
        0x86: "bad user name or password",
        0x87: "not authorized",
        0x88: "server unavailable",
        0x89: "server busy",
        0x8A: "banned",
        0x8B: "server shutting down",
        0x8C: "bad authentication method",
        0x8D: "keep-alive timeout",
        0x8E: "session taken over by another client of the same identifier",
        0x8F: "topic filter invalid",
        0x90: "topic name invalid",
        0x91: "packet identifier in use",
        0x92: "packet identifier not found",
        0x93: "receive maximum exceeded",
        0x94: "topic alias invalid",
        0x95: "packet too large",
        0x96: "message rate too high",
        0x97: "quota exceeded",
        0x98: "administrative action",
        0x99: "payload format invalid",
        0x9A: "retain not supported",
        0x9B: "QoS not supported",
        0x9C: "use another server",
        0x9D: "server moved",
        0x9E: "shared subscriptions not supported",
        0x9F: "connection rate exceeded",
        0xA0: "maximum connect time",
        0xA1: "subscription identifiers not supported",
        0xA2: "wildcard subscriptions not supported",
    ]
}
