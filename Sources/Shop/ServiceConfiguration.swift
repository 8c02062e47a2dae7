public import MQTT

/// What a service needs to know before it starts.
public struct ServiceConfiguration: Sendable {
    /// Which of the four.
    public var service: ServiceName
    /// The name of this instance, in logs, states and the client identifiers at the broker.
    public var instance: String
    /// The broker's host name or address.
    public var host: String
    /// The addresses of the host, for whoever knows them; it is looked up otherwise, each time a session connects.
    public var addresses: [String] = []
    /// The broker's port.
    public var port: UInt16
    /// User name and password at the broker.
    public var credentials: SessionConfiguration.Credentials?
    /// TLS, or `nil` for plain TCP.
    public var tls: SessionConfiguration.TLS?
    /// The file of the store; made where there is none.
    public var store: String
    /// What a commit survives.
    public var durability = Durability.full
    /// The directory below which each run gets one for its traces.
    public var traces: String
    /// The QoS of what it publishes and subscribes to, unless the run says otherwise.
    public var qos = QoS.atLeastOnce
    /// The version of MQTT, unless the run says otherwise: events are in binary mode in 5.0 and in structured mode in 3.1.1.
    public var protocolVersion = ProtocolVersion.v5
    /// How many workers process events at a time, 1 to 64. Events of one order are processed one after the other.
    public var workers = 4
    /// The most messages above QoS 0 that are published and not yet acknowledged, 1 to 100.
    public var window = 100
    /// The port of /health, /metrics and /events on loopback, or wherever ``httpAddress`` says; `nil` for none, 0 for a free one.
    public var httpPort: UInt16?
    /// The address that the port is opened at.
    public var httpAddress = "127.0.0.1"
    /// What a test takes away from the service.
    public var defects: Set<ShopDefect> = []

    /// Makes the configuration of a service with an instance of its own name.
    public init(service: ServiceName, host: String, port: UInt16, store: String, traces: String) {
        self.service = service
        instance = service.rawValue
        self.host = host
        self.port = port
        self.store = store
        self.traces = traces
    }

    /// The most messages that a broker of MQTT 5.0 may have in flight to a service, and so the most of a batch. Were there more, the
    /// acknowledgements of what the service publishes would stand behind all of them in the socket, and it would publish one window for each such pile.
    static let receiveMaximum: UInt16 = 64

    /// What a session of this service is made with.
    func session(clientID: String, version: ProtocolVersion) -> SessionConfiguration {
        var session = SessionConfiguration(host: host, port: port, clientID: clientID)
        // What services in production use.
        session.engine = .libmosquitto
        session.addresses = addresses
        session.version = version
        session.credentials = credentials
        session.tls = tls
        session.window = window
        return session
    }
}
