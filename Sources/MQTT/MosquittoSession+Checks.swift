internal import CMosquitto

// What is looked at before and after the library is asked to send a message.
extension MosquittoSession {
    /// The library's own check is off by up to two bytes, and at its second one the message is in flight already.
    func checkSize(topic: String, payload: Int, qos: QoS, properties: MessageProperties) throws(MQTTError) {
        let remaining = 2 + topic.utf8.count + (qos == .atMostOnce ? 0 : 2) + propertyBytes(properties) + payload
        let size = 1 + lengthBytes(remaining) + remaining
        let limit = limits.maximumPacketSize ?? .max
        // 268,435,455 is the largest remaining length that can be written (MQTT 2.2.3).
        guard size > limit || remaining > 268_435_455 else { return }
        let most = min(limit, 268_435_460)
        throw SessionConfiguration.messageTooLarge(payload: payload, topic: topic, size: size, most: most)
    }

    private func propertyBytes(_ properties: MessageProperties) -> Int {
        guard configuration.version == .v5 else { return 0 }
        let length = properties.encodedLength
        return lengthBytes(length) + length
    }

    /// How many bytes a length takes that is written as a variable byte integer (MQTT 5.0, 1.5.5).
    private func lengthBytes(_ length: Int) -> Int {
        length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
    }

    func publishError(_ code: CInt, topic: String, size: Int) -> MQTTError {
        let message = "A message of \(size) bytes on '\(topic)'"
        return switch code {
        case MOSQ_ERR_OVERSIZE_PACKET.intValue, MOSQ_ERR_PAYLOAD_SIZE.intValue:
            MQTTError(.packetTooLarge, "\(message) is larger than the broker takes.")
        case MOSQ_ERR_NO_CONN.intValue:
            notConnected
        case MOSQ_ERR_INVAL.intValue, MOSQ_ERR_MALFORMED_UTF8.intValue:
            SessionConfiguration.unusableTopic(topic, size: size)
        default:
            MQTTError(.invalid, "\(message) cannot be sent: \(MosquittoLibrary.describe(code)).")
        }
    }
}
