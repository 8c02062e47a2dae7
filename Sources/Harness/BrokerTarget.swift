internal import Foundation
internal import Measurement
package import MQTT
internal import Reactor
package import Workload

/// The broker of a run: one that the run started, or one that was there.
struct BrokerTarget: Sendable {
    let endpoint: BrokerEndpoint
    let url: String
    let name: String
    let version: String?
    /// How the connection to it is encrypted and what was verified; `nil` where it is not.
    let encryption: String?
    let credentials: SessionConfiguration.Credentials?
    let tls: SessionConfiguration.TLS?
    let webSocket: SessionConfiguration.WebSocket?
    /// How a client connects that only reads what the broker says of itself.
    let observer: SessionConfiguration
    private let embedded: EmbeddedBroker?

    /// A mosquitto of the run's own.
    /// - Parameter credentials: the only user that it lets in; `nil` where it lets in anybody.
    init(
        embedded broker: EmbeddedBroker, credentials: SessionConfiguration.Credentials? = nil, version: String,
        observer: Profile.Observer = .init(), run: String = RunToken.example
    ) {
        endpoint = BrokerEndpoint(host: "127.0.0.1", port: broker.port)
        url = "mqtt://127.0.0.1:\(broker.port)"
        name = "mosquitto"
        self.version = version
        encryption = nil
        self.credentials = credentials
        tls = nil
        webSocket = nil
        embedded = broker
        self.observer = Self.observer(endpoint, credentials, nil, observer, run)
    }

    /// A broker that runs already.
    /// - Throws: ``HarnessError`` where nobody listens there or a client is refused.
    init(url: BrokerURL, tls: Profile.TLS?, observer: Profile.Observer = .init(), run: String = RunToken.example) async throws {
        endpoint = try BrokerEndpoint.find(host: url.host, port: url.port)
        self.tls = url.usesTLS ? try SessionConfiguration.TLS(tls) : nil
        webSocket = url.webSocketPath.map(SessionConfiguration.WebSocket.init(path:))
        credentials = url.user.map { SessionConfiguration.Credentials(user: $0, password: url.password) }
        self.url = url.description
        embedded = nil
        var asking = Self.observer(endpoint, credentials, self.tls, observer, run)
        asking.webSocket = webSocket
        self.observer = asking
        let answer = try await BrokerIdentity.ask(self.observer)
        name = answer.name
        version = answer.version
        encryption = answer.encryption
    }

    /// Provides the broker that a profile asks for, for as long as `body` runs.
    /// - Parameters:
    ///   - defaults: settings of an embedded one that hold unless the profile has them.
    ///   - interruption: ends the waiting for the broker.
    /// - Throws: ``HarnessError`` where there is none, ``Interrupted``; what `body` throws.
    static func with<Value: Sendable>(
        _ profile: Profile, directory: RunDirectory, defaults: [(key: String, value: String)] = [],
        interruption: Interruption = Interruption(), _ body: (BrokerTarget) async throws -> Value
    ) async throws -> Value {
        switch profile.target {
        case .embedded(let settings):
            let version = try await EmbeddedBroker.version()
            // Nobody else on this machine takes part.
            let credentials = SessionConfiguration.Credentials.random()
            let lines = Self.lines(of: profile, settings, defaults: defaults)
            let own = Set(try profile.credentials().flatMap { $0 ?? [] })
            return try await EmbeddedBroker.with(
                settings: lines, directory: directory.path, credentials: [credentials] + own, interruption: interruption
            ) { broker in
                try await body(
                    BrokerTarget(
                        embedded: broker, credentials: credentials, version: version, observer: profile.observer, run: profile.run))
            }
        case .broker(let url, let tls):
            let target = try await interruption.cutting {
                try await BrokerTarget(url: url, tls: tls, observer: profile.observer, run: profile.run)
            }
            return try await body(target)
        }
    }

    /// The lines of mosquitto.conf of a broker of the run's own: what the profile sets, and what else it needs.
    static func lines(of profile: Profile, _ settings: [Profile.Setting], defaults: [(key: String, value: String)]) -> [String] {
        // Without it the broker holds small packets back for a while, and QoS 2 shows 44 ms that are not its own.
        let quick = defaults.contains { $0.key == "set_tcp_nodelay" } ? [] : [(key: "set_tcp_nodelay", value: "true")]
        // One whose counters are to be read publishes them as often as it can.
        let counting = profile.expectations.limits.isEmpty ? [] : [(key: "sys_interval", value: "1")]
        // Without a bound one packet takes three times 256 MB of memory.
        let bounded = [(key: "max_packet_size", value: "\(profile.greatestPacket)")]
        let others = (defaults + quick + counting + bounded).filter { other in !settings.contains { $0.key == other.key } }
        return settings.map { "\($0.key) \($0.value)" } + others.map { "\($0.key) \($0.value)" }
    }

    /// Whether the run started it, so that nobody else uses it and nothing in it is older than the run.
    var isEmbedded: Bool { embedded != nil }

    private static func observer(
        _ endpoint: BrokerEndpoint, _ credentials: SessionConfiguration.Credentials?, _ tls: SessionConfiguration.TLS?,
        _ observer: Profile.Observer, _ run: String
    ) -> SessionConfiguration {
        var configuration = SessionConfiguration(endpoint, clientID: observer.id(run: run))
        configuration.keepAlive = observer.keepAliveSeconds
        configuration.credentials = credentials
        configuration.tls = tls
        return configuration
    }

    /// The process of an embedded broker.
    var process: Int32? { embedded?.process }

    /// CPU seconds of an embedded broker so far.
    var cpuSeconds: Double? { embedded.flatMap { ProcessUsage.cpuSeconds(ofProcess: $0.process) } }

    /// Whether a broker of the run's own has ended before the run.
    var hasDied: Bool { embedded.map { !$0.isRunning } ?? false }

    /// Ends a broker of the run's own that answers nothing any more, so that its connections end.
    func giveUp() { embedded?.kill() }

    /// How a broker of the run's own ended before the run, in a sentence; `nil` where it still runs, and for one that was there.
    func end() async -> String? { hasDied ? await embedded?.end() : nil }

    /// Returns how a broker of the run's own ended, as soon as it does; with one that was there, not before it is cancelled.
    func waitForEnd() async throws -> String {
        while true {
            try await Task.sleep(for: .milliseconds(100))
            if let end = await end() { return end }
        }
    }

    func outcome(cpuSeconds: Double?) -> RunOutcome.Broker {
        RunOutcome.Broker(name: name, version: version, cpuSeconds: cpuSeconds, embedded: embedded != nil, url: url, encryption: encryption)
    }
}

extension SessionConfiguration.TLS {
    /// The options of a profile; without them, the system's authorities.
    /// - Throws: ``HarnessError`` where the file with the password of the key cannot be read.
    package init(_ tls: Profile.TLS?) throws(HarnessError) {
        self.init(
            authorities: tls?.caFile, certificate: tls?.certFile, key: tls?.keyFile,
            keyPassword: try tls?.keyPasswordFile.map { path throws(HarnessError) in try SecretFile.read(path, "the password of the key") }
                ?? ProcessInfo.processInfo.environment["WAYBILL_KEY_PASSWORD"],
            acceptsAnyHostName: tls?.insecure ?? false)
        guard let identity = tls?.pskIdentity, let file = tls?.pskKeyFile else { return }
        let digits = Array(try SecretFile.read(file, "the key that client and broker know"))
        guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw HarnessError(.failure, "\(file), the key that client and broker know, is not an even number of hexadecimal digits.")
        }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
        preSharedKey = PreSharedKey(identity: identity, key: bytes)
    }
}
