internal import Causality
internal import Foundation
internal import GRDB
internal import Trace

/// A run as the store has it: what a service that is started again goes on from. Every part of it has been looked at: whatever wrote the file, a
/// service acts on nothing that it would not take from a message either.
struct StoredRun: Sendable {
    var plan: RunControl.RunPlan
    var position: Position
    var orders: [OrderRecord] = []
    var stock: [Item: (onHand: Int, reserved: Int)] = [:]
    /// Ascending by sequence.
    var outbox: [OutboxEntry] = []
    var held: [(key: MessageKey, message: ShopMessage)] = []
    /// The trace records of the latest batch.
    var tail: TraceChunk?
    /// What cannot be used.
    var setAside: [SetAside] = []

    /// The run of a store cannot be gone on with.
    struct Unusable: Error {
        var reason: String
    }

    /// - Returns: `nil` where there is no run.
    /// - Throws: ``Unusable``; `DatabaseError`.
    init?(_ db: Database, of service: ServiceName) throws {
        guard let run = try Row.fetchOne(db, sql: "SELECT plan, position, past, settled FROM run") else { return nil }
        guard let plan = run.json(RunControl.RunPlan.self, "plan") else { throw Unusable(reason: "its plan is none") }
        if let flaw = plan.flaw { throw Unusable(reason: flaw) }
        guard let counts = run.json(Position.Counts.self, "position"), counts.isValid else {
            throw Unusable(reason: "its position is none")
        }
        guard let past = run.stamp("past"), let settled = run.stamp("settled") else { throw Unusable(reason: "its stamps are none") }
        self.plan = plan
        position = Position(counts: counts, past: past, settled: settled)
        try readOrders(db)
        try readStock(db)
        try readOutbox(db, of: service)
        try readHeld(db)
        if let row = try Row.fetchOne(db, sql: "SELECT \(SetAside.Place.tail.key), bytes FROM tail") {
            tail = row.value("bytes", Foundation.Data.self).flatMap { try? TraceChunk(bytes: [UInt8]($0)) }
            if tail == nil { setAside(.tail, row, "the trace records of the latest batch are none") }
        }
    }

    private mutating func setAside(_ place: SetAside.Place, _ row: Row, _ reason: String) {
        setAside.append(SetAside(place, key: row.key, reason: reason))
    }

    private mutating func readOrders(_ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT \(SetAside.Place.orders.key), * FROM orders") {
            guard let id = row.value("id", String.self), let customer = row.value("customer", String.self).flatMap(Customer.init),
                "\(customer) \(id)".utf8.elementsEqual(row.key),
                let item = row.value("item", String.self).flatMap(Item.init), let quantity = row.value("quantity", Int.self),
                let state = row.value("state", String.self).flatMap(OrderRecord.State.init), let due = row.value("due", Int64.self),
                due >= 0, let stamp = row.value("packed_stamp", Foundation.Data.self)
            else {
                setAside(.orders, row, "an order cannot be read")
                continue
            }
            let order = Order(id: id, customer: customer, item: item, quantity: quantity)
            guard order.isValid else {
                setAside(.orders, row, "an order cannot be one")
                continue
            }
            orders.append(OrderRecord(order: order, state: state, due: due, packedStamp: [UInt8](stamp)))
        }
    }

    private mutating func readStock(_ db: Database) throws {
        let amounts = 0...Int(EventSchema.greatestNumber)
        for row in try Row.fetchAll(db, sql: "SELECT \(SetAside.Place.stock.key), * FROM stock") {
            guard let name = row.value("item", String.self), name.utf8.elementsEqual(row.key), let item = Item(name),
                let onHand = row.value("on_hand", Int.self), let reserved = row.value("reserved", Int.self), amounts.contains(onHand),
                amounts.contains(reserved)
            else {
                setAside(.stock, row, "the stock of an item cannot be read, and counts as none")
                continue
            }
            stock[item] = (onHand, reserved)
        }
    }

    private mutating func readOutbox(_ db: Database, of service: ServiceName) throws {
        var sequences: Set<UInt64> = []
        for row in try Row.fetchAll(db, sql: "SELECT \(SetAside.Place.outbox.key), * FROM outbox ORDER BY sequence") {
            guard let id = row.value("id", String.self), id.utf8.elementsEqual(row.key), EventSchema.isEventID(id, of: service.process),
                let topic = row.value("topic", String.self).flatMap(ShopTopic.init), topic.from == service.party,
                let body = row.json(StoredBody.self, "body")?.body, body.isValid(on: topic), let stamp = row.stamp("stamp"),
                let milliseconds = row.value("milliseconds", Int64.self), Timestamp.range.contains(milliseconds),
                let sequence = row.value("sequence", Int64.self).flatMap(UInt64.init(exactly:)),
                (1...EventSchema.greatestNumber).contains(sequence), sequences.insert(sequence).inserted,
                let isAnswered = row.value("answered", Bool.self)
            else {
                setAside(.outbox, row, "an event that was to be sent cannot be read")
                continue
            }
            outbox.append(
                OutboxEntry(
                    event: ShopEvent(id: id, topic: topic, body: body), milliseconds: milliseconds, sequence: sequence,
                    stamp: stamp.wireForm,
                    isAnswered: isAnswered))
        }
    }

    private mutating func readHeld(_ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT \(SetAside.Place.held.key), * FROM held ORDER BY publisher, sequence") {
            guard let topic = row.value("topic", String.self), let payload = row.value("payload", Foundation.Data.self),
                case .message(let message) = ShopMessage.decode(topic: topic, payload: [UInt8](payload).span),
                row.key.elementsEqual("\(message.publisher)/\(message.sequence)".utf8)
            else {
                setAside(.held, row, "a message that was held cannot be read any more")
                continue
            }
            held.append((MessageKey(publisher: message.publisher, sequence: message.sequence), message))
        }
    }
}

