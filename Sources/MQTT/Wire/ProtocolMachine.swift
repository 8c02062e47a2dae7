internal import DequeModule

/// The protocol of one session as a machine without I/O: bytes that were received go in, bytes to be sent and events come out. It lives as long as the
/// session, over all its connections, and so remembers what MQTT has a client remember (4.1; 4.1 of 5.0).
///
/// Receiving allocates nothing for a message: packets are parsed where they lie, and answers are appended to what is to be sent.
final class ProtocolMachine {
    let isVersion5: Bool
    let keepsSession: Bool
    let readsProperties: Bool
    let maximumPacketSize: Int?
    private let wishedWindow: Int
    /// Who is told. To be set before anything else is done. Unsafe in name only: who is told owns this, and is alive whenever it calls. Counting references
    /// to it would cost more than what is told.
    unowned(unsafe) var events: (any WireEvents)!

    /// What is to be sent.
    var output = OutputBuffer()
    /// Where the connection is.
    private(set) var phase = Phase.closed
    /// What the broker said in CONNACK.
    private(set) var limits = BrokerLimits()
    /// Whether the caller wants no more packets now. It is looked at after each.
    var isHalted = false

    /// What is told once it has left, with the position behind it.
    struct Leaving {
        var position: UInt64
        /// A message at QoS 0, or the identifier of an acknowledgement.
        var number: UInt64
        var isAcknowledgement: Bool
    }

    var leaving = Deque<Leaving>()
    /// Messages at QoS 0 that have not left.
    private(set) var unwritten = 0

    var outgoing = OutgoingTable()
    var store = ResendStore()
    /// What was in flight when the connection ended and does not fit the window of the new one yet.
    var resend: ArraySlice<OutgoingTable.Entry> = []
    private(set) var window: Int
    /// Messages above QoS 0 that this connection sent and that have no last answer.
    var inWindow = 0

    var incoming = PacketIDSet()
    /// The topics that the broker has given an alias on this connection.
    var incomingAliases: [[UInt8]] = []
    /// The topics that have an alias on this connection.
    private var aliases: [String: UInt16] = [:]
    private let aliasMaximum: UInt16

    enum Phase {
        case closed
        /// CONNECT was sent.
        case connecting
        case connected
    }

    /// The most topic aliases that a broker may give (MQTT 5.0, 3.1.2.11.5).
    static let incomingAliasMaximum: UInt16 = 64

    init(_ configuration: SessionConfiguration) {
        isVersion5 = configuration.version == .v5
        keepsSession = configuration.keepsSession
        readsProperties = configuration.readsProperties
        maximumPacketSize = configuration.maximumPacketSize
        wishedWindow = configuration.window
        aliasMaximum = isVersion5 ? configuration.topicAliasMaximum : 0
        window = configuration.window
    }

    // MARK: - Connections

    /// A connection begins: appends CONNECT.
    /// - Parameter configuration: what the machine was made with. It belongs to the session, of which there may be tens of thousands.
    func begin(_ configuration: SessionConfiguration) {
        output.removeAll()
        leaving.removeAll()
        phase = .connecting
        isHalted = false
        incomingAliases = []
        aliases = [:]
        inWindow = 0
        resend = []
        output.connect(
            configuration, topicAliasMaximum: isVersion5 ? Self.incomingAliasMaximum : 0,
            maximumPacketSize: configuration.maximumPacketSize.map(UInt32.init(clamping:)))
    }

    /// The connection ended. What was to be sent is forgotten, and so are messages at QoS 0, of which nobody knows any more.
    /// - Parameter keepsState: whether the session goes on with the next connection.
    func end(keepsState: Bool) {
        phase = .closed
        output.removeAll()
        let gone = leaving
        leaving.removeAll()
        unwritten = 0
        outgoing.removeRequests()
        for entry in gone where !entry.isAcknowledgement { events.completed(entry.number, .unknown) }
        if !keepsState { forget() }
    }

