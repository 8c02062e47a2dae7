internal import CMosquitto
internal import Glibc

/// What libmosquitto calls back with, in Swift's types. The calls come from inside a call of ``MosquittoClient``, on its reactor.
protocol MosquittoEvents: AnyObject {
    func connectAnswered(reason: UInt8, sessionPresent: Bool, limits: BrokerLimits)
    func connectionClosed(code: CInt)
    func published(packetID: UInt16, reason: UInt8)
    func subscribed(packetID: UInt16, granted: [CInt])
    func unsubscribed(packetID: UInt16)
    func received(topic: Span<UInt8>, payload: Span<UInt8>, qos: CInt, retain: Bool, packetID: UInt16, properties: MessageProperties?)
}

/// A thin wrapper around one `struct mosquitto`, driven through the external loop calls: the only place where its pointers are used.
///
/// The client is put into threaded mode, in which packets are queued and leave only in ``write()``. So publishes leave in batches, and an
/// acknowledgement leaves after the message callback returned.
final class MosquittoClient {
    private let client: OpaquePointer
    private let box: EventsBox
    /// The name for TLS, where connections are made to its addresses; lives as long as the client.
    private var tlsName: UnsafeMutablePointer<waybill_tls>?
    /// The last call of ``read()`` has left nothing to read.
    private(set) var hasReadAll = true

    /// - Parameter events: is told everything; not retained, it must outlive the client.
    init(_ configuration: SessionConfiguration, events: any MosquittoEvents) throws(MQTTError) {
        MosquittoLibrary.initialise
        try Self.validate(configuration)
        let box = EventsBox(events, readsProperties: configuration.readsProperties && configuration.version == .v5)
        let identifier = configuration.clientID.isEmpty ? nil : configuration.clientID
        guard let client = mosquitto_new(identifier, !configuration.keepsSession, Unmanaged.passRetained(box).toOpaque()) else {
            let reason = errno
            Unmanaged.passUnretained(box).release()
            throw MQTTError(
                reason == EINVAL ? .invalid : .exhausted,
                "Client '\(configuration.clientID)' could not be made: \(String(cString: strerror(reason))).")
        }
        self.client = client
        self.box = box
        mosquitto_threaded_set(client, true)
        setCallbacks()
        try apply(configuration)
    }

    deinit {
        if let box = mosquitto_userdata(client) { Unmanaged<EventsBox>.fromOpaque(box).release() }
        mosquitto_destroy(client)
        if let tlsName {
            free(UnsafeMutablePointer(mutating: tlsName.pointee.name))
            tlsName.deallocate()
        }
    }

    private static func validate(_ configuration: SessionConfiguration) throws(MQTTError) {
        func refuse(_ text: String) -> MQTTError { MQTTError(.invalid, "Client '\(configuration.clientID)': \(text).") }
        guard (1...100).contains(configuration.window) else {
            throw refuse("the window is \(configuration.window), and libmosquitto bears 1 to 100")
        }
        guard configuration.webSocket == nil, configuration.tls?.preSharedKey == nil else {
            throw refuse("libmosquitto has no WebSocket, and here no pre-shared key: use engine: wire")
        }
        guard configuration.keepAlive == 0 || configuration.keepAlive >= 5 else {
            throw refuse("the keep-alive is \(configuration.keepAlive) s, and libmosquitto takes 0 for never or 5 and more")
        }
        guard ![configuration.clientID, configuration.host].contains(where: { $0.utf8.contains(0) }) else {
            throw refuse("a client identifier or host name cannot have a null character")
        }
        guard !configuration.clientID.isEmpty || !configuration.keepsSession else {
            throw refuse("a kept session needs a client identifier to be found again by (MQTT-3.1.3-8)")
        }
    }

    /// The socket, -1 while there is none.
    var socket: CInt { mosquitto_socket(client) }

    /// Whether something is queued to be written.
    var wantsToWrite: Bool { mosquitto_want_write(client) }

