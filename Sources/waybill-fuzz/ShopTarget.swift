import Causality
import Foundation
@testable import Shop

/// Takes bytes for what comes to a service or to the harness of a shop: whatever is believed must be what can be acted on, stored and sent on.
enum ShopTarget {
    private static let topics = [
        "shop/customer/order/3c/apple/request", "shop/order/packaging/3c/apple/cancel", "shop/packaging/shipping/3c/apple/request",
        "shop/notification/customer/company/amazon/status", "shop/packaging/order/all/all/receipt",
        "shop/order/customer/company/amazon/receipt",
        "shop/shipping/order/car/bmw/shipped", "shop/customer/shipping/3c/apple/request",
    ]

    /// An event in structured mode; the first byte says on which topic. As it stands, and with the checksum that goes with it.
    static func readEvent(_ bytes: [UInt8]) {
        guard let first = bytes.first, let topic = ShopTopic(topics[Int(first) % topics.count]) else { return }
        let payload = [UInt8](bytes.dropFirst())
        believe(ShopMessage.decode(topic: topic.text, payload: payload.span))
        guard var event = try? JSONDecoder().decode(CloudEvent.self, from: Foundation.Data(payload)) else { return }
        event.checksum = event.computedChecksum(topic: topic)
        believe(event.message(on: topic))
    }

    /// An event in binary mode, each attribute on a line of its own: the stamp as its bytes in hexadecimal digits, then the data.
    static func readAttributes(_ bytes: [UInt8]) {
        guard let first = bytes.first, let topic = ShopTopic(topics[Int(first) % topics.count]) else { return }
        let lines = bytes.dropFirst().split(separator: UInt8(ascii: "\n"), maxSplits: 6, omittingEmptySubsequences: false)
        guard lines.count == 7 else { return }
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        let digits = texts[5].utf8.map { UInt8(truncatingIfNeeded: $0 & 15) }
        let stamp = stride(from: 0, to: digits.count & ~1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        guard let data = try? JSONDecoder().decode(CloudEvent.Data.self, from: Foundation.Data(lines[6])) else { return }
        var event = CloudEvent(
            id: texts[0], source: "/shop/\(topic.from.rawValue)", type: CloudEvent.typePrefix + topic.kind.rawValue,
            subject: data.order?.id,
            time: texts[4], run: texts[1], publisher: texts[2], sequence: texts[3], stamp: Foundation.Data(stamp).base64EncodedString(),
            checksum: "", data: data)
        event.checksum = event.computedChecksum(topic: topic)
        believe(event.message(on: topic))
    }

    private static func believe(_ decoded: ShopMessage.Decoded) {
        guard case .message(let message) = decoded else { return }
        let topic = message.event.topic
        precondition(topic.content != nil, "an event on a topic where nobody says anything")
        switch message.event.body {
        case .order(let order), .outcome(let order, _):
            precondition(order.isValid && topic.names(order), "an order that cannot be")
        case .stored(let ids): precondition(ids.count <= EventSchema.greatestReceipt, "a receipt without end")
        }
        precondition(message.sequence <= EventSchema.greatestNumber && message.stamp.isValid, "a number that cannot be counted on from")
        do {
            let payload = try message.structuredPayload()
            precondition(ShopMessage.decode(topic: topic.text, payload: payload.span) == decoded, "an event changed on its way")
            let (data, properties) = try message.binaryForm()
            precondition(
                ShopMessage.decode(topic: topic.text, payload: data.span, properties: properties) == decoded, "an event changed on its way")
            precondition(properties.allSatisfy { $0.value.utf8.count <= 65_535 }, "an attribute that no packet can carry")
        } catch {
            preconditionFailure("what was read cannot be written: \(error)")
        }
    }

    /// What the harness and the services tell each other; the first byte says what.
    static func readControl(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let payload = [UInt8](bytes.dropFirst())
        switch first % 4 {
        case 0:
            guard
                case .request(.begin(let plan)) = RunControl.read(topic: "shop/harness/order/run/5eed/begin", payload: payload, to: .order)
            else { return }
            precondition(plan.flaw == nil && plan.runNumber == 0x5eed, "a plan that cannot be")
            _ = UInt64(plan.resendMilliseconds) * 1_000_000 << 5
            _ = Duration.milliseconds(plan.causalTimeoutMilliseconds)
        case 1:
            guard let state = ServiceState.read(topic: "shop/packaging/monitor/all/all/state", payload: payload) else { return }
            _ = (state.processed + state.published + state.repeated) * 4
            _ = ServiceMetrics.text(state, .openMetrics)
        case 2:
            for name in RunControl.traceNames(payload, run: 0x5eed, of: .order) ?? [] {
                precondition(!name.contains("..") && name.split(separator: "/").count == 2, "a name that leads elsewhere")
            }
        default: precondition(EventSchema.isSentence(RunControl.reason(payload)), "a reason that cannot be shown")
        }
    }
}
