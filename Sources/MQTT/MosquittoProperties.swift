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

    /// Makes a string of one that the library allocated for us, and frees it. An empty one may have no memory at all.
    private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text else { return "" }
        defer { free(text) }
        return String(cString: text)
    }
}
