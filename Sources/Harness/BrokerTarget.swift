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
    let credentials: SessionConfiguration.Credentials?
    let tls: SessionConfiguration.TLS?
    private let embedded: EmbeddedBroker?

    /// A mosquitto of the run's own.
    init(embedded broker: EmbeddedBroker, version: String) {
        endpoint = BrokerEndpoint(host: "127.0.0.1", port: broker.port)
        url = "mqtt://127.0.0.1:\(broker.port)"
        name = "mosquitto"
        self.version = version
        credentials = nil
        tls = nil
        embedded = broker
    }

    /// A broker that runs already.
    /// - Throws: ``HarnessError`` where nobody listens there or a client is refused.
    init(url: BrokerURL, tls: Profile.TLS?) async throws {
        endpoint = try BrokerEndpoint.find(host: url.host, port: url.port)
        self.tls = url.usesTLS ? try SessionConfiguration.TLS(tls) : nil
        credentials = url.user.map { SessionConfiguration.Credentials(user: $0, password: url.password) }
        self.url = url.description
        embedded = nil
        let answer = try await BrokerIdentity.ask(Self.observer(endpoint, credentials, self.tls))
        name = answer.name
        version = answer.version
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
            var lines = settings.map { "\($0.key) \($0.value)" }
            // One whose counters are to be read publishes them as often as it can.
            // Without it the broker holds small packets back for a while, and QoS 2 shows 44 ms that are not its own.
            let quick = defaults.contains { $0.key == "set_tcp_nodelay" } ? [] : [(key: "set_tcp_nodelay", value: "true")]
            let all = defaults + quick + (profile.expectations.limits.isEmpty ? [] : [("sys_interval", "1")])
            for (key, value) in all where !settings.contains(where: { $0.key == key }) { lines.append("\(key) \(value)") }
            return try await EmbeddedBroker.with(settings: lines, directory: directory.path, interruption: interruption) { broker in
                try await body(BrokerTarget(embedded: broker, version: version))
            }
        case .broker(let url, let tls):
            return try await body(try await interruption.cutting { try await BrokerTarget(url: url, tls: tls) })
        }
    }

    /// Whether the run started it, so that nobody else uses it and nothing in it is older than the run.
    var isEmbedded: Bool { embedded != nil }

    /// How a client connects that only reads what the broker says of itself.
    var observer: SessionConfiguration { Self.observer(endpoint, credentials, tls) }

    private static func observer(
        _ endpoint: BrokerEndpoint, _ credentials: SessionConfiguration.Credentials?, _ tls: SessionConfiguration.TLS?
    ) -> SessionConfiguration {
        var configuration = SessionConfiguration(endpoint, clientID: "waybill-\(UInt32.random(in: 0 ... .max))")
        configuration.credentials = credentials
        configuration.tls = tls
        return configuration
    }

    /// CPU seconds of an embedded broker so far.
    var cpuSeconds: Double? { embedded.flatMap { ProcessUsage.cpuSeconds(ofProcess: $0.process) } }

    /// Whether a broker of the run's own has ended before the run.
    var hasDied: Bool { embedded.map { !$0.isRunning } ?? false }

    /// Ends a broker of the run's own that answers nothing any more, so that its connections end.
    func giveUp() { embedded?.kill() }

    func outcome(cpuSeconds: Double?) -> RunOutcome.Broker {
        RunOutcome.Broker(name: name, version: version, cpuSeconds: cpuSeconds, embedded: embedded != nil, url: url)
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
    }
}
