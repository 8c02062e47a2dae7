internal import DequeModule

/// The protocol of one session as a machine without I/O: bytes that were received go in, bytes to be sent and events come out. It lives as long as the
/// session, over all its connections, and so remembers what MQTT has a client remember (4.1; 4.1 of 5.0).
///
/// Receiving allocates nothing for a message: packets are parsed where they lie, and answers are appended to what is to be sent.
final class ProtocolMachine {
    let isVersion5: Bool
    private let keepsSession: Bool
    private let readsProperties: Bool
    private let maximumPacketSize: Int?
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
    private struct Leaving {
        var position: UInt64
        /// A message at QoS 0, or the identifier of an acknowledgement.
        var number: UInt64
        var isAcknowledgement: Bool
    }

    private var leaving = Deque<Leaving>()
    /// Messages at QoS 0 that have not left.
    private(set) var unwritten = 0

    var outgoing = OutgoingTable()
    var store = ResendStore()
    /// What was in flight when the connection ended and does not fit the window of the new one yet.
    var resend: ArraySlice<OutgoingTable.Entry> = []
    private(set) var window: Int
    /// Messages above QoS 0 that this connection sent and that have no last answer.
    private(set) var inWindow = 0

    private var incoming = PacketIDSet()
    /// The topics that the broker has given an alias on this connection.
    private var incomingAliases: [[UInt8]] = []
    /// The topics that have an alias on this connection.
    private var aliases: [String: UInt16] = [:]
    private let aliasMaximum: UInt16
    /// Packets that answered nothing that was asked. A right broker sends none.
    private(set) var strayAnswers = 0

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

