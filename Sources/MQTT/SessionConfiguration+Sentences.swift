/// The step of connecting that a session has got to.
enum ConnectStep { case tcp, tls, webSocket, mqtt }

// What a session says when something does not go as it should, whatever its engine.
extension SessionConfiguration {
    /// Where the broker is.
    var place: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// How long an answer is waited for.
    var patience: String {
        let seconds = Double(answerTimeout) / 1e9
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }

    var notConnected: MQTTError { MQTTError(.notConnected, "Client '\(clientID)' is not connected.") }
    var windowFull: MQTTError { MQTTError(.noCredit, "Client '\(clientID)' has its window full.") }
    var alreadyConnected: MQTTError { MQTTError(.invalid, "Client '\(clientID)' is connected or connecting already.") }

    /// No address of the broker took a connection.
    func unreachable(_ failures: [(address: String, reason: String)]) -> MQTTError {
        let target = tls == nil ? "No connection" : "No encrypted connection"
        guard failures.count > 1 else {
            return MQTTError(.unreachable, "\(target) to \(place): \(failures.first?.reason ?? "it has no address").")
        }
        let each = failures.map { "\($0.address): \($0.reason)" }.joined(separator: "; ")
        return MQTTError(.unreachable, "\(target) to \(place), which has \(failures.count) addresses. \(each).")
    }

    func connectingTimedOut(at step: ConnectStep) -> MQTTError {
        let client = "client '\(clientID)'"
        let (what, cause): (String, String) =
            switch step {
            case .tcp: ("accept the TCP connection of \(client)", "the host is not there, or a firewall drops what is sent to it")
            case .tls: ("answer the TLS handshake of \(client)", "that port may not be one for TLS")
            case .webSocket: ("answer the WebSocket handshake of \(client)", "that port may not be one for WebSockets")
            case .mqtt: ("answer CONNECT of \(client)", "what listens there may not be an MQTT broker, or it is stuck")
            }
        return MQTTError(.timedOut, "\(place) did not \(what) within \(patience): \(cause).")
    }

    func encryptionFailed(_ complaint: String) -> MQTTError {
        MQTTError(.unreachable, "No encrypted connection to \(place): \(complaint).")
    }

    /// The connection ended before CONNECT was answered.
    /// - Parameters:
    ///   - reason: what the system says of it.
    ///   - firstByte: what the broker said first, if anything.
    func endedEarly(_ reason: String, firstByte: UInt8?) -> MQTTError {
        // In TLS 1.3 the broker looks at the client's certificate when the client takes the handshake to be over, and what it says of that can be
        // lost as it closes.
        let step = tls != nil && firstByte == nil ? "going on with the TLS handshake" : "answering CONNECT"
        let what = tls == nil && firstByte.map { $0 != 0x20 } ?? false ? "sent something else" : "closed the connection"
        let cause = LikelyCause.ofClose(self, firstByte: firstByte)
        return MQTTError(.connectionLost, "\(place) \(what) instead of \(step) of client '\(clientID)' (\(reason)). \(cause)")
    }

    func refusal(_ reason: ReasonCode, _ limits: BrokerLimits) -> MQTTError {
        let said = limits.reasonString.map { " It says: \($0)" } ?? ""
        let cause = LikelyCause.ofRefusal(reason, self).map { " " + $0 } ?? ""
        return MQTTError(.refused(reason), "The broker at \(place) refused client '\(clientID)': \(reason).\(said)\(cause)")
    }

    func lostBeforeAnswer(_ end: ConnectionEnd, cause: String?) -> MQTTError {
        MQTTError(
            .connectionLost, "The connection of client '\(clientID)' ended before the answer: \(end)\(cause.map { "; \($0)" } ?? "").")
    }

    func silent(_ packet: String, about filters: [String]) -> MQTTError {
        MQTTError(.timedOut, "\(place) did not answer \(packet) of client '\(clientID)' for \(Self.list(filters)) within \(patience).")
    }

    func notSupported(_ filter: String, _ reason: ReasonCode) -> MQTTError {
        let what = reason == .wildcardsNotSupported ? "takes no filters with wildcards" : "has no shared subscriptions"
        return MQTTError(
            .notSupported(reason), "Client '\(clientID)' cannot subscribe to '\(filter)': the broker said in CONNACK that it \(what).")
    }

    static func unusable(_ filters: [String]) -> MQTTError {
        MQTTError(
            .invalid,
            "The filters \(list(filters)) cannot be used: a filter is 1 to 65,535 bytes of UTF-8, '+' stands for a whole level, '#' for the last ones."
        )
    }

    static func tooLarge(_ filters: [String]) -> MQTTError {
        MQTTError(.packetTooLarge, "The filters \(list(filters)) make a packet that is larger than the broker takes.")
    }

    static func unusableTopic(_ topic: String, size: Int) -> MQTTError {
        MQTTError(
            .invalid,
            "A message of \(size) bytes on '\(topic)' cannot be sent: a topic is 1 to 65,535 bytes of UTF-8 without '+', '#' or a null character."
        )
    }

    static func qosNotSupported(_ qos: QoS, topic: String, greatest: QoS) -> MQTTError {
        MQTTError(
            .notSupported(.qosNotSupported),
            "A message at QoS \(qos.rawValue) on '\(topic)' cannot be sent: the broker takes QoS \(greatest.rawValue) at most.",
            cause: "QoS not supported, limit \(greatest.rawValue), asked for \(qos.rawValue)")
    }

    /// - Parameters:
    ///   - payload: the bytes of the payload.
    ///   - size: those of the packet.
    ///   - most: how many the broker takes.
    static func messageTooLarge(payload: Int, topic: String, size: Int, most: Int) -> MQTTError {
        MQTTError(
            .packetTooLarge,
            "A message of \(payload) bytes on '\(topic)' makes a packet of \(size) bytes, and the broker takes at most \(most).",
            cause: "packet too large, limit \(most), size \(size)")
    }

    /// Refuses properties that cannot be sent, or that the broker would end the connection for.
    func check(_ properties: MessageProperties, topic: String) throws(MQTTError) {
        guard version == .v5 else {
            throw MQTTError(
                .invalid,
                "A message on '\(topic)' has properties, and client '\(clientID)' speaks MQTT \(version.rawValue), "
                    + "which has none: use version 5.0 or leave them out.")
        }
        guard properties.isUsable else {
            throw MQTTError(
                .invalid,
                "The properties of a message on '\(topic)' cannot be sent: a text is at most 65,535 bytes without control characters and code points "
                    + "that Unicode reserves, and a content type is not empty.")
        }
    }

    /// At most three filters, as there may be many.
    private static func list(_ filters: [String]) -> String {
        let first = filters.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        return filters.count > 3 ? "\(first) and \(filters.count - 3) more" : first
    }
}

/// The latest message that was published, for whoever asks why the connection ended.
struct LastPublish {
    var topic: String
    var size: Int
}
