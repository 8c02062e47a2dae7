import Causality
import Testing

@testable import Shop

@Suite struct DomainTests {
    static func message(_ body: ShopEvent.Body, topic: ShopTopic) -> ShopMessage {
        let process = ServiceName(rawValue: topic.from.rawValue)?.process ?? 16
        var stamp = DependencyStamp()
        stamp[PublisherID(process: process, incarnation: 0), topic.causalKey] = 7
        stamp[PublisherID(process: 16, incarnation: 0), "shop/customer/order"] = 3
        return ShopMessage(
            event: ShopEvent(id: "\(process)-7", topic: topic, body: body), run: 0xfeed_beef_0123_4567, publisher: process, sequence: 9,
            stamp: stamp,
            milliseconds: 1_795_640_823_040)
    }

    static let order = Order(
        id: "16-1", customer: Customer(type: "company", name: "amazon"), item: Item(category: "3c", vendor: "apple"), quantity: 2)

    static let messages: [ShopMessage] = [
        message(.order(order), topic: ShopTopic(from: .order, to: .packaging, item: order.item, kind: .request)),
        message(.outcome(order, .cancelled), topic: ShopTopic(from: .notification, to: order.customer, kind: .status)),
        message(.stored(["16-1", "16-2"]), topic: ShopTopic(receiptFrom: .order, to: .packaging)),
    ]

    @Test(arguments: messages) func structuredModeIsReadAsItWasWritten(message: ShopMessage) throws {
        let payload = try message.structuredPayload()
        #expect(ShopMessage.decode(topic: message.event.topic.text, payload: payload.span) == .message(message))
    }

    @Test(arguments: messages) func binaryModeIsReadAsItWasWritten(message: ShopMessage) throws {
        let (payload, properties) = try message.binaryForm()
        #expect(ShopMessage.decode(topic: message.event.topic.text, payload: payload.span, properties: properties) == .message(message))
    }

    /// Whatever byte of the data or the stamp changes, it is noticed, and so is a message on the topic of another.
    @Test func whatWasChangedIsCorrupt() throws {
        let message = Self.messages[0]
        let text = String(decoding: try message.structuredPayload(), as: UTF8.self)
        for (from, to) in [("\"quantity\":2", "\"quantity\":3"), ("3c/apple", "car/bmw"), ("\"sequence\":\"9\"", "\"sequence\":\"8\"")] {
            let changed = Array(text.replacing(from, with: to).utf8)
            guard case .corrupt = ShopMessage.decode(topic: message.event.topic.text, payload: changed.span) else {
                Issue.record("\(from) became \(to) and nobody noticed")
                continue
            }
        }
        let payload = try message.structuredPayload()
        guard case .corrupt = ShopMessage.decode(topic: Self.messages[2].event.topic.text, payload: payload.span) else {
            Issue.record("another topic was not noticed")
            return
        }
    }

    @Test func whatIsNoEventOfTheShopIsForeign() {
        let payload = Array("hello".utf8)
        #expect(ShopMessage.decode(topic: "shop/order/packaging/3c/apple/request", payload: payload.span) == .foreign)
        #expect(ShopMessage.decode(topic: "elsewhere", payload: payload.span) == .foreign)
    }

    @Test func topicsAreReadAsTheyAreWritten() {
        for message in Self.messages { #expect(ShopTopic(message.event.topic.text) == message.event.topic) }
        #expect(Self.messages[0].event.topic.text == "shop/order/packaging/3c/apple/request")
        #expect(Self.messages[1].event.topic.text == "shop/notification/customer/company/amazon/status")
        #expect(Self.messages[1].event.topic.causalKey == "shop/notification/customer")
        for text in ["shop/order/packaging/3c/apple", "shop/order/packaging/3c//request", "shop/nobody/order/3c/apple/request"] {
            #expect(ShopTopic(text) == nil)
        }
    }

    @Test func timesAreReadAsTheyAreWritten() {
        #expect(Timestamp.text(milliseconds: 1_795_640_823_040) == "2026-11-25T21:07:03.040Z")
        #expect(Timestamp.text(milliseconds: 951_782_399_999) == "2000-02-28T23:59:59.999Z")
        for days in stride(from: Int64(-40_000), to: 40_000, by: 7) {
            let time = days * 86_400_000 + 12_345
            #expect(Timestamp.milliseconds(Timestamp.text(milliseconds: time)) == time)
        }
        #expect(Timestamp.milliseconds("2026-02-30T00:00:00.000Z") == nil)
    }
}
