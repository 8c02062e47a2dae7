internal import Causality
internal import Foundation
internal import Trace

extension ShopMessage {
    /// The content type of structured mode.
    public static let structuredContentType = "application/cloudevents+json; charset=utf-8"

    /// The payload in structured mode: the whole CloudEvent as one JSON object. What MQTT 3.1.1, which has no user properties, needs.
    /// - Throws: ``ShopError`` where it cannot be written as JSON.
    public func structuredPayload() throws(ShopError) -> [UInt8] { try json(CloudEvent(self)) }

    /// The message in binary mode: the data as payload, the attributes as user properties of MQTT 5.0 in this order.
    /// - Throws: ``ShopError`` where it cannot be written as JSON.
    public func binaryForm() throws(ShopError) -> (payload: [UInt8], properties: [(name: String, value: String)]) {
        let event = CloudEvent(self)
        let payload = try json(event.data)
        var properties: [(name: String, value: String)] = [
            ("specversion", event.specversion), ("id", event.id), ("source", event.source), ("type", event.type), ("time", event.time),
            ("run", event.run), ("publisher", event.publisher), ("sequence", event.sequence), ("stamp", event.stamp),
            ("checksum", event.checksum),
        ]
        if let subject = event.subject { properties.append(("subject", subject)) }
        return (payload, properties)
    }

    private func json(_ value: some Encodable) throws(ShopError) -> [UInt8] {
        do {
            return [UInt8](try Self.encoder.encode(value))
        } catch {
            throw ShopError("Event \(event.id) to '\(event.topic.text)' cannot be written as JSON: \(systemReason(of: error)).")
        }
    }

    /// Reads a packet in either mode: one with the user property `specversion` is in binary mode.
    /// - Parameters:
    ///   - topic: the topic it came on.
    ///   - payload: the payload.
    ///   - properties: its user properties; none in MQTT 3.1.1.
    public static func decode(
        topic: String, payload: Span<UInt8>, properties: [(name: String, value: String)] = []
    ) -> Decoded {
        guard let topic = ShopTopic(topic) else { return .foreign }
        guard payload.count <= EventSchema.greatestPayload else {
            return .corrupt("A payload on '\(topic.text)' has more than \(EventSchema.greatestPayload) bytes.")
        }
        let bytes = payload.withUnsafeBufferPointer { Foundation.Data($0) }
        let event: CloudEvent
        if properties.contains(where: { $0.name == "specversion" }) {
            var attributes: [String: String] = [:]
            for (name, value) in properties { attributes[name] = value }
            guard let data = try? decoder.decode(CloudEvent.Data.self, from: bytes) else {
                return .corrupt("The payload on '\(topic.text)' is not the JSON of an event's data.")
            }
            guard let binary = CloudEvent(attributes, data: data) else {
                return .corrupt("An event on '\(topic.text)' lacks an attribute.")
            }
            event = binary
        } else {
            guard bytes.first == UInt8(ascii: "{") else { return .foreign }
            guard let structured = try? decoder.decode(CloudEvent.self, from: bytes) else {
                return .corrupt("The payload on '\(topic.text)' is not the JSON of a CloudEvent of the shop.")
            }
            event = structured
        }
        return event.message(on: topic)
    }

    // Made once, and never changed: encoding with it from several threads is what it is made for.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()
}

extension CloudEvent {
    fileprivate init?(_ attributes: [String: String], data: Data) {
        guard let specversion = attributes["specversion"], let id = attributes["id"], let source = attributes["source"],
            let type = attributes["type"], let time = attributes["time"], let run = attributes["run"],
            let publisher = attributes["publisher"], let sequence = attributes["sequence"], let stamp = attributes["stamp"],
            let checksum = attributes["checksum"]
        else { return nil }
        self.init(
            specversion: specversion, id: id, source: source, type: type, subject: attributes["subject"], time: time, run: run,
            publisher: publisher, sequence: sequence, stamp: stamp, checksum: checksum, data: data)
    }
}

extension DependencyStamp {
    /// Reads a wire form that is all of `bytes`; `nil` for anything else.
    init?(whole bytes: [UInt8]) {
        var offset = 0
        guard let stamp = DependencyStamp.decode(bytes.span, at: &offset), offset == bytes.count else { return nil }
        self = stamp
    }

    /// The wire form.
    var wireForm: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}