    private func sendAgain() {
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

    // MARK: - Receiving

    /// Takes the whole packets at the beginning of some bytes.
    /// - Returns: how many bytes they take. Where that is less than all, a part of a packet is left, or ``isHalted`` was set.
    /// - Throws: ``WireError`` where they are not what a broker may send now. What came before was taken.
    func receive(_ bytes: Span<UInt8>) throws(WireError) -> Int {
        var offset = 0
        while !isHalted, let header = try FixedHeader.read(bytes, at: offset) {
            if header.end > bytes.count {
                try checkBeginning(header, at: offset)
                return offset
            }
            if header.first >> 4 == PacketType.publish.rawValue, phase == .connected {
                try publishCame(bytes, header)
            } else {
                try packetCame(bytes, header, at: offset)
            }
            offset = header.end
        }
        return offset
    }

    /// Of a packet that has not come whole: whether it is worth waiting for.
    private func checkBeginning(_ header: FixedHeader, at offset: Int) throws(WireError) {
        let type = try self.type(header)
        let size = header.end - offset
        let limit = type == .publish ? maximumPacketSize ?? FixedHeader.greatestLength + 5 : Self.longestAnswer
        guard size <= limit else {
            throw WireError(reason: .packetTooLarge, what: "a \(type.name) of \(size) bytes, where \(limit) are taken at most")
        }
    }

    /// The most bytes of anything but PUBLISH. What a broker has to say fits many times.
    static let longestAnswer = 1 << 20

    /// The type of a packet that a broker may send now.
    private func type(_ header: FixedHeader) throws(WireError) -> PacketType {
        guard let type = PacketType(rawValue: header.first >> 4) else { throw .malformed("a packet of type 0") }
        guard type == .publish || header.first == type.firstByte else {
            throw .malformed("a \(type.name) with the flags \(header.first & 0x0F)")
        }
        switch (phase, type) {
        case (.connecting, .connack): return type
        case (.connecting, _): throw .violation("a \(type.name) before CONNACK")
        case (_, .connack): throw .violation("a second CONNACK")
        case (_, .publish), (_, .puback), (_, .pubrec), (_, .pubrel), (_, .pubcomp), (_, .suback), (_, .unsuback), (_, .pingresp):
            return type
        case (_, .disconnect) where isVersion5: return type
        default: throw .violation("a \(type.name), which no broker sends")
        }
    }

    private func packetCame(_ bytes: Span<UInt8>, _ header: FixedHeader, at offset: Int) throws(WireError) {
        try checkBeginning(header, at: offset)
        let type = try self.type(header)
        var fields = FieldReader(from: header.bodyStart, to: header.end)
        switch type {
        case .connack: try connackCame(bytes, &fields)
        case .puback, .pubrec, .pubrel, .pubcomp: try acknowledgementCame(type, bytes, &fields)
        case .suback, .unsuback: try answerCame(type, bytes, &fields)
        case .pingresp:
            guard fields.left == 0 else { throw .malformed("a PINGRESP with \(fields.left) bytes behind it") }
            events.pingAnswered()
        case .disconnect: try disconnectCame(bytes, &fields)
        default: break
        }
    }

    /// PUBLISH (MQTT 3.3).
    @inline(__always)
    private func publishCame(_ bytes: Span<UInt8>, _ header: FixedHeader) throws(WireError) {
        var fields = FieldReader(from: header.bodyStart, to: header.end)
        guard let qos = QoS(rawValue: header.first >> 1 & 0b11) else { throw .malformed("a PUBLISH at QoS 3") }
        let dup = header.first & 0b1000 != 0
        let topic = try fields.text(bytes)
        var packetID: UInt16 = 0
        if qos != .atMostOnce {
            packetID = try fields.short(bytes)
            guard packetID != 0 else { throw .violation("a PUBLISH above QoS 0 with the packet identifier 0") }
        } else if dup {
            throw .violation("a PUBLISH at QoS 0 with the DUP flag")
        }
        var delivery = Delivery(qos: qos, retain: header.first & 1 != 0, dup: dup, packetID: packetID)
        var alias = 0
        if isVersion5 {
            if fields.left > 0, bytes[fields.offset] == 0 {
                try fields.skip(1)
            } else {
                (delivery.properties, alias) = try messageProperties(bytes, &fields)
            }
        }
        let payload = bytes.extracting(fields.offset..<header.end)
        if topic.isEmpty || alias > 0 {
            try aliasedCame(bytes, topic, alias, payload, delivery)
        } else {
            try take(bytes.extracting(topic), payload, delivery)
        }
    }

    @inline(__always)
    private func take(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) throws(WireError) {
        for index in topic.indices where topic[index] == UInt8(ascii: "#") || topic[index] == UInt8(ascii: "+") {
            throw .violation("a PUBLISH to a topic with a wildcard")
        }
        switch delivery.qos {
        case .atMostOnce: events.received(topic, payload, delivery)
        case .atLeastOnce:
            // The acknowledgement is appended behind what the handler made of the message.
            events.received(topic, payload, delivery)
            output.acknowledge(.puback, delivery.packetID)
            leaving.append(Leaving(position: output.end, number: UInt64(delivery.packetID), isAcknowledgement: true))
        case .exactlyOnce:
            if incoming.insert(delivery.packetID) { events.received(topic, payload, delivery) }
            output.acknowledge(.pubrec, delivery.packetID)
        }
    }

    private func aliasedCame(
        _ bytes: Span<UInt8>, _ topic: Range<Int>, _ alias: Int, _ payload: Span<UInt8>, _ delivery: Delivery
    ) throws(WireError) {
        guard alias > 0 else { throw .violation("a PUBLISH without a topic") }
        guard alias <= Int(Self.incomingAliasMaximum) else {
            throw WireError(
                reason: ReasonCode(rawValue: 0x94), what: "the topic alias \(alias), where \(Self.incomingAliasMaximum) are allowed")
        }
        if !topic.isEmpty {
            while incomingAliases.count < alias { incomingAliases.append([]) }
            incomingAliases[alias - 1] = bytes.extracting(topic).withUnsafeBufferPointer { Array($0) }
        }
        guard alias <= incomingAliases.count, !incomingAliases[alias - 1].isEmpty else {
            throw WireError(reason: ReasonCode(rawValue: 0x82), what: "the topic alias \(alias), which stands for no topic")
        }
        let name = incomingAliases[alias - 1]
        try take(name.span, payload, delivery)
    }

    private func messageProperties(
        _ bytes: Span<UInt8>, _ fields: inout FieldReader
    ) throws(WireError) -> (MessageProperties?, alias: Int) {
        var properties = MessageProperties()
        var alias = 0
        let reads = readsProperties
        try fields.properties(bytes, of: .publish) { property in
            switch property.id {
            case .topicAlias: alias = property.number
            case _ where !reads: break
            case .payloadFormat: properties.payloadIsText = property.number == 1
            case .messageExpiry: properties.messageExpiry = UInt32(property.number)
            case .contentType: properties.contentType = String(bytes, property.range)
            case .responseTopic: properties.responseTopic = String(bytes, property.range)
            case .correlationData:
                properties.correlationData = bytes.extracting(property.range).withUnsafeBufferPointer { Array($0) }
            case .userProperty: properties.user.append(.init(String(bytes, property.range), String(bytes, property.value)))
            default: break
            }
        }
        return (properties.isEmpty ? nil : properties, alias)
    }

    /// PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 3.4 to 3.7).
    private func acknowledgementCame(_ type: PacketType, _ bytes: Span<UInt8>, _ fields: inout FieldReader) throws(WireError) {
        let packetID = try fields.short(bytes)
        guard packetID != 0 else { throw .violation("a \(type.name) with the packet identifier 0") }
        let reason = try restOfAcknowledgement(type, bytes, &fields)
        if type == .pubrel {
            let isKnown = incoming.remove(packetID)
            if !isKnown { strayAnswers += 1 }
            output.acknowledge(.pubcomp, packetID, reason: isKnown || !isVersion5 ? 0 : 0x92)
            leaving.append(Leaving(position: output.end, number: UInt64(packetID), isAcknowledgement: true))
            return
        }
        let entry = outgoing[packetID]
        switch (type, entry?.step) {
        case (.puback, .puback), (.pubcomp, .pubcomp): finish(packetID, entry!, reason)
        case (.pubrec, .pubrec):
            if reason >= 0x80 {
                finish(packetID, entry!, reason)
            } else {
                if keepsSession { release(entry!) }
                outgoing.awaitCompletion(of: packetID)
                output.acknowledge(.pubrel, packetID)
            }
        case (.pubrec, .pubcomp): output.acknowledge(.pubrel, packetID)
        case (.pubrec, nil):
            // The broker has to be told something, or it keeps the identifier for ever.
            strayAnswers += 1
            output.acknowledge(.pubrel, packetID, reason: isVersion5 ? 0x92 : 0)
        case (_, nil): strayAnswers += 1
        case (_, .some(let step)):
            throw .violation("a \(type.name) for packet \(packetID), which waits for \(step.name)")
        }
    }

    private func restOfAcknowledgement(
        _ type: PacketType, _ bytes: Span<UInt8>, _ fields: inout FieldReader
    ) throws(WireError) -> UInt8 {
        guard fields.left > 0 else { return 0 }
        guard isVersion5 else { throw .malformed("a \(type.name) of \(2 + fields.left) bytes behind its header, which has 2") }
        let reason = try fields.byte(bytes)
        if fields.left > 0 { try fields.properties(bytes, of: type) { _ in } }
        guard fields.left == 0 else { throw .malformed("a \(type.name) with \(fields.left) bytes behind its properties") }
        return reason
    }

    private func finish(_ packetID: UInt16, _ entry: OutgoingTable.Entry, _ reason: UInt8) {
        if keepsSession, entry.step != .pubcomp { release(entry) }
        outgoing.remove(packetID)
        inWindow -= 1
        if !resend.isEmpty { sendAgain() }
        events.completed(entry.token, reason >= 0x80 ? .refused(reason: reason) : .acked)
    }

    private func release(_ entry: OutgoingTable.Entry) {
        store.release(entry.copy)
        guard store.isSparse else { return }
        let kept = outgoing.inOrder.filter { $0.copy.length > 0 && $0.packetID != entry.packetID }
        for (entry, place) in zip(kept, store.compact(kept.map(\.copy))) { outgoing.keep(place, for: entry.packetID) }
    }

    /// SUBACK and UNSUBACK (MQTT 3.9, 3.11).
    private func answerCame(_ type: PacketType, _ bytes: Span<UInt8>, _ fields: inout FieldReader) throws(WireError) {
        let packetID = try fields.short(bytes)
        if isVersion5 { try fields.properties(bytes, of: type) { _ in } }
        guard let entry = outgoing[packetID], entry.step == (type == .suback ? .suback : .unsuback) else {
            strayAnswers += 1
            return
        }
        let codes = bytes.extracting(fields.offset..<fields.end).withUnsafeBufferPointer { Array($0) }
        guard type == .unsuback || !codes.isEmpty else { throw .malformed("a SUBACK without a reason code") }
        outgoing.remove(packetID)
        events.answered(packetID, codes)
    }

    private func disconnectCame(_ bytes: Span<UInt8>, _ fields: inout FieldReader) throws(WireError) {
        let reason = fields.left > 0 ? try fields.byte(bytes) : 0
        var text: String?
        if fields.left > 0 {
            try fields.properties(bytes, of: .disconnect) { if $0.id == .reasonString { text = String(bytes, $0.range) } }
        }
        isHalted = true
        events.disconnected(reason: ReasonCode(rawValue: reason), text: text)
    }
}

extension OutgoingTable.Step {
    var name: String {
        switch self {
        case .free: "nothing"
        case .puback: "PUBACK"
        case .pubrec: "PUBREC"
        case .pubcomp: "PUBCOMP"
        case .suback: "SUBACK"
        case .unsuback: "UNSUBACK"
        }
    }
}
