extension ProtocolMachine {
    /// CONNACK (MQTT 3.2).
    func connackCame(_ bytes: Span<UInt8>, _ fields: inout FieldReader) throws(WireError) {
        let flags = try fields.byte(bytes)
        guard flags <= 1 else { throw .malformed("a CONNACK with the flags \(flags)") }
        var reason = ReasonCode(rawValue: try fields.byte(bytes))
        var limits = BrokerLimits()
        // A broker that does not know MQTT 5.0 refuses it in the form of MQTT 3.1.1.
        if isVersion5, fields.left > 0 || !reason.isFailure {
            try fields.properties(bytes, of: .connack) { limits.read($0, bytes) }
        } else if isVersion5 {
            reason = reason.inVersion5
        }
        guard fields.left == 0 else { throw .malformed("a CONNACK with \(fields.left) bytes behind its end") }
        events.connectAnswered(reason: reason, sessionPresent: flags & 1 != 0, limits: limits)
    }
}

extension BrokerLimits {
    fileprivate mutating func read(_ property: Property, _ bytes: Span<UInt8>) {
        switch property.id {
        case .maximumQoS: maximumQoS = property.number == 0 ? .atMostOnce : .atLeastOnce
        case .retainAvailable: retains = property.number != 0
        case .wildcardsAvailable: takesWildcards = property.number != 0
        case .sharedSubscriptionsAvailable: takesSharedSubscriptions = property.number != 0
        case .subscriptionIdentifiersAvailable: takesSubscriptionIdentifiers = property.number != 0
        case .receiveMaximum: receiveMaximum = property.number
        case .topicAliasMaximum: topicAliasMaximum = property.number
        case .serverKeepAlive: serverKeepAlive = UInt16(property.number)
        case .maximumPacketSize: maximumPacketSize = property.number
        case .sessionExpiry: sessionExpiry = UInt32(property.number)
        case .assignedClientID: assignedClientID = String(bytes, property.range)
        case .reasonString: reasonString = String(bytes, property.range)
        case .serverReference: serverReference = String(bytes, property.range)
        case .responseInformation: responseInformation = String(bytes, property.range)
        default: break
        }
    }
}

extension ReasonCode {
    /// What a code of MQTT 3.1.1 is in 5.0 (3.2.2.3 there, 3.2.2.2 here).
    fileprivate var inVersion5: ReasonCode {
        let codes: [UInt8: UInt8] = [1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87]
        return ReasonCode(rawValue: codes[rawValue] ?? rawValue)
    }
}
