internal import CMosquitto
public import Reactor

/// An ``MQTTSession`` on libmosquitto's external loop.
///
/// Whether a message came with the DUP flag is not known: the library does not pass it on. It keeps QoS 2 state in memory only, so a kept
/// session can be resumed by the object that had it and not by a later process.
///
/// A session is let go of after its connection has ended; one that is released earlier closes its socket without a DISCONNECT.
final class MosquittoSession: MQTTSession {
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

    let reactor: Reactor
    var client: MosquittoClient?
    var phase = Phase.idle
    /// The connection stands, but it was given up: nothing is read or taken any more.
    var ending: Ending?
    var outstanding = InFlightTable()
    /// Who waits for the SUBACK or UNSUBACK of a packet identifier.
    var answers: [UInt16: Completion<[CInt]>] = [:]
    var connectClock = ConnectClock()
    let credit: WaitQueue
    var window: Int
    /// What the broker said in its latest CONNACK.
    public internal(set) var limits = BrokerLimits()
    var reads = true
    var writes = true
    /// A kept session was established before, so the broker owes its state.
    var hadSession = false
    /// This connection follows one that was abandoned because the broker had lost the session.
    var replacesAbandoned = false

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

    /// The latest message that was published, for whoever asks why the connection ended.
    var lastPublish: LastPublish?
    /// What probably ended the latest connection, where nobody said so.
    public internal(set) var likelyCauseOfEnd: String?

    // The socket.
    var registration: Registration?
    /// The first event of the socket tells whether the TCP connection was made.
    var awaitsSocket = false
    var flushScheduled = false
    /// The socket takes no more until it says that it is writable.
    var isBlocked = false
    var closeCode: CInt?
    var keepAliveTimer: TimerID?
    var endWaiters: [UnsafeContinuation<Void, Never>] = []

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
        /// The broker lost the session: the client is given up, before it sends anew what it has in flight.
        case abandoning
    }

    /// Makes a session that lives on `reactor`; all its calls must be made there.
    public init(_ configuration: SessionConfiguration, on reactor: Reactor) {
        self.configuration = configuration
        self.reactor = reactor
        window = configuration.window
        credit = WaitQueue(on: reactor)
    }

    deinit {
        guard let registration else { return }
        let remains = Remains(reactor: reactor, registration: registration, client: client)
        if reactor.isOnLoop { remains.close() } else { reactor.execute { remains.close() } }
    }

    /// Whether CONNECT was accepted and the connection stands.
    public var isConnected: Bool {
        guard case .connected = phase else { return false }
        return ending == nil
    }

    /// How long the steps of the latest connection took.
    public var connectTimes: ConnectTimes { connectClock.times }

    /// How the present connection is encrypted.
    public var encryption: String? { isConnected ? client?.encryption(configuration) : nil }

    /// How many more messages `publish` takes now.
    public var sendCredit: Int {
        guard isConnected, !outstanding.nextIsTaken else { return 0 }
        return max(0, min(window - outstanding.unacknowledged, Self.unwrittenLimit - outstanding.unwritten))
    }

    /// The number of messages without an outcome.
    public var inFlight: Int { outstanding.count }

    /// Waits until there is send credit.
    public func waitForSendCredit() async throws {
        try await credit.wait { sendCredit > 0 || !isConnected }
        guard sendCredit > 0 else { throw notConnected }
    }

    /// Appends a message to what this turn of the reactor sends.
    public func publish(topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64) throws(MQTTError) {
        try publish(topic: topic, payload: payload, qos: qos, retain: retain, token: token, properties: MessageProperties())
    }

    /// Appends a message with properties to what this turn of the reactor sends.
    public func publish(
        topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, token: UInt64, properties: MessageProperties
    ) throws(MQTTError) {
        guard isConnected else { throw notConnected }
        guard sendCredit > 0 else { throw configuration.windowFull }
        if !properties.isEmpty { try configuration.check(properties, topic: topic) }
        guard qos <= limits.maximumQoS else {
            throw SessionConfiguration.qosNotSupported(qos, topic: topic, greatest: limits.maximumQoS)
        }
        try checkSize(topic: topic, payload: payload.count, qos: qos, properties: properties)
        switch client!.publish(topic: topic, payload: payload, qos: qos, retain: retain, properties: properties) {
        case .success(let packetID):
            outstanding.add(packetID: packetID, token: token, qos: qos)
            lastPublish = LastPublish(topic: topic, size: payload.count)
            scheduleFlush()
        case .failure(let failure):
            throw publishError(failure.code, topic: topic, size: payload.count)
        }
    }

    var notConnected: MQTTError { configuration.notConnected }

    /// What is left to close when a session is released while it is connected.
    private struct Remains: @unchecked Sendable {
        // Sound because nobody else has the client any more, and it is handed over once.
        let reactor: Reactor
        let registration: Registration
        let client: MosquittoClient?

        func close() {
            // The client closes its socket when it is released, after this.
            reactor.unwatch(registration)
        }
    }
}