    /// Starts to connect without waiting.
    /// - Returns: why that cannot be, in words.
    func connect(to address: String, _ configuration: SessionConfiguration) -> String? {
        box.complaints = []
        // A log line is made for each packet where somebody listens, so nobody does after the handshake.
        if configuration.tls != nil { listenForComplaints() }
        let host = configuration.tls != nil && tlsName == nil ? configuration.host : address
        let result = mosquitto_connect_async(client, host, CInt(configuration.port), CInt(configuration.keepAlive))
        switch result {
        case MOSQ_ERR_SUCCESS.intValue: return nil
        case MOSQ_ERR_EAI.intValue: return "the name cannot be resolved"
        case MOSQ_ERR_TLS.intValue: return encryptionComplaint(configuration) ?? "TLS cannot be used"
        default: return MosquittoLibrary.describe(result)
        }
    }

    /// Whether the TLS handshake is over.
    var isEncrypted: Bool { waybill_mosquitto_is_encrypted(client) }

    /// How the connection is encrypted and what was verified; `nil` where it is not encrypted.
    func encryption(_ configuration: SessionConfiguration) -> String? {
        guard isEncrypted, let ssl = mosquitto_ssl_get(client) else { return nil }
        return TLSConnection.summary(OpaquePointer(ssl), configuration)
    }

    /// Whether the TCP connection was made, be it that it has ended since.
    var wasConnected: Bool { waybill_was_connected(socket) }

    /// What is wrong with the TLS connection, as far as the library has said.
    func encryptionComplaint(_ configuration: SessionConfiguration) -> String? {
        if let key = configuration.tls?.key, box.wasAskedForKeyPassword, box.complaints.contains(where: { $0.contains("key file") }) {
            return configuration.tls?.keyPassword == nil
                ? "the key \(key) is encrypted, and no password is given: name the file that has it with key_password_file, or set WAYBILL_KEY_PASSWORD"
                : "the password given for the key \(key) is not the right one"
        }
        // X509_V_ERR_HOSTNAME_MISMATCH
        if tlsName?.pointee.verify_result == 62 { return LikelyCause.otherHostName(configuration.host) }
        return LikelyCause.ofEncryption(box.complaints, configuration)
    }

    /// Handles a few of the packets that have arrived.
    func read() -> CInt {
        var empty = true
        defer { hasReadAll = empty }
        return waybill_mosquitto_read(client, &empty)
    }

    /// Writes what is queued until the socket takes no more.
    func write() -> CInt { waybill_mosquitto_write(client) }

    /// Sends and supervises pings; to be called once a second.
    func keepAlive() -> CInt { mosquitto_loop_misc(client) }

    /// Queues DISCONNECT.
    func disconnect() { _ = mosquitto_disconnect(client) }

    /// - Returns: the packet identifier or the library's error code.
    func publish(
        topic: String, payload: Span<UInt8>, qos: QoS, retain: Bool, properties: MessageProperties
    ) -> Result<UInt16, MosquittoCode> {
        // The library reads a topic up to its first null character.
        guard !topic.utf8.contains(0) else { return .failure(MosquittoCode(MOSQ_ERR_INVAL.intValue)) }
        var list: OpaquePointer?
        defer { if list != nil { mosquitto_property_free_all(&list) } }
        if !properties.isEmpty, let failure = MosquittoProperties.append(properties, to: &list) { return .failure(failure) }
        var packetID: CInt = 0
        let result = payload.withUnsafeBufferPointer { bytes in
            mosquitto_publish_v5(client, &packetID, topic, CInt(bytes.count), bytes.baseAddress, CInt(qos.rawValue), retain, list)
        }
        return result == MOSQ_ERR_SUCCESS.intValue ? .success(UInt16(truncatingIfNeeded: packetID)) : .failure(MosquittoCode(result))
    }

    func subscribe(_ filters: [String], qos: QoS, options: SubscribeOptions) -> Result<UInt16, MosquittoCode> {
        guard areUsable(filters) else { return .failure(MosquittoCode(MOSQ_ERR_INVAL.intValue)) }
        var packetID: CInt = 0
        let result = withCStrings(filters) {
            mosquitto_subscribe_multiple(client, &packetID, CInt(filters.count), $0, CInt(qos.rawValue), CInt(options.byte), nil)
        }
        return result == MOSQ_ERR_SUCCESS.intValue ? .success(UInt16(truncatingIfNeeded: packetID)) : .failure(MosquittoCode(result))
    }

