internal import Foundation

/// The events of one local client as server-sent events (WHATWG HTML, 9.2): the name is the kind, the id that of the event, the data one line of JSON.
enum EventStream {
    /// One event as a follower reads it.
    struct Line: Codable {
        var id: String
        var topic: String
        var data: StoredBody
    }

    /// A text that ends no line, and so begins no other field or event, whatever it is. JSON escapes for itself.
    private static func field(_ text: String) -> String {
        text.unicodeScalars.contains { $0.value < 32 } ? text.debugDescription : text
    }

    static func text(_ event: ShopEvent) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = (try? encoder.encode(Line(id: event.id, topic: event.topic.text, data: StoredBody(event.body)))) ?? Data()
        return Array("id: \(field(event.id))\nevent: \(event.topic.kind.rawValue)\ndata: \(String(decoding: line, as: UTF8.self))\n\n".utf8)
    }
}
