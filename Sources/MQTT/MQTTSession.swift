/// One MQTT session, confined to one reactor: every call is made on that reactor's thread.
///
/// The sending side is made for load: ``publish(topic:payload:qos:retain:token:)`` is a synchronous call that appends, what a turn of the
/// reactor appended leaves together at its end, and a publisher suspends only for its schedule or for send credit.
/// The receiving side is a plain call of the handler per message. An acknowledgement leaves after that call returned, so a handler that stores what it
/// received acknowledges only what is stored.
///
/// An engine (``MQTTEngine``) implements this protocol and passes the conformance suite in `Tests/MQTTTests`.
public protocol MQTTSession: AnyObject {
    /// What the session was made with.
    var configuration: SessionConfiguration { get }

    /// Whether CONNECT was accepted and the connection stands.
    var isConnected: Bool { get }

    /// Who is told of messages and outcomes.
    var handler: (any MQTTSessionHandler)? { get set }

    /// The will that the next CONNECT registers; at first that of the configuration.
    var will: SessionConfiguration.Will? { get set }

    /// What probably ended the latest connection, for people; `nil` where it was said, or nothing speaks for anything.
    var likelyCauseOfEnd: String? { get }

    /// How the present connection is encrypted and what of the broker was verified, for people; `nil` where it is not encrypted.
    var encryption: String? { get }

    /// How long the steps of the latest connection took.
    var connectTimes: ConnectTimes { get }

    /// What the broker said in its latest CONNACK of what it takes and gives. The session honours it: it asks for nothing that the broker has not.
    var limits: BrokerLimits { get }

    /// Connects, or connects again after the connection ended: a kept session is resumed, a clean one begins anew.
    /// - Returns: what the broker answered.
    /// - Throws: ``MQTTError``: `unreachable`, `refused`, `timedOut`; `CancellationError`.
    func connect() async throws -> ConnectAnswer

    /// Subscribes and waits for the SUBACK.
    /// - Parameter options: what MQTT 5.0 has beside the QoS; nothing of it is sent in MQTT 3.1.1.
    /// - Returns: the answer to each filter, in order.
    /// - Throws: ``MQTTError``: `notConnected`, `connectionLost`, `timedOut`, `invalid`, `notSupported`.
    func request(_ filters: [String], qos: QoS, options: SubscribeOptions) async throws -> [SubscriptionAnswer]

    /// Withdraws subscriptions and waits for the UNSUBACK.
    /// - Throws: ``MQTTError``: `notConnected`, `connectionLost`, `timedOut`, `invalid`.
    func unsubscribe(_ filters: [String]) async throws

    /// Appends a message to what this turn of the reactor sends. To a broker that keeps no retained messages it goes without the RETAIN flag,
    /// whatever `retain` says (``BrokerLimits/retains``): with it the broker would end the connection (MQTT-3.2.2-14).
    /// - Parameters:
    ///   - token: the caller's number of the message, handed back with its outcome.
    /// - Throws: ``MQTTError``: `notConnected`, `noCredit`, `packetTooLarge`, `notSupported`, `invalid`; then nothing was sent and no outcome follows.
    func publish(topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64) throws(MQTTError)

    /// The same with properties (MQTT 5.0, 3.3.2.3).
    /// - Parameters:
    ///   - properties: may be empty. In MQTT 3.1.1 they must be.
    /// - Throws: also `invalid` where there are properties in MQTT 3.1.1, or a text in them cannot be sent.
    func publish(
        topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64, properties: MessageProperties
    ) throws(MQTTError)

    /// How many more messages ``publish(topic:payload:qos:retain:token:)`` takes now; 0 while not connected.
    var sendCredit: Int { get }

    /// Waits until there is send credit.
    /// - Throws: ``MQTTError`` `notConnected` where the connection ends first; `CancellationError`.
    func waitForSendCredit() async throws

    /// The number of messages without an outcome.
    var inFlight: Int { get }

    /// Stops or resumes reading from the socket: a slow consumer. The broker sees a full receive window.
    func setReading(_ reads: Bool)

    /// Stops or resumes writing to the socket. While writing is stopped nothing leaves: no acknowledgement, no message, no SUBSCRIBE, no ping, not even what was
    /// appended earlier in the same turn. What is appended meanwhile leaves in order when writing is resumed. So a service can commit what a burst of messages made of it before
    /// the broker learns that it has them (MQTT-4.4.0-1: what is not acknowledged comes again).
    ///
    /// A new connection writes, and so does ``disconnect()``, which lets all that is held leave. ``drop()`` lets none of it leave. The broker
    /// ends a connection that is silent for one and a half times the keep-alive (MQTT-3.1.2-22).
    ///
    /// Whether a message at QoS 2 is handed on at PUBLISH or at PUBREL is the engine's (MQTT 4.3.3 allows both). At PUBREL its PUBREC has left: writing
    /// that is stopped keeps such messages back, and a process that is killed before it has committed loses one. Who must lose none receives at QoS 1.
    func setWriting(_ writes: Bool)

    /// Sends DISCONNECT after what was appended before, and closes. Where it cannot leave, the socket is closed without it.
    func disconnect() async

    /// Closes the socket without DISCONNECT, so that the broker publishes the will.
    func drop()
}

/// What the broker answered to CONNECT.
public struct ConnectAnswer: Equatable, Sendable {
    /// The broker had a session of this client (MQTT-3.2.2-2).
    public var sessionPresent: Bool
    /// The most messages above QoS 0 that may be in flight, by the broker's receive maximum and the configured window.
    public var window: Int
    /// The keep-alive in force, in seconds: the client's own unless the broker demands another; 0 for none.
    public var keepAlive: UInt16
    /// What else the broker said of what it takes and gives.
    public var limits: BrokerLimits

    /// Makes an answer.
    public init(sessionPresent: Bool, window: Int, keepAlive: UInt16 = 0, limits: BrokerLimits = BrokerLimits()) {
        self.sessionPresent = sessionPresent
        self.window = window
        self.keepAlive = keepAlive
        self.limits = limits
    }
}

/// What the broker answered to one filter of a SUBSCRIBE.
public enum SubscriptionAnswer: Equatable, Sendable {
    /// The subscription stands, with this QoS at most.
    case granted(QoS)
    /// The broker refused it.
    case refused(ReasonCode)

    /// The QoS that was granted; `nil` where the broker refused.
    public var granted: QoS? { if case .granted(let qos) = self { qos } else { nil } }
}

extension MQTTSession {
    /// Subscribes without options and waits for the SUBACK.
    public func request(_ filters: [String], qos: QoS) async throws -> [SubscriptionAnswer] {
        try await request(filters, qos: qos, options: SubscribeOptions())
    }

    /// Subscribes and waits for the SUBACK.
    /// - Returns: for each filter, in order, the QoS that was granted, or `nil` where the broker refused it.
    /// - Throws: as ``request(_:qos:)``.
    public func subscribe(_ filters: [String], qos: QoS) async throws -> [QoS?] {
        try await request(filters, qos: qos).map(\.granted)
    }
}