    func unsubscribe(_ filters: [String]) -> Result<UInt16, MosquittoCode> {
        guard areUsable(filters) else { return .failure(MosquittoCode(MOSQ_ERR_INVAL.intValue)) }
        var packetID: CInt = 0
        let result = withCStrings(filters) { mosquitto_unsubscribe_multiple(client, &packetID, CInt(filters.count), $0, nil) }
        return result == MOSQ_ERR_SUCCESS.intValue ? .success(UInt16(truncatingIfNeeded: packetID)) : .failure(MosquittoCode(result))
    }

    private func areUsable(_ filters: [String]) -> Bool {
        !filters.isEmpty && filters.allSatisfy { !$0.isEmpty && !$0.utf8.contains(0) }
    }

    private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        var copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
    }

    /// Has the next CONNECT register the will of a configuration, or none.
    /// - Throws: ``MQTTError`` `invalid` where the library does not take it.
    func register(_ configuration: SessionConfiguration) throws(MQTTError) {
        mosquitto_will_clear(client)
        guard let will = configuration.will else { return }
        var list: OpaquePointer?
        let failure = configuration.version == .v5 ? MosquittoProperties.append(will, to: &list) : nil
        // The library takes the list with it where it takes the will.
        let result = will.payload.withUnsafeBufferPointer { payload in
            failure?.code
                ?? mosquitto_will_set_v5(
                    client, will.topic, CInt(payload.count), payload.baseAddress, CInt(will.qos.rawValue), will.retain, list)
        }
        guard result != MOSQ_ERR_SUCCESS.intValue else { return }
        if list != nil { mosquitto_property_free_all(&list) }
        throw MQTTError(
            .invalid, "The will of client '\(configuration.clientID)' cannot be used: \(MosquittoLibrary.describe(result)).")
    }

    private func apply(_ configuration: SessionConfiguration) throws(MQTTError) {
        func check(_ what: String, _ result: CInt) throws(MQTTError) {
            guard result == MOSQ_ERR_SUCCESS.intValue else {
                throw MQTTError(
                    .invalid, "\(what) of client '\(configuration.clientID)' cannot be used: \(MosquittoLibrary.describe(result)).")
            }
        }
        let version = configuration.version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try check("The protocol version", mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, version))
        // Batches are made by the reactor's turns; the kernel holding small ones back would only add its delay to every latency.
        try check("TCP_NODELAY", mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1))
        try check("The window", mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, CInt(configuration.window)))
        // By default the library takes 20 at once, and calls it a protocol error when the broker sends more at QoS 2, which mosquitto 2.0.11 does.
        try check(
            "The receive maximum", mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, CInt(configuration.receiveMaximum)))
        if let credentials = configuration.credentials {
            try check("The user name", mosquitto_username_pw_set(client, credentials.user, credentials.password))
        }
        try register(configuration)
        if let tls = configuration.tls {
            for file in [tls.authorities, tls.certificate, tls.key].compactMap(\.self) where access(file, R_OK) != 0 {
                throw MQTTError(
                    .invalid,
                    "\(file), a TLS file of client '\(configuration.clientID)', cannot be read: \(String(cString: strerror(errno))).")
            }
            let directory = tls.authorities == nil ? "/etc/ssl/certs" : nil
            box.keyPassword = tls.keyPassword
            // Without a callback OpenSSL asks the terminal for the password of an encrypted key.
            let result = mosquitto_tls_set(client, tls.authorities, directory, tls.certificate, tls.key) { buffer, size, _, client in
                guard let client, let buffer else { return 0 }
                return EventsBox.of(mosquitto_userdata(OpaquePointer(client))).writeKeyPassword(to: buffer, size: Int(size))
            }
            try check("The TLS files", result)
            useName(of: configuration.host, tls)
            // OpenSSL itself then holds the certificate against the name.
            try check("The TLS options", mosquitto_tls_insecure_set(client, tls.acceptsAnyHostName || tlsName != nil))
        }
        if configuration.version == .v5, configuration.keepsSession { setSessionExpiry(configuration.sessionExpiry) }
    }

    /// Has connections made to the addresses of a name, and the broker's certificate held against the name.
    private func useName(of host: String, _ tls: SessionConfiguration.TLS) {
        guard !HostAddresses.isAddress(host) else { return }
        let pointer = UnsafeMutablePointer<waybill_tls>.allocate(capacity: 1)
        pointer.initialize(to: waybill_tls(name: strdup(host), accepts_any_name: tls.acceptsAnyHostName, verify_result: 0))
        tlsName = pointer
        if !waybill_mosquitto_set_tls_name(client, pointer) {
            free(UnsafeMutablePointer(mutating: pointer.pointee.name))
            pointer.deallocate()
            tlsName = nil
        }
    }

    /// The asynchronous connect takes no properties, but it sends those that the blocking one has noted. That one notes them before it
    /// looks at the host, and without a host it does nothing more.
    private func setSessionExpiry(_ seconds: UInt32) {
        var properties: OpaquePointer?
        guard mosquitto_property_add_int32(&properties, CInt(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), seconds) == 0 else { return }
        _ = mosquitto_connect_bind_v5(client, nil, 0, 0, nil, properties)
        mosquitto_property_free_all(&properties)
    }

    private func listenForComplaints() {
        mosquitto_log_callback_set(client) { _, context, level, text in
            guard level == MOSQ_LOG_ERR, let text else { return }
            EventsBox.of(context).complaints.append(String(cString: text))
        }
    }

    private func setCallbacks() {
        mosquitto_connect_v5_callback_set(client) { client, context, reason, flags, properties in
            mosquitto_log_callback_set(client, nil)
            let box = EventsBox.of(context)
            MosquittoProperties.read(properties, into: &box.limits)
            box.events.connectAnswered(
                reason: UInt8(truncatingIfNeeded: reason), sessionPresent: flags & 1 != 0, limits: box.limits)
        }
        mosquitto_disconnect_v5_callback_set(client) { _, context, code, _ in
            EventsBox.of(context).events.connectionClosed(code: code)
        }
        mosquitto_publish_v5_callback_set(client) { _, context, packetID, reason, _ in
            EventsBox.of(context).events.published(
                packetID: UInt16(truncatingIfNeeded: packetID), reason: UInt8(truncatingIfNeeded: reason))
        }
        mosquitto_subscribe_v5_callback_set(client) { _, context, packetID, count, granted, _ in
            let codes = Array(UnsafeBufferPointer(start: granted, count: Int(count)))
            EventsBox.of(context).events.subscribed(packetID: UInt16(truncatingIfNeeded: packetID), granted: codes)
        }
        mosquitto_unsubscribe_v5_callback_set(client) { _, context, packetID, _ in
            EventsBox.of(context).events.unsubscribed(packetID: UInt16(truncatingIfNeeded: packetID))
        }
        mosquitto_message_v5_callback_set(client) { _, context, message, list in
            guard let message = message?.pointee, let topic = message.topic else { return }
            let topicBytes = UnsafeRawBufferPointer(start: topic, count: strlen(topic)).assumingMemoryBound(to: UInt8.self)
            let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)).assumingMemoryBound(to: UInt8.self)
            let box = EventsBox.of(context)
            box.events.received(
                topic: topicBytes.span, payload: payload.span, qos: message.qos, retain: message.retain,
                packetID: UInt16(truncatingIfNeeded: message.mid),
                properties: box.readsProperties && list != nil ? MosquittoProperties.read(list) : nil)
        }
    }
}

