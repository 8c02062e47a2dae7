import Causality
import Foundation
import Logging
import MQTT
import Reactor
import Synchronization
import Testing
import Trace

@testable import Harness
@testable import Shop

/// A gateway with a real broker, and somebody who sends it what is none of its business.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HostileTests {
    /// Runs `body` beside the order service, with a log that can be read.
    private func withGateway(
        _ body: (Gateway, Stranger, LineLog) async throws -> Void, then look: (String) throws -> Void = { _ in }
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let reactor = try Reactor(name: "gateway")
                let log = LineLog()
                let configuration = ServiceConfiguration(
                    service: .order, host: "127.0.0.1", port: broker.port, store: directory + "/order.sqlite",
                    traces: directory + "/traces")
                let store = try ShopStore(path: configuration.store, of: .order, durability: .process)
                let gateway = try await Gateway(
                    configuration, plan: RunControl.RunPlan(run: 7, stock: [:], resendMilliseconds: 60_000), stored: nil, store: store,
                    reactor: reactor, edge: EdgeHub(), logger: Logger(label: "order") { _ in log })
                try await gateway.open()
                let running = Task { try await gateway.run() }
                let stranger = Stranger(reactor, port: broker.port)
                try await stranger.connect()
                try await body(gateway, stranger, log)
                await stranger.disconnect()
                await gateway.stop()
                try await running.value
                for path in try await gateway.finish(isOver: true) where !path.contains("locks") { try look(directory + "/traces/" + path) }
                await reactor.stop()
            }
        }
    }

    private func wait(for gateway: Gateway, _ condition: @Sendable (ServiceState) -> Bool) async throws {
        while await !condition(gateway.state()) { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// A good request of a customer, in the run of the gateway.
    private func request(_ number: UInt64, _ change: (inout Order) -> Void = { _ in }, kind: EventKind = .request) -> ShopMessage {
        var order = Order(
            id: "16.\(number)", customer: Customer(type: "company", name: "amazon"), item: Item(category: "car", vendor: "bmw"), quantity: 2
        )
        change(&order)
        var message = DomainTests.message(.order(order), topic: ShopTopic(from: .customer, to: .order, item: order.item, kind: kind))
        message.run = 7
        message.event.id = "16-\(number)"
        message.sequence = number
        message.stamp[.init(process: 16, incarnation: 0), "shop/customer/order"] = number
        return message
    }

    @Test func junkIsCountedAcknowledgedAndSummedUp() async throws {
        try await withGateway { gateway, stranger, log in
            for number in 1...250 {
                try await stranger.publish("shop/customer/order/car/junk\(number)/request", Array("{\"specversion\":\"1.0\"}".utf8))
                try await stranger.publish("shop/elsewhere\(number)/order/x", Array("junk".utf8))
            }
            try await wait(for: gateway) { $0.corrupt == 250 && $0.foreign == 250 }
            try await stranger.publish(request(1))
            try await wait(for: gateway) { $0.processed == 1 && $0.orders["placed"] == 1 }
            #expect(log.lines.count < 30, "\(log.lines.count) lines")
            #expect(!log.lines.contains { line in line.unicodeScalars.contains { $0.value < 32 } })
        } then: { path in
            var records = 0
            var notes: [String] = []
            let file = try TraceFile(path: path)
            file.forEach { event, _ in
                if case .deliveredUnreadable = event { records += 1 }
                if case .mark(let mark) = event { notes.append(file.text(mark.text)) }
            }
            #expect(records == Refusals.recorded)
            #expect(
                notes == [
                    "not acted on since the start: 250 corrupt and 250 foreign messages, 0 cancellations passed over; 400 have no record"
                ])
        }
    }

    @Test func whatWouldEndAServiceDoesNot() async throws {
        try await withGateway { gateway, stranger, _ in
            var number: UInt64 = 0
            for change in EventSchemaTests.changes {
                number += 1
                var event = try JSONSerialization.jsonObject(with: Data(request(number).structuredPayload())) as? [String: Any] ?? [:]
                change.apply(&event)
                let topic = request(number).event.topic
                try await stranger.publish(topic.text, EventSchemaTests.sealed(event, on: topic))
            }
            try await wait(for: gateway) {
                $0.corrupt + $0.processed == EventSchemaTests.changes.count && $0.held == 0 && $0.orders["placed"] == $0.processed
            }
            let state = await gateway.state()
            // What is wrong for the order service's own event is right for a customer's in two cases: his number, and the item of the topic.
            #expect(state.processed == 2 && state.orders == ["placed": 2], "\(state)")
            try await stranger.publish(request(1_000))
            try await wait(for: gateway) { $0.processed == 3 }
        }
    }

    @Test func cancellationsOfNothingAreBounded() async throws {
        try await withGateway { gateway, stranger, log in
            let most = 4 * Worker.greatestWithdrawn
            for number in 1...UInt64(2 * most) { try await stranger.publish(request(number, kind: .cancel)) }
            // What is processed shows before what became of it.
            try await wait(for: gateway) { $0.processed == 2 * most && ($0.orders["withdrawn"] ?? 0) + $0.passedOver == 2 * most }
            let state = await gateway.state()
            #expect((state.orders["withdrawn"] ?? 0) <= most, "\(state)")
            #expect(log.lines.count < 30, "\(log.lines.count) lines")
        }
    }

    /// An event of the outbox that no packet can carry is set aside, in this life and for those after.
    @Test func whatCannotBeSentIsSetAside() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let reactor = try Reactor(name: "gateway")
                var configuration = ServiceConfiguration(
                    service: .order, host: "127.0.0.1", port: broker.port, store: directory + "/order.sqlite",
                    traces: directory + "/traces")
                configuration.protocolVersion = .v5
                var store: ShopStore! = try ShopStore(path: configuration.store, of: .order, durability: .process)
                let plan = RunControl.RunPlan(run: 7, stock: [:])
                try await store.begin(plan, position: Position())
                // As base64 longer than one user property may be.
                let huge = DependencyStamp(
                    (16..<9_016).map {
                        .init(
                            topic: "shop/customer/order", publisher: .init(process: $0, incarnation: 0), count: EventSchema.greatestNumber)
                    })
                var commit = Commit(position: Position())
                commit.position.sequence = 2
                let topic = ShopTopic(from: .order, to: .packaging, item: DomainTests.order.item, kind: .request)
                commit.created = [huge, DomainTests.messages[0].stamp].enumerated().map { index, stamp in
                    OutboxEntry(
                        event: ShopEvent(id: "1-\(index + 1)", topic: topic, body: .order(DomainTests.order)), milliseconds: 5,
                        sequence: UInt64(index + 1), stamp: stamp.wireForm)
                }
                try await store.commit(commit)
                store = nil
                store = try ShopStore(path: configuration.store, of: .order, durability: .process)
                let stored = try #require(try await store.stored())
                #expect(stored.outbox.count == 2)
                let gateway = try await Gateway(
                    configuration, plan: plan, stored: stored, store: store, reactor: reactor, edge: EdgeHub(),
                    logger: Logger(label: "order") { _ in LineLog() })
                store = nil
                try await gateway.open()
                let running = Task { try await gateway.run() }
                try await wait(for: gateway) { $0.setAside == 1 && $0.unanswered == 1 && $0.owes == nil }
                await gateway.stop()
                try await running.value
                let files = try await gateway.finish(isOver: false)
                var withheld: [UInt64] = []
                for path in files where !path.contains("locks") {
                    try TraceFile(path: directory + "/traces/" + path).forEach { event, _ in
                        if case .completed(let end) = event, end.outcome == .withheld { withheld.append(end.sequence) }
                    }
                }
                #expect(withheld == [1])
                #expect(try inspect(configuration.store, "SELECT place FROM aside") == ["outbox"])
                #expect(try inspect(configuration.store, "SELECT id FROM outbox") == ["1-2"])
                await reactor.stop()
            }
        }
    }

    /// Somebody with a connection of his own.
    actor Stranger {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
        private let session: any MQTTSession
        private var token: UInt64 = 0

        init(_ reactor: Reactor, port: UInt16) {
            self.reactor = reactor
            var configuration = SessionConfiguration(host: "127.0.0.1", port: port, clientID: "stranger")
            configuration.version = .v5
            session = configuration.makeSession(on: reactor)
        }

        func connect() async throws { _ = try await session.connect() }
        func disconnect() async { await session.disconnect() }

        func publish(_ message: ShopMessage) async throws {
            try await publish(message.event.topic.text, message.structuredPayload())
        }

        func publish(_ topic: String, _ payload: [UInt8]) async throws {
            if session.sendCredit == 0 { try await session.waitForSendCredit() }
            token += 1
            try session.publish(topic: topic, payload: payload.span, qos: .atLeastOnce, retain: false, token: token)
        }
    }

    /// Keeps what is logged.
    final class LineLog: LogHandler, Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
            kept.withLock { $0.append(line) }
        }
    }
}
