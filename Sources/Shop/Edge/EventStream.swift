internal import FlyingFox
internal import FlyingSocks
internal import Foundation

/// The events of one local client as server-sent events (WHATWG HTML, 9.2): the name is the kind, the id that of the event, the data one line of JSON.
struct EventStream: AsyncBufferedSequence {
    typealias Element = UInt8

    let events: EdgeHub.Events

    func makeAsyncIterator() -> Iterator { Iterator(events: events.makeAsyncIterator()) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var events: EdgeHub.Events.Iterator
        private var rest: ArraySlice<UInt8> = []

        init(events: EdgeHub.Events.Iterator) {
            self.events = events
        }

        mutating func next() async throws -> UInt8? {
            guard let buffer = try await nextBuffer(suggested: 1) else { return nil }
            return buffer.first
        }

        mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
            if rest.isEmpty {
                guard let event = await events.next(isolation: nil) else { return nil }
                rest = EventStream.text(event)[...]
            }
            let part = rest.prefix(count)
            rest = rest.dropFirst(count)
            return part
        }
    }

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
