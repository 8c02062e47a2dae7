import Foundation
import Logging
import MQTT
import Reactor
import Testing
import Trace

@testable import Harness
@testable import Shop

/// A service against a real broker, in this process.
@Suite(.timeLimit(.minutes(1))) struct GatewayTests {
    /// The life before may have ended before SUBACK: then the broker has a session of this name, without a subscription.
    @Test func aSessionWithoutASubscriptionGetsOne() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gateway-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await EmbeddedBroker.with(directory: directory) { broker in
            let reactor = try Reactor(name: "gateway")
            // Begun, and killed before it connected.
            try await Life(broker, directory, reactor).beginAndEnd()
            try await Session(reactor).leave("shop-order", at: broker)
            let second = try await Life(broker, directory, reactor).begin()
            #expect(await second.position.life == 2)
            try await second.open()
            #expect(await !second.isSubscribed)
            let running = Task { try await second.run() }
            while await !second.isSubscribed { try await Task.sleep(for: .milliseconds(5)) }
            await second.stop()
            try await running.value
            let paths = try await second.finish(isOver: true)
            let traced = try paths.map { try TraceFile(path: directory + "/traces/" + $0) }.flatMap { file in
                var found: [String] = []
                _ = file.forEach { event, _ in
                    if case .connected(let event) = event { found.append(event.sessionPresent ? "resumed" : "began") }
                    if case .subscribed(let event) = event { found.append("\(file.text(event.filter)) \(event.granted)") }
                }
                return found
            }
            #expect(traced == ["resumed", "shop/+/order/# 1"])
            await reactor.stop()
        }
    }

    /// One life of the order service.
    private struct Life {
        var configuration: ServiceConfiguration
        var reactor: Reactor

        init(_ broker: EmbeddedBroker, _ directory: String, _ reactor: Reactor) {
            configuration = ServiceConfiguration(
                service: .order, host: "127.0.0.1", port: broker.port, store: directory + "/order.sqlite", traces: directory + "/traces")
            self.reactor = reactor
        }

        /// As by a kill: whatever it has is released.
        func beginAndEnd() async throws { _ = try await begin() }

        func begin() async throws -> Gateway {
            let store = try ShopStore(path: configuration.store, of: .order, durability: .process)
            let stored = try await store.stored()
            return try await Gateway(
                configuration, plan: stored?.plan ?? RunControl.RunPlan(run: 7, stock: [:]), stored: stored, store: store, reactor: reactor,
                edge: EdgeHub(), logger: Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    /// Where a session of the test lives.
    private actor Session {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

        init(_ reactor: Reactor) { self.reactor = reactor }

        /// Leaves a kept session at a broker that has subscribed to nothing.
        func leave(_ clientID: String, at broker: EmbeddedBroker) async throws {
            var configuration = SessionConfiguration(host: "127.0.0.1", port: broker.port, clientID: clientID)
            configuration.version = .v5
            configuration.keepsSession = true
            let session = configuration.makeSession(on: reactor)
            _ = try await session.connect()
            session.drop()
        }
    }
}
