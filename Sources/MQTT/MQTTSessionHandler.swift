/// Who is told what happens in a session. Every call comes on the session's reactor; it must not block.
public protocol MQTTSessionHandler: AnyObject {
    /// CONNECT was accepted; told before anything else of this connection.
    func session(_ session: any MQTTSession, connected answer: ConnectAnswer)

    /// A message arrived. The spans are valid during the call.
    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery)

    /// A message that was published has its outcome.
    func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome)

    /// The connection was resumed, and a message that was in flight is sent again.
    func session(_ session: any MQTTSession, resending token: UInt64)

    /// The last acknowledgement of a message that was received has left: PUBACK, or PUBCOMP. An engine that does not see it does not tell.
    func session(_ session: any MQTTSession, acknowledged packetID: UInt16)

    /// An established connection ended.
    func session(_ session: any MQTTSession, ended end: ConnectionEnd)
}

extension MQTTSessionHandler {
    /// Does nothing: whoever calls `connect` has the answer from there, unless it must come before the first message.
    public func session(_ session: any MQTTSession, connected answer: ConnectAnswer) {}

    /// Does nothing: only a judge of packets wants to know.
    public func session(_ session: any MQTTSession, acknowledged packetID: UInt16) {}
}

/// What a PUBLISH says beside topic and payload.
public struct Delivery: Equatable, Sendable {
    /// The quality of service of this delivery.
    public var qos: QoS
    /// The RETAIN flag (MQTT-3.3.1-8, -9).
    public var retain: Bool
    /// The DUP flag; `nil` where the engine does not tell.
    public var dup: Bool?
    /// The packet identifier; 0 at QoS 0.
    public var packetID: UInt16
    /// The properties; `nil` where the message has none, in MQTT 3.1.1, and where the session does not read them
    /// (``SessionConfiguration/readsProperties``).
    public var properties: MessageProperties?

    /// Makes a delivery.
    public init(qos: QoS, retain: Bool, dup: Bool?, packetID: UInt16, properties: MessageProperties? = nil) {
        self.qos = qos
        self.retain = retain
        self.dup = dup
        self.packetID = packetID
        self.properties = properties
    }
}

/// How a publish ended.
public enum PublishOutcome: Equatable, Sendable {
    /// PUBACK, PUBCOMP, or at QoS 0 written to the socket.
    case acked
    /// The broker refused it, with an MQTT 5.0 reason code of 0x80 or above.
    case refused(reason: UInt8)
    /// The session that knew of it is gone before it was acknowledged; it may have taken effect.
    case unknown
}

/// Why an established connection ended.
public enum ConnectionEnd: Equatable, Sendable {
    /// By ``MQTTSession/disconnect()`` or ``MQTTSession/drop()``.
    case requested
    /// The broker sent DISCONNECT with this reason code (MQTT 5.0).
    case byBroker(reason: UInt8)
    /// The connection broke, with the reason in words.
    case lost(String)
}

extension ConnectionEnd: CustomStringConvertible {
    /// In a few words, as they stand behind "the connection ended:".
    public var description: String {
        switch self {
        case .requested: "the client asked for it"
        case .byBroker(let reason): "the broker ended it, \(ReasonCode(rawValue: reason))"
        case .lost(let reason): reason
        }
    }
}
