import Foundation
import FoundationNetworking
import Logging
import Testing

@testable import Harness
@testable import Shop

/// What a service answers over HTTP, from a real one.
@Suite(.serialized) struct ServicePagesTests {
    private func get(_ port: UInt16, _ path: String, accept: String = "*/*") async throws -> (code: Int, type: String, text: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.setValue(accept, forHTTPHeaderField: "Accept")
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (answer.statusCode, answer.value(forHTTPHeaderField: "Content-Type") ?? "", String(decoding: data, as: UTF8.self))
    }

    @Test func aServiceTellsHowItIs() async throws {
        let port = try #require(Loopback.freePort())
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                var configuration = ServiceConfiguration(
                    service: .packaging, host: "127.0.0.1", port: broker.port, store: directory + "/packaging.sqlite",
                    traces: directory + "/traces")
                configuration.httpPort = port
                let service = ShopService(configuration, logger: Logger(label: "packaging"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service.run() }
                    // The port opens some time after the start: how long that takes is no matter.
                    while (try? await get(port, "/health"))?.code != 200 { try await Task.sleep(for: .milliseconds(50)) }
                    let health = try await get(port, "/health")
                    let state = try JSONDecoder().decode(ServiceState.self, from: Data(health.text.utf8))
                    #expect(state.service == .packaging && state.run == nil && state.isAtRest && health.type == "application/json")
                    let plain = try await get(port, "/metrics")
                    #expect(plain.code == 200 && plain.type.hasPrefix("text/plain; version=0.0.4"))
                    #expect(plain.text.contains("\n# TYPE shop_events_processed_total counter\n") && !plain.text.contains("EOF"))
                    let metrics = try await get(port, "/metrics", accept: "application/openmetrics-text; version=1.0.0")
                    #expect(metrics.code == 200 && metrics.type.hasPrefix("application/openmetrics-text"))
                    #expect(
                        metrics.text.contains("\nshop_events_processed_total{service=\"packaging\"} 0\n")
                            && metrics.text.hasSuffix("\n# EOF\n"))
                    let wrong = try await get(port, "/events?filter=shop/%23/all")
                    #expect(wrong.code == 400 && wrong.text.contains("'shop/#/all' is no topic filter"))
                    #expect(try await get(port, "/nothing").code == 404)

                    // Of two events the follower gets the one that it asked for, and when it has gone nothing is kept for it.
                    var follower: Follower? = Follower(port, "/events?filter=shop/%2B/%2B/car/bmw/%23")
                    while service.edge.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
                    for vendor in ["audi", "bmw"] {
                        let topic = ShopTopic(
                            from: .packaging, to: .order, item: Item(category: "car", vendor: vendor), kind: .reserved)
                        service.edge.publish(ShopEvent(id: vendor, topic: topic, body: .stored([vendor])))
                    }
                    let followed = follower?.read(until: "\n\n") ?? ""
                    #expect(followed.contains("\r\nContent-Type: text/event-stream\r\n") && followed.contains("id: bmw\nevent: reserved\n"))
                    #expect(!followed.contains("audi"), "\(followed)")
                    follower = nil
                    while service.edge.count > 0 { try await Task.sleep(for: .milliseconds(5)) }

                    broker.kill()
                    while (try? await get(port, "/health"))?.code != 503 { try await Task.sleep(for: .milliseconds(50)) }
                    let sick = try await get(port, "/health")
                    #expect(sick.text.contains("\"reason\":\"No connection to the broker at 127.0.0.1:"), "\(sick.text)")
                    group.cancelAll()
                    do { try await group.waitForAll() } catch is CancellationError {}
                }
            }
        }
    }

    /// Whatever an id is, an event stays one event: its fields end where they end.
    @Test(arguments: ["2-7\n\nid: 9", "2-7\r\rdata: x", "2-7\r\n", "\u{0}"]) func anIdEndsNoLine(id: String) {
        let item = Item(category: "car", vendor: "bmw")
        let event = ShopEvent(id: id, topic: ShopTopic(from: .packaging, to: .order, item: item, kind: .reserved), body: .stored([id]))
        let text = EventStream.text(event)
        let lines = String(decoding: text, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        #expect(lines.map { $0.prefix { $0 != ":" } } == ["id", "event", "data", "", ""], "\(lines)")
        #expect(text.allSatisfy { $0 >= 32 || $0 == 10 })
    }

    @Test func aFollowerReadsServerSentEvents() throws {
        let order = Order(
            id: "16.1", customer: Customer(type: "company", name: "amazon"), item: Item(category: "car", vendor: "bmw"), quantity: 2)
        let event = ShopEvent(
            id: "2-7", topic: ShopTopic(from: .packaging, to: .order, item: order.item, kind: .reserved), body: .order(order))
        let text = String(decoding: EventStream.text(event), as: UTF8.self)
        #expect(
            text == """
                id: 2-7
                event: reserved
                data: {"data":{"order":{"customer":"company/amazon","id":"16.1","item":"car/bmw","quantity":2}},"id":"2-7","topic":"shop/packaging/order/car/bmw/reserved"}


                """)
    }
}
