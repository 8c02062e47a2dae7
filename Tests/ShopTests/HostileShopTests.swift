import Causality
import Foundation
import Logging
import MQTT
import Reactor
import Synchronization
import Testing
import Workload

@testable import Harness
@testable import Shop

/// A running shop with somebody on its broker who says anything in anybody's name.
@Suite(.serialized, .timeLimit(.minutes(4))) struct HostileShopTests {
    // Orders that nobody placed may never come to their end.
    private static let profile = """
        name: hostile
        shop: { customers: 5, orders: 60, rate: 20/s, arrival: poisson, stock: 5000, cancel: 20%, duplicate: 10%, resend_after: 1s, durability: process }
        phases: { drain: { quiet: 1s, limit: 40s } }

        """

    /// Whatever is said, all four services live, no stock appears or is lost, and who is honest gets an answer.
    @Test(arguments: [1, 2, 3] as [UInt64]) func aShopOutlivesWhateverIsSaid(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let dead = Deaths()
                let speaker = try AnySpeaker(seed: seed, port: broker.port)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for service in ServiceName.allCases {
                        let configuration = ServiceConfiguration(
                            service: service, host: "127.0.0.1", port: broker.port, store: "\(directory)/\(service.rawValue).sqlite",
                            traces: "\(directory)/traces")
                        group.addTask {
                            do {
                                try await ShopService(
                                    configuration, logger: Logger(label: service.rawValue) { _ in SwiftLogNoOpLogHandler() }
                                )
                                .run()
                            } catch is CancellationError {
                            } catch {
                                dead.add("\(service.rawValue): \(error)")
                            }
                        }
                    }
                    let target = try BrokerURL(parsing: "mqtt://127.0.0.1:\(broker.port)")
                    let profile = try Profile.parse(yaml: Self.profile, file: "hostile.yaml").replacingTarget(with: target)
                    var run = ShopRun(profile: profile, output: directory + "/runs", runningServices: directory + "/traces")
                    run.patience = .seconds(60)
                    group.addTask { try await speaker.speak(500) }
                    let outcome = try await run.execute()
                    let shop = try #require(outcome.shop)
                    #expect(shop.placed == 60 && shop.unconfirmed == 0, "seed \(seed): \(shop)")
                    #expect(shop.services.count == 4 && shop.services.allSatisfy { $0.life == 1 && $0.processed > 0 })
                    group.cancelAll()
                    try await group.waitForAll()
                    #expect(await speaker.said == 500)
                    await speaker.stop()
                }
                #expect(dead.all == [], "seed \(seed)")
                // Of each item there is as much as there was: on hand, or set aside and not given back.
                let store = directory + "/packaging.sqlite"
                #expect(try inspect(store, "SELECT item FROM stock").count == Catalogue.items.count)
                let wrong = try inspect(
                    store,
                    "SELECT item || ' ' || on_hand || ' ' || reserved FROM stock WHERE on_hand < 0 OR reserved < 0 OR on_hand + reserved <> 5000"
                )
                #expect(wrong == [], "seed \(seed)")
            }
        }
    }
}

/// The services that have ended, and why.
private final class Deaths: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ death: String) { kept.withLock { $0.append(death) } }
}

