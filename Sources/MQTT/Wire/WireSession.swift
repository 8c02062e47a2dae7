public import Reactor

/// An ``MQTTSession`` of Waybill's own, made for load: it reads what has come with one call into memory that all sessions of a reactor share, parses it in
/// place, and writes all that a turn of the reactor made with one call. ``ProtocolMachine`` knows MQTT; this knows sockets, timers and tasks.
///
/// A message at QoS 2 is handed on when PUBLISH comes, and what comes again under its packet identifier is not.
///
/// A session is let go of after its connection has ended; one that is released earlier closes its socket without a DISCONNECT.
final class WireSession: MQTTSession {
    /// The most messages at QoS 0 that wait to be written to the socket.
    static let unwrittenLimit = 1_024

    /// What the session was made with.
    public private(set) var configuration: SessionConfiguration
    /// The will that the next CONNECT registers.
    public var will: SessionConfiguration.Will? {
        get { configuration.will }
        set { configuration.will = newValue }
    }
    /// Who is told of messages and outcomes.
    public weak var handler: (any MQTTSessionHandler)?
    /// The same, for the time of one burst of packets: to look at a weak reference costs more than to parse a packet.
    var told: (any MQTTSessionHandler)?

    let reactor: Reactor
    let machine: ProtocolMachine
    var phase = Phase.idle
    /// The connection stands, but it was given up: nothing is read or taken any more.
    var ending: Ending?
    /// Who waits for the SUBACK or UNSUBACK of a packet identifier.
    var answers: [UInt16: Completion<[UInt8]>] = [:]
    let credit: WaitQueue
    /// What the broker said in its latest CONNACK.
    public internal(set) var limits = BrokerLimits()
    var reads = true
    var writes = true
    /// A kept session was established before, so the broker owes its state.
    var hadSession = false
    /// What is in flight is sent again first.
    var isResuming = false

    // The addresses of the broker.
    /// Those that are still to be tried.
    var addresses: [String] = []
    /// The one that the connection goes to.
    var address = ""
    /// Those that did not take the connection, and why.
    var addressFailures: [(address: String, reason: String)] = []
    /// Gives up an address that does not answer.
    var attemptTimer: TimerID?
    /// What the broker said first.
    var firstByte: UInt8?

    /// The topic that was found to be usable last.
    private var checkedTopic: String?
    /// The latest message that was published, for whoever asks why the connection ended.
    var lastPublish: LastPublish?
    /// What probably ended the latest connection, where nobody said so.
    public internal(set) var likelyCauseOfEnd: String?

    // The connection.
    var connectClock = ConnectClock()
    /// How long the steps of the latest connection took.
    public var connectTimes: ConnectTimes { connectClock.times }
    var socket: TCPSocket?
    var transport: (any WireTransport)?
    var registration: Registration?
    /// The first event of the socket tells whether the TCP connection was made.
    var awaitsSocket = false
    /// TLS or WebSocket are not agreed on yet.
    var isShakingHands = false
    var flushScheduled = false
    /// The socket takes no more until it says that it is writable.
    var isBlocked = false
    /// The beginning of a packet whose rest is still to come.
    var rest: [UInt8] = []
    /// How many bytes the packet has that ``rest`` begins with, as far as that is known.
    var restNeeds = 0
    var keepAliveTimer: TimerID?
    /// A packet left since the keep-alive was looked at last.
    var hasSent = false
    /// When PINGREQ left that has no answer.
    var pinged: UInt64?
    /// What DISCONNECT of the broker said, its reason for people too.
    var brokerEnd: (reason: ReasonCode, text: String?)?
    var endWaiters: [UnsafeContinuation<Void, Never>] = []
    /// Made once, so that a turn allocates nothing for it.
    private(set) lazy var flushAtEndOfTurn: () -> Void = { [weak self] in self?.flush() }

    /// Where the connection is in its life.
    enum Phase {
        case idle
        case connecting(Completion<ConnectAnswer>)
        case connected
    }

    /// Who gave up a connection that stands, and how.
    enum Ending {
        /// DISCONNECT follows what was appended before.
        case disconnecting
        /// The socket is closed at the end of the turn.
        case dropping
    }

