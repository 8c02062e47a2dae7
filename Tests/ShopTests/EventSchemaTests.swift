import Causality
import Foundation
import Testing
import Yams

@testable import Shop

/// One schema decides what an event is: what it refuses is corrupt, and docs/asyncapi.yaml says the same.
@Suite struct EventSchemaTests {
    private let schema: JSONSchema

    init() throws {
        let text = try String(contentsOf: AsyncAPITests.repository.appending(path: "docs/asyncapi.yaml"), encoding: .utf8)
        schema = JSONSchema(document: try #require(try Yams.load(yaml: text) as? [String: Any]))
    }

    /// A change of an event that makes it none.
    struct Change: CustomTestStringConvertible, Sendable {
        var name: String
        /// Whether the schema of the document can say that it is wrong; the rest is in its words.
        var isInSchema: Bool
        var apply: @Sendable (inout [String: Any]) -> Void
        var testDescription: String { name }

        init(_ name: String, isInSchema: Bool = true, _ apply: @escaping @Sendable (inout [String: Any]) -> Void) {
            self.name = name
            self.isInSchema = isInSchema
            self.apply = apply
        }

        /// One attribute becomes another.
        static func attribute(_ key: String, _ value: String, _ isInSchema: Bool = true) -> Change {
            Change("\(key) \(value.prefix(40).debugDescription)", isInSchema: isInSchema) { $0[key] = value }
        }

        /// One key of the order becomes another, and of the subject where it is the id.
        static func order(_ key: String, _ value: any Sendable, _ isInSchema: Bool = true) -> Change {
            Change("order's \(key) \("\(value)".prefix(40).debugDescription)", isInSchema: isInSchema) { event in
                var data = event["data"] as? [String: Any] ?? [:]
                var order = data["order"] as? [String: Any] ?? [:]
                order[key] = value
                data["order"] = order
                event["data"] = data
                if key == "id" { event["subject"] = value }
            }
        }
    }

    static let changes: [Change] =
        [-5, 0, 1_000_001, Int.min, Int.max].map { .order("quantity", $0) } + [
            .order("id", ""), .order("id", String(repeating: "a", count: 129)), .order("id", "16\u{0}1"), .order("id", "16\n1"),
            .order("id", "\u{1B}[2J"), .order("id", "\u{202E}16"), .order("id", "Ç"), .order("id", "C\u{327}"), .order("id", "../16"),
            .order("customer", "company/" + String(repeating: "a", count: 70_000)), .order("customer", "company/amazon/x"),
            .order("customer", "company"), .order("customer", "company/ama\u{0}zon"), .order("customer", "com+/x"),
            .order("customer", "/x"),
            .order("item", "3c/\u{7F}"), .order("item", "3c/#"), .order("item", "car/bmw", false),
            .attribute("sequence", "0"), .attribute("sequence", "-1"), .attribute("sequence", "+9"), .attribute("sequence", "09"),
            .attribute("sequence", "9007199254740993", false), .attribute("sequence", "9223372036854775808"),
            .attribute("sequence", "18446744073709551616"),
            .attribute("publisher", "2", false), .attribute("publisher", "16", false), .attribute("publisher", "0"),
            .attribute("publisher", "4294967297"),
            .attribute("id", "1-0"), .attribute("id", "2-7", false), .attribute("id", "1-7\u{0}"), .attribute("id", "1-7\n\nid: 9"),
            .attribute("id", "1-" + String(repeating: "7", count: 70_000)), .attribute("id", "e7"),
            .attribute("source", "/shop/packaging", false), .attribute("source", "shop"), .attribute("type", "waybill.shop.cancel", false),
            .attribute("type", "waybill.shop.nothing"), .attribute("subject", "16-2", false),
            .attribute("run", ""), .attribute("run", "+1f"), .attribute("run", "1F"), .attribute("run", "10000000000000000"),
            .attribute("time", "yesterday"), .attribute("time", "2026-02-30T00:00:00.000Z", false),
            .attribute("datacontenttype", "text/plain"),
            .attribute("stamp", ""), .attribute("stamp", "!!!!", false), .attribute("stamp", "AA==", false),
            .attribute("stamp", stamp { _ in }, false),
            // Its own count is more than its sequence, or any count more than can be counted.
            .attribute("stamp", stamp { $0[order, "shop/order/packaging"] = 10 }, false),
            .attribute(
                "stamp",
                stamp {
                    $0[order, "shop/order/packaging"] = 1; $0[customer, "shop/customer/order"] = 1 << 53 + 1
                }, false),
            .attribute(
                "stamp",
                stamp {
                    $0[order, "shop/order/packaging"] = 1; $0[customer, "shop/customer/order"] = .max
                }, false),
            // Somebody speaks on another's route, or on none.
            .attribute(
                "stamp",
                stamp {
                    $0[order, "shop/order/packaging"] = 1; $0[customer, "shop/packaging/order"] = 1
                }, false),
            .attribute(
                "stamp",
                stamp {
                    $0[order, "shop/order/packaging"] = 1; $0[order, "elsewhere"] = 1
                }, false),
            .attribute(
                "stamp",
                stamp {
                    $0[order, "shop/order/packaging"] = 1; $0[order, "shop/order/customer/company/amazon"] = 1
                }, false),
            .attribute("stamp", manyEntries(30_000)),
            Change("no data", { $0["data"] = [String: Any]() }),
            Change("an outcome where none belongs", isInSchema: false) { event in
                var data = event["data"] as? [String: Any] ?? [:]
                data["outcome"] = "shipped"
                event["data"] = data
            },
            Change("a receipt where an order belongs", { $0["data"] = ["stored": ["2-1"]] }),
            Change("no sequence", { $0["sequence"] = nil }),
        ]

    private static let order = PublisherID(process: 1, incarnation: 0)
    private static let customer = PublisherID(process: 16, incarnation: 0)

    private static func stamp(_ change: (inout DependencyStamp) -> Void) -> String {
        var stamp = DependencyStamp()
        change(&stamp)
        return Data(stamp.wireForm).base64EncodedString()
    }

    private static func manyEntries(_ count: UInt32) -> String {
        let others = (16..<16 + count).map {
            DependencyStamp.Entry(topic: "shop/customer/order", publisher: PublisherID(process: $0, incarnation: 0), count: 1)
        }
        var bytes: [UInt8] = []
        DependencyStamp(others + [.init(topic: "shop/order/packaging", publisher: order, count: 1)]).encode(into: &bytes)
        return Data(bytes).base64EncodedString()
    }

    private static func json(_ message: ShopMessage) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(message.structuredPayload())) as? [String: Any] ?? [:]
    }

    /// The event with the checksum that goes with what it says, so that nothing but the schema can refuse it.
    static func sealed(_ event: [String: Any], on topic: ShopTopic) throws -> [UInt8] {
        var event = event
        if let read = try? JSONDecoder().decode(CloudEvent.self, from: JSONSerialization.data(withJSONObject: event)) {
            event["checksum"] = read.computedChecksum(topic: topic)
        }
        return [UInt8](try JSONSerialization.data(withJSONObject: event))
    }

    @Test(arguments: changes) func whatCannotBeAnEventIsCorrupt(change: Change) throws {
        let message = DomainTests.messages[0]
        var event = try Self.json(message)
        change.apply(&event)
        let payload = try Self.sealed(event, on: message.event.topic)
        guard case .corrupt(let reason) = ShopMessage.decode(topic: message.event.topic.text, payload: payload.span) else {
            Issue.record("\(change.name) was taken for an event")
            return
        }
        // The reason is shown to people: it quotes nothing of what is wrong.
        #expect(EventSchema.isSentence(reason, longest: 400), "\(reason.debugDescription)")
        let flaw = try schema.flaw(event, "orderEvent")
        #expect((flaw != nil) == change.isInSchema, "\(flaw ?? "it fits")")
    }

    @Test(arguments: DomainTests.messages) func whatIsSentFitsTheSchema(message: ShopMessage) throws {
        let name =
            switch message.event.body {
            case .order: "orderEvent"
            case .outcome: "outcomeEvent"
            case .stored: "receiptEvent"
            }
        #expect(try schema.flaw(try Self.json(message), name) == nil)
        // Sealed anew it is still the same event, so the seal of these tests is that of the program.
        let payload = try Self.sealed(try Self.json(message), on: message.event.topic)
        #expect(ShopMessage.decode(topic: message.event.topic.text, payload: payload.span) == .message(message))
    }

    @Test func theBoundsAreThoseOfTheDocument() throws {
        for (quantity, fits) in [(1, true), (1_000_000, true), (1_000_001, false), (0, false)] {
            let order = Order(id: "1", customer: DomainTests.order.customer, item: DomainTests.order.item, quantity: quantity)
            #expect(order.isValid == fits)
            let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(order))
            #expect((try schema.flaw(json, "order") == nil) == fits)
        }
        let most = [String](repeating: "1-1", count: EventSchema.greatestReceipt)
        #expect(try schema.flaw(["stored": most], "receiptData") == nil)
        #expect(try schema.flaw(["stored": most + ["1-1"]], "receiptData") != nil)
    }

    /// All within what one user may publish, and nobody's business.
    @Test(arguments: [
        "shop/customer/shipping/3c/apple/request", "shop/customer/notification/3c/apple/shipped",
        "shop/customer/packaging/3c/apple/request",
        "shop/customer/order/3c/apple/reserved", "shop/order/shipping/3c/apple/request", "shop/shipping/packaging/3c/apple/cancel",
        "shop/notification/order/3c/apple/shipped", "shop/order/order/3c/apple/request", "shop/monitor/order/3c/apple/request",
        "shop/harness/order/3c/apple/request",
    ]) func whoSaysWhatIsNotHisToSayIsCorrupt(topic: String) throws {
        let topic = try #require(ShopTopic(topic))
        var event = try Self.json(DomainTests.message(.order(DomainTests.order), topic: topic))
        event["publisher"] = "\(ServiceName(rawValue: topic.from.rawValue)?.process ?? 16)"
        let payload = try Self.sealed(event, on: topic)
        guard case .corrupt(let reason) = ShopMessage.decode(topic: topic.text, payload: payload.span) else {
            Issue.record("\(topic.text) was taken for an event")
            return
        }
        #expect(reason == "Nobody says anything on '\(topic.text)'.")
    }

    @Test func aPayloadThatIsTooLargeIsNotEvenRead() {
        let payload = [UInt8](repeating: UInt8(ascii: "{"), count: EventSchema.greatestPayload + 1)
        #expect(
            ShopMessage.decode(topic: "shop/order/packaging/3c/apple/request", payload: payload.span)
                == .corrupt("A payload on 'shop/order/packaging/3c/apple/request' has more than 131072 bytes."))
    }

    /// As many connections of customers as a profile may have, through each of which more was said than a run of days makes, and what the services say
    /// among themselves.
    @Test func theStampOfAsManyConnectionsAsThereMayBeFitsIntoAnEvent() {
        func stamp(_ count: Int) -> DependencyStamp {
            var entries: [DependencyStamp.Entry] = []
            func add(_ route: String, _ process: UInt32) {
                entries.append(.init(topic: route, publisher: PublisherID(process: process, incarnation: 0), count: 2_000_000))
            }
            for (from, to) in [("order", "packaging"), ("packaging", "order"), ("packaging", "shipping"), ("packaging", "notification")]
                + [("shipping", "notification"), ("shipping", "order"), ("shipping", "packaging"), ("order", "shipping")]
                + [("notification", "packaging"), ("notification", "shipping")]
            {
                add("shop/\(from)/\(to)", ServiceName(rawValue: from)?.process ?? 0)
            }
            add("shop/order/customer", ServiceName.order.process)
            add("shop/notification/customer", ServiceName.notification.process)
            for number in 0..<UInt32(count) {
                add("shop/customer/order", EventSchema.customers.lowerBound + number)
                add("shop/customer/notification", EventSchema.customers.lowerBound + number)
            }
            return DependencyStamp(entries)
        }
        let greatest = stamp(2_000)
        #expect(greatest.isValid)
        #expect(greatest.encodedLength <= EventSchema.greatestStampBytes)
        // Where it ends, and why a profile may not have many more.
        #expect(stamp(8_000).encodedLength > EventSchema.greatestStampBytes)
    }

    /// A service that has told two hundred customers something stamps as one that has told ten.
    @Test func aStampDoesNotGrowWithWhomTheServicesHaveTold() {
        func length(_ customers: Int) -> Int {
            var service = CausalPublisher(PublisherID(process: ServiceName.order.process, incarnation: 0))
            for customer in Catalogue.customers(customers) {
                service.processed(DependencyStamp([.init(topic: "shop/customer/order", publisher: Self.customer, count: 1)]))
                _ = service.publish(to: ShopTopic(from: .order, to: customer, kind: .receipt).causalKey)
            }
            return service.publish(to: ShopTopic(receiptFrom: .order, to: .packaging).causalKey).encodedLength
        }
        // A count above 127 takes a second byte.
        #expect(length(200) <= length(10) + 1)
    }
}
