internal import Causality
internal import Foundation
internal import GRDB
internal import Trace

extension ShopStore {
    /// The tables, by version.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE run (
                        id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, position TEXT NOT NULL, past BLOB NOT NULL,
                        settled BLOB NOT NULL
                    );
                    CREATE TABLE inbox (id TEXT PRIMARY KEY) WITHOUT ROWID;
                    CREATE TABLE held (
                        publisher INTEGER NOT NULL, sequence INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
                        PRIMARY KEY (publisher, sequence)
                    ) WITHOUT ROWID;
                    CREATE TABLE orders (
                        id TEXT PRIMARY KEY, customer TEXT NOT NULL, item TEXT NOT NULL, quantity INTEGER NOT NULL, state TEXT NOT NULL,
                        due INTEGER NOT NULL, packed_stamp BLOB NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE stock (
                        item TEXT PRIMARY KEY, on_hand INTEGER NOT NULL, reserved INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE outbox (
                        id TEXT PRIMARY KEY, topic TEXT NOT NULL, body TEXT NOT NULL, milliseconds INTEGER NOT NULL,
                        sequence INTEGER NOT NULL, stamp BLOB NOT NULL, answered INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    -- The trace records of the latest batch: the file may not have them yet when the process ends.
                    CREATE TABLE tail (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL);
                    """)
        }
        migrator.registerMigration("2") { db in
            try db.execute(
                sql: """
                    -- An order is known by its customer and its id.
                    CREATE TABLE placed (
                        id TEXT NOT NULL, customer TEXT NOT NULL, item TEXT NOT NULL, quantity INTEGER NOT NULL, state TEXT NOT NULL,
                        due INTEGER NOT NULL, packed_stamp BLOB NOT NULL, PRIMARY KEY (customer, id)
                    ) WITHOUT ROWID;
                    INSERT INTO placed SELECT id, customer, item, quantity, state, due, packed_stamp FROM orders;
                    DROP TABLE orders;
                    ALTER TABLE placed RENAME TO orders;
                    -- Whose store it is.
                    CREATE TABLE service (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
                    -- What cannot be used, as it was: where it stood, what is wrong with it, its columns.
                    CREATE TABLE aside (place TEXT NOT NULL, reason TEXT NOT NULL, content TEXT NOT NULL);
                    """)
        }
        return migrator
    }
}

extension Commit {
    /// Makes the changes in a transaction.
    func apply(to db: Database) throws {
        let inbox = try db.cachedStatement(sql: "INSERT INTO inbox (id) VALUES (?)")
        for id in processed { try inbox.execute(arguments: [id]) }
        let hold = try db.cachedStatement(sql: "INSERT OR IGNORE INTO held (publisher, sequence, topic, payload) VALUES (?, ?, ?, ?)")
        for message in held {
            try hold.execute(
                arguments: [message.key.publisher, Int64(message.key.sequence), message.topic, Foundation.Data(message.payload)])
        }
        let release = try db.cachedStatement(sql: "DELETE FROM held WHERE publisher = ? AND sequence = ?")
        for key in released { try release.execute(arguments: [key.publisher, Int64(key.sequence)]) }
        let order = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO orders (id, customer, item, quantity, state, due, packed_stamp) VALUES (?, ?, ?, ?, ?, ?, ?)")
        for record in orders {
            try order.execute(
                arguments: [
                    record.order.id, record.order.customer.description, record.order.item.description, record.order.quantity,
                    record.state.rawValue, record.due, Foundation.Data(record.packedStamp),
                ])
        }
        try applyStock(to: db)
        try applyOutbox(to: db)
        for entry in setAside { try entry.move(in: db) }
        try db.cachedStatement(sql: "UPDATE run SET position = ?, past = ?, settled = ?").execute(
            arguments: [
                try ShopStore.json(position.counts), Foundation.Data(position.past.wireForm), Foundation.Data(position.settled.wireForm),
            ])
        if dropsTail { try db.execute(sql: "DELETE FROM tail") }
        if let chunk {
            try db.cachedStatement(
                sql: """
                    INSERT INTO tail (id, bytes) VALUES (1, ?)
                    ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes
                    """
            ).execute(arguments: [Foundation.Data(chunk.bytes)])
        }
    }

    private func applyStock(to db: Database) throws {
        let change = try db.cachedStatement(
            sql: "UPDATE stock SET on_hand = on_hand + ?, reserved = reserved + ? WHERE item = ?")
        for move in stock {
            func delta(_ term: StockMove.Term) -> Int {
                (move.to == term ? move.amount : 0) - (move.from == term ? move.amount : 0)
            }
            try change.execute(arguments: [delta(.onHand), delta(.reserved), move.item.description])
        }
    }

    private func applyOutbox(to db: Database) throws {
        let create = try db.cachedStatement(
            sql: "INSERT INTO outbox (id, topic, body, milliseconds, sequence, stamp, answered) VALUES (?, ?, ?, ?, ?, ?, ?)")
        for entry in created {
            try create.execute(
                arguments: [
                    entry.event.id, entry.event.topic.text, try ShopStore.json(StoredBody(entry.event.body)), entry.milliseconds,
                    Int64(entry.sequence), Foundation.Data(entry.stamp), entry.isAnswered,
                ])
        }
        let renumber = try db.cachedStatement(sql: "UPDATE outbox SET sequence = ?, stamp = ? WHERE id = ?")
        for entry in renumbered {
            try renumber.execute(arguments: [Int64(entry.sequence), Foundation.Data(entry.stamp), entry.event.id])
        }
        let answer = try db.cachedStatement(sql: "UPDATE outbox SET answered = 1 WHERE id = ?")
        for id in answered { try answer.execute(arguments: [id]) }
        let settle = try db.cachedStatement(sql: "DELETE FROM outbox WHERE id = ?")
        for id in settled { try settle.execute(arguments: [id]) }
    }
}

extension SetAside {
    /// Moves the entry to where nobody takes it for what it was meant to be.
    func move(in db: Database) throws {
        let condition = place.key.replacing(" AS entry_key", with: " = ?")
        let key = Foundation.Data(self.key)
        for row in try Row.fetchAll(db, sql: "SELECT * FROM \(place.rawValue) WHERE \(condition)", arguments: [key]) {
            let content = row.map { "\($0)=\($1.storage.value.map { value in "\(value)" } ?? "NULL")" }.joined(separator: " ")
            try db.execute(
                sql: "INSERT INTO aside (place, reason, content) VALUES (?, ?, ?)", arguments: [place.rawValue, reason, content])
        }
        try db.execute(sql: "DELETE FROM \(place.rawValue) WHERE \(condition)", arguments: [key])
        // An item without an entry could have no stock again.
        if place == .stock, let item = String(validating: self.key, as: UTF8.self), Catalogue.items.contains(where: { "\($0)" == item }) {
            try db.execute(sql: "INSERT INTO stock (item, on_hand, reserved) VALUES (?, 0, 0)", arguments: [item])
        }
    }
}

/// The body of an event as the store holds it.
struct StoredBody: Codable {
    var order: Order?
    var outcome: Outcome?
    var stored: [String]?

    init(_ body: ShopEvent.Body) {
        switch body {
        case .order(let order): self.order = order
        case .outcome(let order, let outcome): (self.order, self.outcome) = (order, outcome)
        case .stored(let ids): stored = ids
        }
    }

    var body: ShopEvent.Body? {
        if let stored { return .stored(stored) }
        guard let order else { return nil }
        return outcome.map { .outcome(order, $0) } ?? .order(order)
    }
}