/// An error code of libmosquitto.
struct MosquittoCode: Error {
    let code: CInt

    init(_ code: CInt) { self.code = code }
}

/// What the C callbacks carry: a way back that does not keep the session alive.
private final class EventsBox {
    unowned let events: any MosquittoEvents
    /// What the broker said in CONNACK.
    var limits = BrokerLimits()
    /// What the library has logged as an error since it began to connect.
    var complaints: [String] = []

    /// Whether somebody wants to know the properties of messages.
    let readsProperties: Bool

    init(_ events: any MosquittoEvents, readsProperties: Bool) {
        self.events = events
        self.readsProperties = readsProperties
    }

    /// The password of an encrypted key.
    var keyPassword: String?
    /// The key turned out to be encrypted.
    var wasAskedForKeyPassword = false

    /// Writes the password of an encrypted key where OpenSSL wants it.
    /// - Returns: how long it is; 0 where there is none, which ends the attempt.
    func writeKeyPassword(to buffer: UnsafeMutablePointer<CChar>, size: Int) -> CInt {
        wasAskedForKeyPassword = true
        let bytes = Array((keyPassword ?? "").utf8.prefix(size))
        for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        return CInt(bytes.count)
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> EventsBox {
        // Every client is made with a box, which lives as long as the client.
        Unmanaged<EventsBox>.fromOpaque(context!).takeUnretainedValue()
    }
}
