internal import Causality
internal import Foundation
internal import GRDB
internal import Trace

/// A run as the store has it: what a service that is started again goes on from.
struct StoredRun: Sendable {
    var plan: RunControl.RunPlan
    var position: Position
    var orders: [OrderRecord] = []
    var stock: [Item: (onHand: Int, reserved: Int)] = [:]
    /// Ascending by sequence.
    var outbox: [OutboxEntry] = []
    var held: [HeldMessage] = []
    /// The trace records of the latest batch.
    var tail: TraceChunk?

    init?(_ db: Database) throws {
        guard let run = try Row.fetchOne(db, sql: "SELECT plan, position FROM run") else { return nil }
        let decoder = JSONDecoder()
        plan = try decoder.decode(RunControl.RunPlan.self, from: Foundation.Data((run["plan"] as String).utf8))
        position = try decoder.decode(Position.self, from: Foundation.Data((run["position"] as String).utf8))
        for record in try String.fetchAll(db, sql: "SELECT record FROM orders") {
            orders.append(try decoder.decode(OrderRecord.self, from: Foundation.Data(record.utf8)))
        }
        for row in try Row.fetchAll(db, sql: "SELECT item, on_hand, reserved FROM stock") {
            if let item = Item(row["item"] as String) { stock[item] = (row["on_hand"], row["reserved"]) }
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM outbox ORDER BY sequence") {
            let body = try decoder.decode(StoredBody.self, from: Foundation.Data((row["body"] as String).utf8)).body
            guard let topic = ShopTopic(row["topic"] as String), let body,
                let stamp = DependencyStamp(whole: [UInt8](row["stamp"] as Foundation.Data))
            else { throw ShopError("an event of the outbox cannot be read") }
            outbox.append(
                OutboxEntry(
                    event: ShopEvent(id: row["id"], topic: topic, body: body), milliseconds: row["milliseconds"],
                    sequence: UInt64(bitPattern: row["sequence"] as Int64), stamp: stamp, isAnswered: row["answered"]))
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM held ORDER BY publisher, sequence") {
            held.append(
                HeldMessage(
                    key: MessageKey(publisher: row["publisher"], sequence: UInt64(bitPattern: row["sequence"] as Int64)),
                    topic: row["topic"], payload: [UInt8](row["payload"] as Foundation.Data)))
        }
        if let row = try Row.fetchOne(db, sql: "SELECT bytes FROM tail") {
            tail = try TraceChunk(bytes: [UInt8](row["bytes"] as Foundation.Data))
        }
    }
}

/// As it stands in the store, stamps in base64.
extension Position: Codable {
    private enum Key: String, CodingKey {
        case sequence, events, past, settled, acknowledged, processed, repeated, concurrent, life
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func stamp(_ key: Key) throws -> DependencyStamp {
            guard let stamp = DependencyStamp(whole: [UInt8](try container.decode(Foundation.Data.self, forKey: key))) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "no dependency stamp")
            }
            return stamp
        }
        self.init(
            sequence: try container.decode(UInt64.self, forKey: .sequence), events: try container.decode(UInt64.self, forKey: .events),
            past: try stamp(.past), settled: try stamp(.settled),
            acknowledged: try container.decode(UInt64.self, forKey: .acknowledged),
            processed: try container.decode(Int.self, forKey: .processed), repeated: try container.decode(Int.self, forKey: .repeated),
            concurrent: try container.decode(Int.self, forKey: .concurrent), life: try container.decode(Int.self, forKey: .life))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(sequence, forKey: .sequence)
        try container.encode(events, forKey: .events)
        try container.encode(Foundation.Data(past.wireForm), forKey: .past)
        try container.encode(Foundation.Data(settled.wireForm), forKey: .settled)
        try container.encode(acknowledged, forKey: .acknowledged)
        try container.encode(processed, forKey: .processed)
        try container.encode(repeated, forKey: .repeated)
        try container.encode(concurrent, forKey: .concurrent)
        try container.encode(life, forKey: .life)
    }
}
