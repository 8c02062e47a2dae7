/// What the other side sent is not what MQTT allows. The connection has to end (MQTT-4.8.0-1; 4.13.1 of 5.0).
struct WireError: Error, Equatable {
    /// What DISCONNECT says of it in MQTT 5.0: 0x81 for bytes that cannot be read, 0x82 for packets that may not come.
    var reason: ReasonCode
    /// What is wrong, as half a sentence: `a PUBACK of 1 byte`.
    var what: String

    static func malformed(_ what: String) -> WireError { WireError(reason: ReasonCode(rawValue: 0x81), what: what) }
    static func violation(_ what: String) -> WireError { WireError(reason: ReasonCode(rawValue: 0x82), what: what) }
}
