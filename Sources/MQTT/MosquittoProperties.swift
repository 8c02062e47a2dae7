internal import CMosquitto
internal import Glibc

/// The library's lists of properties, to and from ours: the only place where their pointers are used beside ``MosquittoClient``.
enum MosquittoProperties {
    private static let contentType = CInt(MQTT_PROP_CONTENT_TYPE.rawValue)
    private static let payloadFormat = CInt(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue)
    private static let messageExpiry = CInt(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue)
    private static let responseTopic = CInt(MQTT_PROP_RESPONSE_TOPIC.rawValue)
    private static let correlationData = CInt(MQTT_PROP_CORRELATION_DATA.rawValue)
    private static let willDelay = CInt(MQTT_PROP_WILL_DELAY_INTERVAL.rawValue)
    private static let user = CInt(MQTT_PROP_USER_PROPERTY.rawValue)

    /// Appends to a list, which the caller frees.
    /// - Returns: why the library refused one.
    static func append(_ properties: MessageProperties, to list: inout OpaquePointer?) -> MosquittoCode? {
        var results: [CInt] = []
        if properties.payloadIsText { results.append(mosquitto_property_add_byte(&list, payloadFormat, 1)) }
        if let seconds = properties.messageExpiry { results.append(mosquitto_property_add_int32(&list, messageExpiry, seconds)) }
        if let type = properties.contentType { results.append(mosquitto_property_add_string(&list, contentType, type)) }
        if let topic = properties.responseTopic { results.append(mosquitto_property_add_string(&list, responseTopic, topic)) }
        if let data = properties.correlationData {
            results.append(mosquitto_property_add_binary(&list, correlationData, data, UInt16(data.count)))
        }
        if let failure = results.first(where: { $0 != MOSQ_ERR_SUCCESS.intValue }) { return MosquittoCode(failure) }
        for property in properties.user {
            let result = mosquitto_property_add_string_pair(&list, user, property.key, property.value)
            guard result == MOSQ_ERR_SUCCESS.intValue else { return MosquittoCode(result) }
        }
        return nil
    }

    /// Appends what a will says beside its payload.
    static func append(_ will: SessionConfiguration.Will, to list: inout OpaquePointer?) -> MosquittoCode? {
        if will.delay > 0 {
            let result = mosquitto_property_add_int32(&list, willDelay, will.delay)
            guard result == MOSQ_ERR_SUCCESS.intValue else { return MosquittoCode(result) }
        }
        return append(will.properties, to: &list)
    }

    /// Reads a list.
    /// - Returns: what we know of it, `nil` where that is nothing.
    static func read(_ list: OpaquePointer?) -> MessageProperties? {
        var properties = MessageProperties()
        var text: UnsafeMutablePointer<CChar>?
        if mosquitto_property_read_string(list, contentType, &text, false) != nil { properties.contentType = take(text) }
        if mosquitto_property_read_string(list, responseTopic, &text, false) != nil { properties.responseTopic = take(text) }
        var flag: UInt8 = 0
        if mosquitto_property_read_byte(list, payloadFormat, &flag, false) != nil { properties.payloadIsText = flag == 1 }
        var seconds: UInt32 = 0
        if mosquitto_property_read_int32(list, messageExpiry, &seconds, false) != nil { properties.messageExpiry = seconds }
        var data: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        if mosquitto_property_read_binary(list, correlationData, &data, &count, false) != nil {
            properties.correlationData = Array(UnsafeRawBufferPointer(start: data, count: Int(count)))
            free(data)
        }
        var key: UnsafeMutablePointer<CChar>?
        var value: UnsafeMutablePointer<CChar>?
        var next = mosquitto_property_read_string_pair(list, user, &key, &value, false)
        while let found = next {
            properties.user.append(.init(take(key), take(value)))
            next = mosquitto_property_read_string_pair(found, user, &key, &value, true)
        }
        return properties.isEmpty ? nil : properties
    }

    /// Reads what CONNACK says of the broker. What the library itself remembers from one connection to the next, where a later CONNACK is silent
    /// about it, is remembered here too: what it does not send counts, and not what it might.
    static func read(_ list: OpaquePointer?, into limits: inout BrokerLimits) {
        var remembered = BrokerLimits()
        remembered.maximumQoS = limits.maximumQoS
        remembered.retains = limits.retains
        remembered.maximumPacketSize = limits.maximumPacketSize
        remembered.receiveMaximum = limits.receiveMaximum
        limits = remembered
        if let value = byte(MQTT_PROP_MAXIMUM_QOS, of: list) { limits.maximumQoS = QoS(rawValue: value) ?? .exactlyOnce }
        if let value = byte(MQTT_PROP_RETAIN_AVAILABLE, of: list) { limits.retains = value != 0 }
        if let value = byte(MQTT_PROP_WILDCARD_SUB_AVAILABLE, of: list) { limits.takesWildcards = value != 0 }
        if let value = byte(MQTT_PROP_SHARED_SUB_AVAILABLE, of: list) { limits.takesSharedSubscriptions = value != 0 }
        if let value = byte(MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE, of: list) { limits.takesSubscriptionIdentifiers = value != 0 }
        if let value = short(MQTT_PROP_RECEIVE_MAXIMUM, of: list) { limits.receiveMaximum = Int(value) }
        if let value = short(MQTT_PROP_TOPIC_ALIAS_MAXIMUM, of: list) { limits.topicAliasMaximum = Int(value) }
        if let value = short(MQTT_PROP_SERVER_KEEP_ALIVE, of: list) { limits.serverKeepAlive = value }
        var size: UInt32 = 0
        if mosquitto_property_read_int32(list, CInt(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), &size, false) != nil {
            limits.maximumPacketSize = Int(size)
        }
        if mosquitto_property_read_int32(list, CInt(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), &size, false) != nil {
            limits.sessionExpiry = size
        }
        limits.serverReference = text(MQTT_PROP_SERVER_REFERENCE, of: list)
        limits.responseInformation = text(MQTT_PROP_RESPONSE_INFORMATION, of: list)
        limits.assignedClientID = text(MQTT_PROP_ASSIGNED_CLIENT_IDENTIFIER, of: list)
        limits.reasonString = text(MQTT_PROP_REASON_STRING, of: list)
    }

    /// Reads the text that says why a packet means what it means, for people (MQTT 5.0, 2.2.2.2).
    static func reasonString(_ list: OpaquePointer?) -> String? { text(MQTT_PROP_REASON_STRING, of: list) }

    private static func byte(_ property: mqtt5_property, of list: OpaquePointer?) -> UInt8? {
        var value: UInt8 = 0
        return mosquitto_property_read_byte(list, CInt(property.rawValue), &value, false) == nil ? nil : value
    }

    private static func short(_ property: mqtt5_property, of list: OpaquePointer?) -> UInt16? {
        var value: UInt16 = 0
        return mosquitto_property_read_int16(list, CInt(property.rawValue), &value, false) == nil ? nil : value
    }

    private static func text(_ property: mqtt5_property, of list: OpaquePointer?) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        return mosquitto_property_read_string(list, CInt(property.rawValue), &value, false) == nil ? nil : take(value)
    }

    /// Makes a string of one that the library allocated for us, and frees it. An empty one may have no memory at all.
    private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text else { return "" }
        defer { free(text) }
        return String(cString: text)
    }
}
