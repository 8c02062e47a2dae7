// The packets that a client sends, appended whole. Each `reserve` counts all that follows it.
extension OutputBuffer {
    /// How many bytes a variable byte integer takes (MQTT 5.0, 1.5.5).
    @inline(__always)
    static func variableLength(_ value: Int) -> Int {
        value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4
    }

    /// What a PUBLISH consists of, so that its size is known before any of it is written.
    struct Publish {
        var topicLength: Int
        var payloadLength: Int
        var qos: QoS
        var retain: Bool
        /// The bytes of its properties, without their length; `nil` in MQTT 3.1.1.
        var propertiesLength: Int?

        var remaining: Int {
            2 + topicLength + (qos == .atMostOnce ? 0 : 2) + payloadLength
                + (propertiesLength.map { OutputBuffer.variableLength($0) + $0 } ?? 0)
        }

        /// The size of the whole packet.
        var size: Int { 1 + OutputBuffer.variableLength(remaining) + remaining }
    }

    /// PUBLISH (MQTT 3.3).
    @inline(__always)
    mutating func publish(
        _ shape: Publish, topic: String, packetID: UInt16, properties: MessageProperties?, alias: UInt16?, payload: Span<UInt8>
    ) {
        reserve(shape.size)
        put(PacketType.publish.rawValue << 4 | shape.qos.rawValue << 1 | (shape.retain ? 1 : 0))
        put(variable: shape.remaining)
        if shape.topicLength == 0 { put(short: 0) } else { put(text: topic) }
        if shape.qos != .atMostOnce { put(short: packetID) }
        if let length = shape.propertiesLength {
            put(variable: length)
            if length > 0 { put(properties, alias: alias) }
        }
        put(payload)
    }

    private mutating func put(_ properties: MessageProperties?, alias: UInt16?) {
        if let alias {
            put(PropertyID.topicAlias.rawValue)
            put(short: alias)
        }
        if let properties { put(properties) }
    }

    private mutating func put(_ properties: MessageProperties) {
        if properties.payloadIsText {
            put(PropertyID.payloadFormat.rawValue)
            put(1)
        }
        if let seconds = properties.messageExpiry {
            put(PropertyID.messageExpiry.rawValue)
            put(long: seconds)
        }
        put(.contentType, properties.contentType)
        put(.responseTopic, properties.responseTopic)
        if let data = properties.correlationData {
            put(PropertyID.correlationData.rawValue)
            put(data: data.span)
        }
        for property in properties.user {
            put(PropertyID.userProperty.rawValue)
            put(text: property.key)
            put(text: property.value)
        }
    }

    private mutating func put(_ id: PropertyID, _ text: String?) {
        guard let text else { return }
        put(id.rawValue)
        put(text: text)
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT 3.4 to 3.7).
    @inline(__always)
    mutating func acknowledge(_ type: PacketType, _ packetID: UInt16, reason: UInt8 = 0) {
        reserve(5)
        put(type.firstByte)
        put(reason == 0 ? 2 : 3)
        put(short: packetID)
        if reason != 0 { put(reason) }
    }

    /// SUBSCRIBE (MQTT 3.8).
    mutating func subscribe(_ packetID: UInt16, _ filters: [String], options: UInt8, isVersion5: Bool) {
        let remaining = 2 + (isVersion5 ? 1 : 0) + filters.reduce(0) { $0 + 3 + $1.utf8.count }
        reserve(5 + remaining)
        put(PacketType.subscribe.firstByte)
        put(variable: remaining)
        put(short: packetID)
        if isVersion5 { put(0) }
        for filter in filters {
            put(text: filter)
            put(options)
        }
    }

    /// UNSUBSCRIBE (MQTT 3.10).
    mutating func unsubscribe(_ packetID: UInt16, _ filters: [String], isVersion5: Bool) {
        let remaining = 2 + (isVersion5 ? 1 : 0) + filters.reduce(0) { $0 + 2 + $1.utf8.count }
        reserve(5 + remaining)
        put(PacketType.unsubscribe.firstByte)
        put(variable: remaining)
        put(short: packetID)
        if isVersion5 { put(0) }
        for filter in filters { put(text: filter) }
    }

    /// PINGREQ (MQTT 3.12).
    mutating func ping() {
        reserve(2)
        put(PacketType.pingreq.firstByte)
        put(0)
    }

    /// DISCONNECT (MQTT 3.14).
    mutating func disconnect(reason: UInt8) {
        reserve(3)
        put(PacketType.disconnect.firstByte)
        put(reason == 0 ? 0 : 1)
        if reason != 0 { put(reason) }
    }

    /// CONNECT (MQTT 3.1).
    /// - Parameter keepAlive: in seconds.
    mutating func connect(_ configuration: SessionConfiguration, topicAliasMaximum: UInt16, maximumPacketSize: UInt32?) {
        let isVersion5 = configuration.version == .v5
        var body = OutputBuffer()
        body.reserve(64 + configuration.longestConnect)
        body.put(text: "MQTT")
        body.put(isVersion5 ? 5 : 4)
        body.put(configuration.connectFlags)
        body.put(short: configuration.keepAlive)
        if isVersion5 {
            var properties = OutputBuffer()
            properties.reserve(32)
            if configuration.keepsSession, configuration.sessionExpiry > 0 {
                properties.put(PropertyID.sessionExpiry.rawValue)
                properties.put(long: configuration.sessionExpiry)
            }
            if configuration.receiveMaximum != .max {
                properties.put(PropertyID.receiveMaximum.rawValue)
                properties.put(short: configuration.receiveMaximum)
            }
            if let maximumPacketSize {
                properties.put(PropertyID.maximumPacketSize.rawValue)
                properties.put(long: maximumPacketSize)
            }
            if topicAliasMaximum > 0 {
                properties.put(PropertyID.topicAliasMaximum.rawValue)
                properties.put(short: topicAliasMaximum)
            }
            body.put(variable: properties.count)
            body.put(properties, from: 0)
        }
        body.put(text: configuration.clientID)
        if let will = configuration.will { body.put(will, isVersion5: isVersion5) }
        if let credentials = configuration.credentials {
            body.put(text: credentials.user)
            if let password = credentials.password { body.put(text: password) }
        }
        reserve(5 + body.count)
        put(PacketType.connect.firstByte)
        put(variable: body.count)
        put(body, from: 0)
    }

    private mutating func put(_ will: SessionConfiguration.Will, isVersion5: Bool) {
        if isVersion5 {
            put(variable: will.properties.encodedLength + (will.delay > 0 ? 5 : 0))
            if will.delay > 0 {
                put(PropertyID.willDelay.rawValue)
                put(long: will.delay)
            }
            put(will.properties)
        }
        put(text: will.topic)
        put(data: will.payload.span)
    }
}

extension SessionConfiguration {
    /// The most bytes of CONNECT beside its fixed fields.
    fileprivate var longestConnect: Int {
        let will = will.map { $0.topic.utf8.count + $0.payload.count + $0.properties.encodedLength + 16 } ?? 0
        let user = credentials.map { $0.user.utf8.count + ($0.password?.utf8.count ?? 0) + 4 } ?? 0
        return 2 + clientID.utf8.count + will + user
    }

    /// The flags of CONNECT (MQTT 3.1.2.3).
    fileprivate var connectFlags: UInt8 {
        var flags: UInt8 = keepsSession ? 0 : 0b10
        if let will { flags |= 0b100 | will.qos.rawValue << 3 | (will.retain ? 0b10_0000 : 0) }
        if let credentials { flags |= 0b1000_0000 | (credentials.password == nil ? 0 : 0b0100_0000) }
        return flags
    }
}