extension SetAside.Place {
    /// The expression for the bytes of an entry's key, by which it is found again whatever they are.
    var key: String {
        let columns =
            switch self {
            case .orders: "customer || ' ' || id"
            case .stock: "item"
            case .held: "publisher || '/' || sequence"
            case .outbox, .tail, .run: "id"
            }
        return "CAST(\(columns) AS BLOB) AS entry_key"
    }
}

extension Position.Counts {
    /// Whether a service can go on from here.
    fileprivate var isValid: Bool {
        let greatest = EventSchema.greatestNumber
        return [sequence, events, acknowledged].allSatisfy { $0 <= greatest } && acknowledged <= sequence
            && [processed, repeated, concurrent].allSatisfy { $0 >= 0 && UInt64($0) <= greatest } && (1...500_000).contains(life)
    }
}

extension ShopEvent.Body {
    /// Whether an event on such a topic may say this.
    fileprivate func isValid(on topic: ShopTopic) -> Bool {
        switch (self, topic.content) {
        case (.order(let order), .order), (.outcome(let order, _), .outcome): order.isValid && topic.names(order)
        case (.stored(let ids), .receipt): ids.count <= EventSchema.greatestReceipt && ids.allSatisfy { EventSchema.isEventID($0) }
        default: false
        }
    }
}

extension Row {
    /// A value, or `nil` where the column has another type: SQLite itself lets everything stand everywhere.
    fileprivate func value<Value: DatabaseValueConvertible>(_ column: String, _ type: Value.Type) -> Value? {
        let value: DatabaseValue? = self[column]
        return value.flatMap { Value.fromDatabaseValue($0) }
    }

    /// The bytes of the key, from ``SetAside/Place/key``.
    fileprivate var key: [UInt8] { value("entry_key", Foundation.Data.self).map { [UInt8]($0) } ?? [] }

    fileprivate func json<Value: Decodable>(_ type: Value.Type, _ column: String) -> Value? {
        value(column, String.self).flatMap { try? JSONDecoder().decode(type, from: Foundation.Data($0.utf8)) }
    }

    fileprivate func stamp(_ column: String) -> DependencyStamp? {
        value(column, Foundation.Data.self).flatMap { DependencyStamp(whole: [UInt8]($0)) }.flatMap { $0.isValid ? $0 : nil }
    }
}
