/// What a SUBSCRIBE of MQTT 5.0 says beside filter and QoS (3.8.3.1). MQTT 3.1.1 has nothing of it, and the defaults are what it does.
public struct SubscribeOptions: Equatable, Sendable {
    /// When retained messages are sent.
    public enum RetainHandling: UInt8, Sendable {
        /// At each SUBSCRIBE.
        case always = 0
        /// Where there was no such subscription before.
        case whenNew = 1
        /// Never.
        case never = 2
    }

    /// Whether the client's own messages are left out (MQTT-3.8.3-3).
    public var noLocal: Bool
    /// Whether RETAIN stays as the publisher set it (MQTT-3.3.1-13).
    public var retainAsPublished: Bool
    /// When retained messages are sent.
    public var retainHandling: RetainHandling

    /// Makes options; without arguments, those of MQTT 3.1.1.
    public init(noLocal: Bool = false, retainAsPublished: Bool = false, retainHandling: RetainHandling = .always) {
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.retainHandling = retainHandling
    }

    /// The bits of the subscription's byte above its QoS.
    var byte: UInt8 { (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | retainHandling.rawValue << 4 }
}
