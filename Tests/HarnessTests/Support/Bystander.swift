import MQTT
import Reactor

/// Somebody else who uses the broker of a run.
actor Bystander {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private let session: any MQTTSession
    private let listener = Listener()

    init(_ name: String, port: UInt16, credentials: SessionConfiguration.Credentials? = nil) throws {
        reactor = try Reactor(name: "bystander")
        var configuration = SessionConfiguration(host: "127.0.0.1", port: port, clientID: name)
        configuration.credentials = credentials
        session = configuration.makeSession(on: reactor)
        session.handler = listener
    }

    func connect() async throws { if !session.isConnected { _ = try await session.connect() } }

    func publish(_ text: String, to topic: String, retain: Bool = false) throws {
        try session.publish(topic: topic, payload: Array(text.utf8).span, qos: .atMostOnce, retain: retain, token: 1)
    }

    /// The topics of the retained messages that the broker has for a filter.
    func retained(_ filter: String) async throws -> [String] {
        let marker = "bystander/\(UInt64.random(in: 0 ... .max))"
        _ = try await session.subscribe([marker, filter], qos: .atMostOnce)
        // The broker sends what it has retained when it subscribes, so what is published afterwards comes behind.
        try publish("", to: marker)
        while !listener.others.contains(marker) { try await reactor.sleep(until: MonotonicClock.now + 5_000_000) }
        return listener.retained.sorted()
    }

    /// Ends the connection and the reactor, which cannot wait for its own end.
    nonisolated func leave() async {
        await disconnect()
        await reactor.stop()
    }

    private func disconnect() async { await session.disconnect() }

    private final class Listener: MQTTSessionHandler {
        var retained: Set<String> = []
        var others: Set<String> = []

        func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
            let name = String(decoding: topic.indices.map { topic[$0] }, as: UTF8.self)
            if delivery.retain { retained.insert(name) } else { others.insert(name) }
        }

        func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {}
        func session(_ session: any MQTTSession, resending token: UInt64) {}
        func session(_ session: any MQTTSession, ended end: ConnectionEnd) {}
    }
}
