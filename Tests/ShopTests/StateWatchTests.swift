import Foundation
@testable import Harness
import MQTT
import Reactor
import Testing

@testable import Shop

/// What `waybill shop` is made of.
@Suite(.timeLimit(.minutes(1))) struct StateWatchTests {
    @Test func aBrokerThatIsLostEndsTheWatchWithASentence() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let reactor = try Reactor(name: "service")
                try await Teller(reactor, broker).tell(ServiceState(service: .order, instance: "order"))
                let watch = StateWatch(SessionConfiguration(host: "127.0.0.1", port: broker.port, clientID: "watch"))
                let error = await #expect(throws: ShopError.self) {
                    try await watch.run { state in
                        if state.service == .order { broker.kill() }
                        return true
                    }
                }
                let text = try #require(error?.description)
                #expect(text.hasPrefix("The connection to the broker at 127.0.0.1:\(broker.port) ended: "), "\(text)")
                await reactor.stop()
            }
        }
    }

    /// Says what a service would say.
    private actor Teller {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
        private let session: any MQTTSession

        init(_ reactor: Reactor, _ broker: EmbeddedBroker) {
            self.reactor = reactor
            session = SessionConfiguration(host: "127.0.0.1", port: broker.port, clientID: "order").makeSession(on: reactor)
        }

        func tell(_ state: ServiceState) async throws {
            _ = try await session.connect()
            let payload = [UInt8](try JSONEncoder().encode(state))
            try session.publish(topic: ServiceState.topic(state.service), payload: payload.span, qos: .atMostOnce, retain: true, token: 1)
            await session.disconnect()
        }
    }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "shop-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
