internal import CMosquitto
internal import Glibc

/// The library's lists of properties, to and from ours: the only place where their pointers are used beside ``MosquittoClient``.
enum MosquittoProperties {
    private static let contentType = CInt(MQTT_PROP_CONTENT_TYPE.rawValue)
    private static let user = CInt(MQTT_PROP_USER_PROPERTY.rawValue)

    /// Appends to a list, which the caller frees.
    /// - Returns: why the library refused one.
    static func append(_ properties: MessageProperties, to list: inout OpaquePointer?) -> MosquittoCode? {
        if let type = properties.contentType {
            let result = mosquitto_property_add_string(&list, contentType, type)
            guard result == MOSQ_ERR_SUCCESS.intValue else { return MosquittoCode(result) }
        }
        for property in properties.user {
            let result = mosquitto_property_add_string_pair(&list, user, property.key, property.value)
            guard result == MOSQ_ERR_SUCCESS.intValue else { return MosquittoCode(result) }
        }
        return nil
    }

    /// Reads a list.
    /// - Returns: what we know of it, `nil` where that is nothing.
    static func read(_ list: OpaquePointer?) -> MessageProperties? {
        var properties = MessageProperties()
        var text: UnsafeMutablePointer<CChar>?
        if mosquitto_property_read_string(list, contentType, &text, false) != nil { properties.contentType = take(text) }
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