    /// Makes a session that lives on `reactor`; all its calls must be made there.
    public init(_ configuration: SessionConfiguration, on reactor: Reactor) {
        self.configuration = configuration
        self.reactor = reactor
        credit = WaitQueue(on: reactor)
        machine = ProtocolMachine(configuration)
        machine.events = self
    }

    deinit {
        guard let registration else { return }
        let remains = Remains(reactor: reactor, registration: registration, transport: transport)
        if reactor.isOnLoop { remains.close() } else { reactor.execute { remains.close() } }
    }

    /// Whether CONNECT was accepted and the connection stands.
    public var isConnected: Bool {
        guard case .connected = phase else { return false }
        return ending == nil
    }

    /// How the present connection is encrypted.
    public var encryption: String? { transport?.encryption }

    /// How many more messages `publish` takes now.
    public var sendCredit: Int {
        guard isConnected, !isResuming else { return 0 }
        return max(0, min(machine.room, Self.unwrittenLimit - machine.unwritten))
    }

    /// The number of messages without an outcome.
    public var inFlight: Int { machine.inFlight }

    /// Waits until there is send credit.
    public func waitForSendCredit() async throws {
        try await credit.wait { sendCredit > 0 || !isConnected }
        guard sendCredit > 0 else { throw configuration.notConnected }
    }

    /// Appends a message to what this turn of the reactor sends.
    public func publish(topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64) throws(MQTTError) {
        try append(topic: topic, payload: payload, qos: qos, retain: retain, token: token, properties: nil)
    }

    /// Appends a message with properties to what this turn of the reactor sends.
    public func publish(
        topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64, properties: MessageProperties
    ) throws(MQTTError) {
        guard !properties.isEmpty else {
            return try append(topic: topic, payload: payload, qos: qos, retain: retain, token: token, properties: nil)
        }
        guard isConnected else { throw configuration.notConnected }
        try configuration.check(properties, topic: topic)
        try append(topic: topic, payload: payload, qos: qos, retain: retain, token: token, properties: properties)
    }

    private func append(
        topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64, properties: MessageProperties?
    ) throws(MQTTError) {
        guard sendCredit > 0 else { throw isConnected ? configuration.windowFull : configuration.notConnected }
        guard qos <= limits.maximumQoS else {
            throw SessionConfiguration.qosNotSupported(qos, topic: topic, greatest: limits.maximumQoS)
        }
        if topic != checkedTopic {
            guard TopicCheck.isTopic(topic) else { throw SessionConfiguration.unusableTopic(topic, size: payload.count) }
            checkedTopic = topic
        }
        let alias = machine.alias(for: topic, qos)
        let shape = OutputBuffer.Publish(
            topicLength: alias?.isKnown == true ? 0 : topic.utf8.count, payloadLength: payload.count, qos: qos,
            retain: retain && limits.retains,
            propertiesLength: machine.isVersion5 ? (properties?.encodedLength ?? 0) + (alias == nil ? 0 : 3) : nil)
        try checkSize(shape, topic: topic)
        machine.publish(shape, topic: topic, payload: payload, token: token, properties: properties, alias: alias?.number)
        lastPublish = LastPublish(topic: topic, size: payload.count)
        scheduleFlush()
    }

    private func checkSize(_ shape: OutputBuffer.Publish, topic: String) throws(MQTTError) {
        let limit = limits.maximumPacketSize ?? .max
        guard shape.size > limit || shape.remaining > FixedHeader.greatestLength else { return }
        throw SessionConfiguration.messageTooLarge(
            payload: shape.payloadLength, topic: topic, size: shape.size, most: min(limit, FixedHeader.greatestLength + 5))
    }

    /// What is left to close when a session is released while it is connected.
    private struct Remains: @unchecked Sendable {
        // Sound because nobody else has the transport any more, and it is handed over once.
        let reactor: Reactor
        let registration: Registration
        let transport: (any WireTransport)?

        func close() {
            reactor.unwatch(registration)
            transport?.close()
        }
    }
}
