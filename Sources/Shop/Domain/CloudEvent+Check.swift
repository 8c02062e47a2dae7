internal import Causality
internal import Foundation

/// The one place that decides what an event of the shop is, by ``EventSchema``.
extension CloudEvent {
    /// Takes the message out again.
    /// - Returns: a message whose every part may be acted on and stored, or why there is none.
    func message(on topic: ShopTopic) -> ShopMessage.Decoded {
        guard specversion == "1.0", type.hasPrefix(Self.typePrefix) else { return .foreign }
        guard let content = topic.content else { return .corrupt("Nobody says anything on '\(topic.text)'.") }
        func corrupt(_ what: String) -> ShopMessage.Decoded { .corrupt("An event on '\(topic.text)' \(what).") }
        guard let run = EventSchema.run(run), let milliseconds = Timestamp.milliseconds(time), datacontenttype == Self.contentType else {
            return corrupt("has a run, a time or a content type that is none")
        }
        guard let process = EventSchema.number(publisher, upTo: UInt64(UInt32.max)), topic.from.isSpoken(by: UInt32(process)),
            type.utf8.dropFirst(Self.typePrefix.utf8.count).elementsEqual(topic.kind.rawValue.utf8),
            source.utf8.elementsEqual("/shop/\(topic.from.rawValue)".utf8)
        else { return corrupt("names another publisher, source or type than its topic") }
        let publisher = UInt32(process)
        guard EventSchema.isEventID(id, of: publisher) else { return corrupt("has an id that is not its publisher's") }
        guard let sequence = EventSchema.number(sequence) else { return corrupt("has no sequence from 1 to 2^53") }
        let body: ShopEvent.Body
        switch checkedBody(content, topic) {
        case .success(let checked): body = checked
        case .failure(let flaw): return corrupt(flaw.what)
        }
        guard checksum == computedChecksum(topic: topic) else { return corrupt("has a checksum that is not that of its contents") }
        guard let past = checkedStamp(), (1...sequence).contains(past[PublisherID(process: publisher, incarnation: 0), topic.causalKey])
        else { return corrupt("has no stamp, or one that is too large or does not count the event itself") }
        return .message(
            ShopMessage(
                event: ShopEvent(id: id, topic: topic, body: body), run: run, publisher: publisher, sequence: sequence, stamp: past,
                milliseconds: milliseconds))
    }

    private struct Flaw: Error {
        var what: String
        init(_ what: String) { self.what = what }
    }

    private func checkedBody(_ content: ShopTopic.Content, _ topic: ShopTopic) -> Result<ShopEvent.Body, Flaw> {
        if content == .receipt {
            guard let stored = data.stored, data.order == nil, data.outcome == nil, subject == nil else {
                return .failure(Flaw("is no receipt"))
            }
            guard (1...EventSchema.greatestReceipt).contains(stored.count), stored.allSatisfy({ EventSchema.isEventID($0) }) else {
                return .failure(Flaw("names no ids of events, or too many"))
            }
            return .success(.stored(stored))
        }
        guard let order = data.order, data.stored == nil, (data.outcome != nil) == (content == .outcome) else {
            return .failure(Flaw("has data that is not what its topic is for"))
        }
        guard order.isValid, topic.names(order) else { return .failure(Flaw("has an order that cannot be, or is none of its topic's")) }
        guard subject == order.id else { return .failure(Flaw("has another subject than its order")) }
        return .success(data.outcome.map { .outcome(order, $0) } ?? .order(order))
    }

    /// What the stamp says; `nil` where it is none, or too large.
    private func checkedStamp() -> DependencyStamp? {
        // Four characters for each three bytes.
        guard stamp.utf8.count <= (EventSchema.greatestStampBytes + 2) / 3 * 4, let bytes = Foundation.Data(base64Encoded: stamp) else {
            return nil
        }
        return DependencyStamp(whole: [UInt8](bytes)).flatMap { $0.isValid ? $0 : nil }
    }
}

extension Order {
    /// Whether this may be an order: see ``EventSchema``. Customer and item are names once they are read.
    var isValid: Bool { EventSchema.isName(id) && EventSchema.quantities.contains(quantity) }
}

extension DependencyStamp {
    /// Whether this may be the stamp of an event: each entry counts what some party of the shop publishes on a route of its own.
    var isValid: Bool {
        guard entries.count <= EventSchema.greatestStampEntries else { return false }
        var route = ""
        var speaker: Party?
        for entry in entries {
            if entry.topic != route {
                route = entry.topic
                speaker = Self.speaker(on: route)
            }
            guard let speaker, speaker.isSpoken(by: entry.publisher.process), entry.publisher.incarnation == 0,
                entry.count <= EventSchema.greatestNumber
            else { return false }
        }
        return true
    }

    /// Who publishes on a route, which is what ``ShopTopic/causalKey`` gives; `nil` where nobody does.
    private static func speaker(on route: String) -> Party? {
        switch route {
        case "shop/customer/order", "shop/customer/notification": .customer
        case "shop/order/packaging", "shop/order/shipping", "shop/order/customer": .order
        case "shop/packaging/order", "shop/packaging/shipping", "shop/packaging/notification": .packaging
        case "shop/shipping/notification", "shop/shipping/order", "shop/shipping/packaging": .shipping
        case "shop/notification/packaging", "shop/notification/shipping", "shop/notification/customer": .notification
        default: nil
        }
    }
}
