internal import Foundation

/// The events of one local client as server-sent events (WHATWG HTML, 9.2): the name is the kind, the id that of the event, the data one line of JSON.
enum EventStream {
    /// One event as a follower reads it.
    struct Line: Codable {
        var id: String
        var topic: String
        var data: StoredBody
    }

    static func text(_ event: ShopEvent) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = (try? encoder.encode(Line(id: event.id, topic: event.topic.text, data: StoredBody(event.body)))) ?? Data()
        return Array("id: \(event.id)\nevent: \(event.topic.kind.rawValue)\ndata: \(String(decoding: line, as: UTF8.self))\n\n".utf8)
    }
}