/// Says random things, in the name of a random party each: some that could be true, some that could not, some that are no events at all.
private actor AnySpeaker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private let session: any MQTTSession
    private let listener = RunListener()
    private var random: RandomStream
    private(set) var said = 0

    init(seed: UInt64, port: UInt16) throws {
        reactor = try Reactor(name: "speaker")
        random = RandomStream(state: seed)
        var configuration = SessionConfiguration(host: "127.0.0.1", port: port, clientID: "speaker")
        configuration.version = .v5
        session = configuration.makeSession(on: reactor)
    }

    func speak(_ count: Int) async throws {
        session.handler = listener
        _ = try await session.connect()
        _ = try await session.subscribe([RunControl.harnessFilter], qos: .atLeastOnce)
        while listener.run == nil { try await Task.sleep(for: .milliseconds(10)) }
        for number in 1...count {
            if session.sendCredit == 0 { try await session.waitForSendCredit() }
            let (topic, payload) = try any(UInt64(number))
            try session.publish(topic: topic, payload: payload.span, qos: .atLeastOnce, retain: false, token: UInt64(number))
            said += 1
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func leave() async { await session.disconnect() }

    /// From outside of the reactor, which cannot wait for itself.
    nonisolated func stop() async {
        await leave()
        await reactor.stop()
    }

    private func any(_ number: UInt64) throws -> (String, [UInt8]) {
        let message = event(number)
        let topic = message.event.topic.text
        switch random.below(6) {
        case 0, 1: return (topic, try message.structuredPayload())
        case 2: return control()
        case 3: return (topic, (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        default:
            var json = try JSONSerialization.jsonObject(with: Data(message.structuredPayload())) as? [String: Any] ?? [:]
            spoil(&json)
            var bytes = [UInt8](try JSONSerialization.data(withJSONObject: json))
            if let read = try? JSONDecoder().decode(CloudEvent.self, from: Data(bytes)) {
                json["checksum"] = read.computedChecksum(topic: message.event.topic)
                bytes = [UInt8](try JSONSerialization.data(withJSONObject: json))
            }
            return (topic, bytes)
        }
    }

    /// An event that fits the schema, in the run that goes on. Its number is one that no honest event has.
    private func event(_ number: UInt64) -> ShopMessage {
        let rows: [(Party, Party, EventKind)] = [
            (.customer, .order, .request), (.customer, .order, .cancel), (.order, .packaging, .request), (.order, .packaging, .cancel),
            (.packaging, .order, .reserved), (.packaging, .order, .failed), (.packaging, .order, .cancelled),
            (.packaging, .shipping, .request), (.packaging, .notification, .failed), (.packaging, .notification, .cancelled),
            (.shipping, .notification, .shipped), (.shipping, .order, .shipped), (.customer, .shipping, .request),
            (.customer, .notification, .shipped), (.customer, .packaging, .request), (.order, .shipping, .request),
        ]
        let (from, to, kind) = rows[random.below(rows.count)]
        let customerNumber = random.below(5)
        let item = Catalogue.items[random.below(Catalogue.items.count)]
        // Its own order; one by the id of another customer's order; or a real one, which may be cancelled, but of which nobody can have its customer
        // believe that it is over before he has placed it: who says that speaks as the customer, and then it is.
        let owner = kind == .cancel && random.below(2) == 0 ? customerNumber : (customerNumber + 1 + random.below(4)) % 5
        let id = random.below(3) > 0 ? "\(16 + owner).\(1 + random.below(12))" : "x.\(random.below(50))"
        let customer = Catalogue.customers[customerNumber]
        let quantity = [1, 3, 1_000, 1_000_000][random.below(4)]
        let process = ServiceName(rawValue: from.rawValue)?.process ?? UInt32(16 + random.below(5))
        let topic = ShopTopic(from: from, to: to, item: item, kind: kind)
        let sequence = [1 + random.next() % 100, 1 << 53][random.below(2)]
        var stamp = DependencyStamp()
        stamp[PublisherID(process: process, incarnation: 0), topic.causalKey] = 1 + random.next() % sequence
        for route in ["shop/order/packaging", "shop/packaging/order", "shop/shipping/order"] where random.below(3) == 0 {
            let speaker = ServiceName(rawValue: String(route.split(separator: "/")[1]))?.process ?? 0
            stamp[PublisherID(process: speaker, incarnation: 0), route] = 1 + random.next() % 1_000
        }
        return ShopMessage(
            event: ShopEvent(
                id: "\(process)-\(1_000_000 + number)", topic: topic,
                body: .order(Order(id: id, customer: customer, item: item, quantity: quantity))),
            run: listener.run ?? 1, publisher: process, sequence: sequence, stamp: stamp, milliseconds: 1_795_640_823_040)
    }

    private func spoil(_ json: inout [String: Any]) {
        var data = json["data"] as? [String: Any] ?? [:]
        var order = data["order"] as? [String: Any] ?? [:]
        let texts = [
            "", "\u{0}", "Ç", "../../x", "\u{1B}[2J", String(repeating: "a", count: 5_000), "9223372036854775808", "-1", "1\n\nid: 2",
        ]
        let text = texts[random.below(texts.count)]
        switch random.below(4) {
        case 0: order["quantity"] = [-5, Int.min, Int.max, 0][random.below(4)]
        case 1: order[["id", "customer", "item"][random.below(3)]] = text
        case 2: json[["id", "source", "type", "subject", "time", "run", "publisher", "sequence", "stamp"][random.below(9)]] = text
        default: json[["id", "data", "sequence", "stamp", "time"][random.below(5)]] = nil
        }
        data["order"] = order
        if json["data"] != nil { json["data"] = data }
        if random.below(2) == 0 { json["subject"] = order["id"] }
    }

    /// Something about the run that cannot be.
    private func control() -> (String, [UInt8]) {
        let service = ServiceName.allCases[random.below(4)].rawValue
        let run = String(listener.run ?? 1, radix: 16)
        let forged: [(String, String)] = [
            ("shop/harness/\(service)/run/\(run)/begin", "{\"run\":\"\(run)\",\"resendMilliseconds\":-1}"),
            (
                "shop/harness/\(service)/run/1/begin",
                "{\"run\":\"1\",\"stock\":{},\"qos\":{},\"packingMilliseconds\":9223372036854775807,\"resendMilliseconds\":-1,\"causalTimeoutMilliseconds\":0}"
            ),
            ("shop/\(service)/harness/run/\(run)/closed", "[\"../../../etc/passwd\"]"),
            (
                "shop/\(service)/monitor/all/all/state",
                "{\"service\":\"\(service)\",\"instance\":\"\",\"run\":\"\(run)\",\"life\":1,\"orders\":{},\"stock\":{},\"processed\":9223372036854775807,\"repeated\":1,\"published\":9223372036854775807,\"unanswered\":0,\"held\":0,\"isAtRest\":true,\"concurrent\":0,\"corrupt\":0,\"foreign\":0,\"passedOver\":0,\"setAside\":0}"
            ),
        ]
        let (topic, text) = forged[random.below(forged.count)]
        return (topic, Array(text.utf8))
    }
}

/// Hears which run goes on, once all services are ready; touched on the reactor only.
private final class RunListener: MQTTSessionHandler {
    private var ready: Set<ServiceName> = []
    private(set) var run: UInt64?

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let name = String(decoding: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self)
        guard let (service, run, answer) = RunControl.answer(topic: name), answer == .ready else { return }
        ready.insert(service)
        if ready.count == ServiceName.allCases.count { self.run = run }
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {}
    func session(_ session: any MQTTSession, resending token: UInt64) {}
    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {}
}

extension RandomStream {
    fileprivate mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }
}
