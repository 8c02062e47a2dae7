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
        guard let run = try Row.fetchOne(db, sql: "SELECT plan, position, past, settled FROM run") else { return nil }
        let decoder = JSONDecoder()
        plan = try decoder.decode(RunControl.RunPlan.self, from: Foundation.Data((run["plan"] as String).utf8))
        guard let past = DependencyStamp(whole: [UInt8](run["past"] as Foundation.Data)),
            let settled = DependencyStamp(whole: [UInt8](run["settled"] as Foundation.Data))
        else { throw ShopError("the stamps of the run cannot be read") }
        position = Position(
            counts: try decoder.decode(Position.Counts.self, from: Foundation.Data((run["position"] as String).utf8)), past: past,
            settled: settled)
        for row in try Row.fetchAll(db, sql: "SELECT * FROM orders") {
            guard let customer = Customer(row["customer"] as String), let item = Item(row["item"] as String),
                let state = OrderRecord.State(rawValue: row["state"])
            else { throw ShopError("an order cannot be read") }
            orders.append(
                OrderRecord(
                    order: Order(id: row["id"], customer: customer, item: item, quantity: row["quantity"]), state: state, due: row["due"],
                    packedStamp: [UInt8](row["packed_stamp"] as Foundation.Data)))
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
