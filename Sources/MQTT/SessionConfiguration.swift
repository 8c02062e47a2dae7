/// What a session needs to know before it connects.
public struct SessionConfiguration: Sendable {
    /// The client that speaks MQTT.
    public var engine = MQTTEngine.wire
    /// The broker's host name or address. With TLS it is what the broker's certificate has to be for.
    public var host: String
    /// The addresses of the host, which are tried one after the other. Where there are none the host is looked up each time the session connects, which
    /// can block the reactor.
    public var addresses: [String]
    /// The address that the client connects from, in numbers; `nil` for the system's choice. Only the wire engine chooses. A client has some 28,000
    /// ports for one address of a broker, so whoever wants more connections needs more addresses.
    public var sourceAddress: String?
    /// The broker's port.
    public var port: UInt16
    /// The client identifier; unique at the broker, because a second client of the same name takes the session over (MQTT-3.1.4-2). Empty for one
    /// that the broker assigns, which a kept session cannot have.
    public var clientID: String
    /// The version of the protocol.
    public var version: ProtocolVersion
    /// Whether the broker keeps the session when the connection ends: clean session 0 in MQTT 3.1.1, clean start 0 and a session expiry in 5.0.
    public var keepsSession: Bool
    /// For how many seconds a kept MQTT 5.0 session survives its connection; `UInt32.max` for ever. In MQTT 3.1.1 the broker decides.
    public var sessionExpiry: UInt32
    /// Seconds without a packet after which the client pings, 5 to 65,535 or 0 for never.
    public var keepAlive: UInt16
    /// The most messages above QoS 0 in flight, 1 to 65,535; the broker's receive maximum may lower it, and an engine may bear less.
    public var window: Int
    /// The most messages above QoS 0 that the broker may have in flight to this client, 1 to 65,535 (MQTT 5.0, 3.1.2.11.3). In MQTT 3.1.1 the broker
    /// decides. What the broker has sent stands in the socket before the acknowledgements that it sends later: who publishes and cannot keep up with reading
    /// should ask for little.
    public var receiveMaximum: UInt16
    /// The largest packet in bytes that the client takes, told to a broker of MQTT 5.0 (3.1.2.11.4); `nil` for what the protocol allows. libmosquitto does not
    /// tell it.
    public var maximumPacketSize: Int?
    /// How many topics the client gives an alias, where the broker takes that many (MQTT 5.0, 3.3.2.3.4); 0 for none. A message that a kept session may have to
    /// send again has its topic all the same, as an alias ends with its connection. Only the wire engine gives any.
    public var topicAliasMaximum: UInt16 = 0
    /// User name and password.
    public var credentials: Credentials?
    /// The will.
    public var will: Will?
    /// TLS, or `nil` for plain TCP.
    public var tls: TLS?
    /// Whether MQTT goes through a WebSocket (MQTT 6). Only the wire engine has that.
    public var webSocket: WebSocket?
    /// Nanoseconds after which an answer is not waited for any more: that of TCP, of TLS, CONNACK, SUBACK, UNSUBACK.
    public var answerTimeout: UInt64
    /// Whether ``Delivery/properties`` are read, which costs each message that has some. MQTT 3.1.1 has none.
    public var readsProperties: Bool

    /// User name and password.
    public struct Credentials: Hashable, Sendable {
        /// The user name.
        public var user: String
        /// The password.
        public var password: String?

        /// Makes credentials.
        public init(user: String, password: String? = nil) {
            self.user = user
            self.password = password
        }
    }

    /// The message that the broker publishes when the connection ends without a DISCONNECT (MQTT 3.1.2.5).
    public struct Will: Sendable {
        /// The topic.
        public var topic: String
        /// The payload.
        public var payload: [UInt8]
        /// The quality of service.
        public var qos: QoS
        /// Whether it is retained.
        public var retain: Bool
        /// For how many seconds the broker waits with it, and forgets it where the session is resumed before (MQTT 5.0, 3.1.3.2.2).
        public var delay: UInt32 = 0
        /// What it says beside its payload (MQTT 5.0, 3.1.3.2).
        public var properties = MessageProperties()

        /// Makes a will.
        public init(topic: String, payload: [UInt8], qos: QoS = .atMostOnce, retain: Bool = false) {
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
        }
    }

    /// A WebSocket.
    public struct WebSocket: Hashable, Sendable {
        /// The path that the client asks for. Most brokers have `/mqtt`.
        public var path: String

        /// Makes a WebSocket.
        public init(path: String = "/mqtt") { self.path = path }
    }

    /// How a connection is encrypted and whom it trusts.
    public struct TLS: Hashable, Sendable {
        /// The file of the certificate authorities in PEM; `nil` for those of the system.
        public var authorities: String?
        /// The file of the client's certificate in PEM.
        public var certificate: String?
        /// The file of the client's key in PEM.
        public var key: String?
        /// The password of an encrypted key.
        public var keyPassword: String?
        /// Whether a certificate for another host name is accepted. For tests only.
        public var acceptsAnyHostName: Bool
        /// A key that client and broker both know, instead of certificates (RFC 4279).
        public var preSharedKey: PreSharedKey?

        /// A key that two sides know beforehand.
        public struct PreSharedKey: Hashable, Sendable {
            /// The name under which the broker finds the key.
            public var identity: String
            /// The key.
            public var key: [UInt8]

            /// Makes a key.
            public init(identity: String, key: [UInt8]) {
                self.identity = identity
                self.key = key
            }
        }

        /// Makes TLS options.
        public init(
            authorities: String? = nil, certificate: String? = nil, key: String? = nil, keyPassword: String? = nil,
            acceptsAnyHostName: Bool = false
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
            self.keyPassword = keyPassword
            self.acceptsAnyHostName = acceptsAnyHostName
        }
    }

    /// Makes a configuration of a clean MQTT 3.1.1 session over plain TCP.
    public init(host: String, port: UInt16, clientID: String) {
        self.host = host
        addresses = []
        self.port = port
        self.clientID = clientID
        version = .v311
        keepsSession = false
        sessionExpiry = .max
        keepAlive = 60
        window = 64
        receiveMaximum = 65_535
        answerTimeout = 10_000_000_000
        readsProperties = false
    }
}
