/// What comes from a broker: framing, and what each packet does to the state.
extension ProtocolMachine {
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
        if type == .pubrel { return released(packetID) }
        guard let entry = outgoing[packetID] else {
            // The broker has to be told something, or it keeps the identifier for ever. What else answers nothing is passed over.
            if type == .pubrec { output.acknowledge(.pubrel, packetID, reason: isVersion5 ? 0x92 : 0) }
            return
        }
        switch (type, entry.step) {
        case (.puback, .puback), (.pubcomp, .pubcomp): finish(packetID, entry, reason)
        case (.pubrec, .pubrec) where reason >= 0x80: finish(packetID, entry, reason)
        case (.pubrec, .pubrec):
            if keepsSession { release(entry) }
            outgoing.awaitCompletion(of: packetID)
            output.acknowledge(.pubrel, packetID)
        case (.pubrec, .pubcomp): output.acknowledge(.pubrel, packetID)
        default: throw .violation("a \(type.name) for packet \(packetID), which waits for \(entry.step.name)")
        }
    }

    /// PUBREL came: the message is not known by its identifier any more.
    private func released(_ packetID: UInt16) {
        let isKnown = incoming.remove(packetID)
        output.acknowledge(.pubcomp, packetID, reason: isKnown || !isVersion5 ? 0 : 0x92)
        leaving.append(Leaving(position: output.end, number: UInt64(packetID), isAcknowledgement: true))
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
        guard let entry = outgoing[packetID], entry.step == (type == .suback ? .suback : .unsuback) else { return }
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