    /// The session is gone: what was in flight has no known outcome, and what came is new.
    func forget() {
        let entries = outgoing.inOrder
        outgoing.removeAll()
        store.removeAll()
        incoming.removeAll()
        resend = []
        inWindow = 0
        for entry in entries { events.completed(entry.token, .unknown) }
    }

    /// Messages without an outcome.
    var inFlight: Int { outgoing.messages + unwritten }

    /// How many more messages above QoS 0 the window holds.
    var room: Int { resend.isEmpty ? window - inWindow : 0 }

    /// CONNACK was taken in: the state goes on from here.
    func connected(_ limits: BrokerLimits) {
        self.limits = limits
        phase = .connected
        window = min(wishedWindow, limits.receiveMaximum ?? .max, OutgoingTable.greatestCount - 64)
    }

    /// Sends again what was in flight, in order (MQTT-4.4.0-1, MQTT-4.6.0-1), as far as the window holds it.
    func resume() {
        resend = outgoing.inOrder[...]
        sendAgain()
    }

    func sendAgain() {
        while let entry = resend.first, inWindow < window {
            resend.removeFirst()
            inWindow += 1
            events.resending(entry.token)
            if entry.step == .pubcomp {
                output.acknowledge(.pubrel, entry.packetID)
            } else {
                let packet = store.packet(entry.copy)
                output.reserve(packet.count)
                let position = output.end
                output.put(packet.span)
                output.change(at: position) { $0 |= 0b1000 }
            }
        }
    }

    // MARK: - Sending

    /// The alias of a topic for a message at some QoS.
    /// - Returns: it, and whether the broker knows it already; `nil` where the message goes without.
    @inline(__always)
    func alias(for topic: String, _ qos: QoS) -> (number: UInt16, isKnown: Bool)? {
        aliasMaximum == 0 || (keepsSession && qos != .atMostOnce) ? nil : findAlias(topic)
    }

    private func findAlias(_ topic: String) -> (number: UInt16, isKnown: Bool)? {
        if let known = aliases[topic] { return (known, true) }
        guard aliases.count < min(Int(aliasMaximum), limits.topicAliasMaximum) else { return nil }
        return (UInt16(aliases.count + 1), false)
    }

    /// Appends a PUBLISH, for which there has to be room.
    /// - Parameter alias: what ``alias(for:_:)`` said.
    func publish(
        _ shape: OutputBuffer.Publish, topic: String, payload: Span<UInt8>, token: UInt64, properties: MessageProperties?,
        alias: UInt16? = nil
    ) {
        if let alias, shape.topicLength > 0 { aliases[topic] = alias }
        guard shape.qos != .atMostOnce else {
            output.publish(shape, topic: topic, packetID: 0, properties: properties, alias: alias, payload: payload)
            unwritten += 1
            leaving.append(Leaving(position: output.end, number: token, isAcknowledgement: false))
            return
        }
        let packetID = outgoing.add(shape.qos == .atLeastOnce ? .puback : .pubrec, token: token)
        inWindow += 1
        let position = output.end
        output.publish(shape, topic: topic, packetID: packetID, properties: properties, alias: alias, payload: payload)
        if keepsSession { outgoing.keep(store.keep(output, from: position), for: packetID) }
    }

    /// Appends SUBSCRIBE.
    func subscribe(_ filters: [String], options: UInt8) -> UInt16 {
        let packetID = outgoing.add(.suback, token: 0)
        output.subscribe(packetID, filters, options: options, isVersion5: isVersion5)
        return packetID
    }

    /// Appends UNSUBSCRIBE.
    func unsubscribe(_ filters: [String]) -> UInt16 {
        let packetID = outgoing.add(.unsuback, token: 0)
        output.unsubscribe(packetID, filters, isVersion5: isVersion5)
        return packetID
    }

    /// The first `count` bytes of what is to be sent have left.
    func left(_ count: Int) {
        output.removeFirst(count)
        let sent = output.sent
        while let first = leaving.first, first.position <= sent {
            leaving.removeFirst()
            if first.isAcknowledgement {
                events.acknowledged(UInt16(truncatingIfNeeded: first.number))
            } else {
                unwritten -= 1
                events.completed(first.number, .acked)
            }
        }
    }
}
