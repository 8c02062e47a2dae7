public import MQTT
internal import Reactor

/// Hears what the services of a running shop say of themselves.
public struct StateWatch: Sendable {
    private let session: SessionConfiguration

    /// Makes a watch.
    /// - Parameter session: how to reach the broker. The user may read `shop/+/monitor/#`.
    public init(_ session: SessionConfiguration) {
        self.session = session
    }

    /// Calls `body` for each state that a service tells, until it returns `false` or the task is cancelled. What services said last comes first, as
    /// the broker retains it.
    /// - Throws: `MQTTError`, `ReactorError`; ``ShopError`` where the subscription is refused or the connection ends.
    public func run(_ body: @escaping @Sendable (ServiceState) async -> Bool) async throws {
        let reactor = try Reactor(name: "watch")
        let watcher = Watcher(session, on: reactor)
        let result: Result<Void, any Error>
        do {
            for try await state in try await withTaskExecutorPreference(reactor, operation: { try await watcher.states() }) {
                guard await body(state) else { break }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await withTaskExecutorPreference(reactor) { await watcher.close() }
        await reactor.stop()
        try result.get()
        try Task.checkCancellation()
    }
}

/// The session of a watch, pinned to its reactor.
private actor Watcher {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private let link: WatchLink

    init(_ session: SessionConfiguration, on reactor: Reactor) {
        self.reactor = reactor
        link = WatchLink(session.makeSession(on: reactor))
    }

    func states() async throws -> AsyncThrowingStream<ServiceState, any Error> {
        _ = try await link.session.connect()
        guard try await link.session.subscribe([ServiceState.filter], qos: .atMostOnce).first != .some(nil) else {
            throw ShopError("The broker refuses the subscription to '\(ServiceState.filter)': name a user who may read it with --broker.")
        }
        return link.states
    }

    func close() async { await link.session.disconnect() }
}

private final class WatchLink: MQTTSessionHandler {
    let session: any MQTTSession
    let states: AsyncThrowingStream<ServiceState, any Error>
    private let channel: AsyncThrowingStream<ServiceState, any Error>.Continuation

    init(_ session: any MQTTSession) {
        self.session = session
        (states, channel) = AsyncThrowingStream.makeStream(bufferingPolicy: .bufferingNewest(64))
        session.handler = self
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let name = String(validating: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self) ?? ""
        if let state = ServiceState.read(topic: name, payload: payload.withUnsafeBufferPointer { Array($0) }) { channel.yield(state) }
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {}
    func session(_ session: any MQTTSession, resending token: UInt64) {}

    /// What was shown last says nothing any more of how the services are.
    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
        guard end != .requested else { return channel.finish() }
        let broker = "\(session.configuration.host):\(session.configuration.port)"
        let cause = session.likelyCauseOfEnd.map { "; \($0)" } ?? ""
        channel.finish(throwing: ShopError("The connection to the broker at \(broker) ended: \(end)\(cause)."))
    }
}
