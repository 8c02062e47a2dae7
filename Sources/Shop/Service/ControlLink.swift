internal import MQTT
internal import Reactor

/// A service's session for what is not part of a run: the harness's requests and the service's state. Lives on the service's reactor.
final class ControlLink: MQTTSessionHandler {
    /// What the harness asks for, as it came.
    struct Command: Sendable {
        var topic: String
        var payload: [UInt8]
    }

    let session: any MQTTSession
    let commands: AsyncStream<Command>
    private let service: ServiceName
    private let channel: AsyncStream<Command>.Continuation
    let connectionChanged: WaitQueue
    private var token: UInt64 = 0

    init(_ configuration: ServiceConfiguration, on reactor: Reactor) {
        service = configuration.service
        (commands, channel) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        session = configuration.session(
            clientID: "shop-\(configuration.instance)-control", version: configuration.protocolVersion
        ).makeSession(on: reactor)
        connectionChanged = WaitQueue(on: reactor)
        session.handler = self
    }

    /// Connects and subscribes.
    func connect() async throws {
        _ = try await session.connect()
        let filter = RunControl.filter(for: service)
        guard try await session.subscribe([filter], qos: .atLeastOnce).first != .some(nil) else {
            throw ShopError("The broker refuses \(service.rawValue) the subscription to '\(filter)': check its access rules and its user.")
        }
    }

    /// Tells the harness something; does nothing without a connection, as the harness asks again.
    func send(topic: String, payload: [UInt8], qos: QoS, retain: Bool = false) {
        token += 1
        guard session.sendCredit > 0 else { return }
        try? session.publish(topic: topic, payload: payload.span, qos: qos, retain: retain, token: token)
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        guard let name = String(validating: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self) else { return }
        channel.yield(Command(topic: name, payload: payload.withUnsafeBufferPointer { Array($0) }))
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {}
    func session(_ session: any MQTTSession, resending token: UInt64) {}
    func session(_ session: any MQTTSession, ended end: ConnectionEnd) { connectionChanged.wakeAll() }
}
