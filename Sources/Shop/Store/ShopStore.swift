internal import Causality
internal import Foundation
internal import GRDB
internal import Trace

/// What a service must not lose: its inbox, its state and its outbox, in one SQLite database, changed by one transaction a batch.
///
/// What is committed survives the end of the process at any moment, and with ``Durability/full`` that of the machine too.
final class ShopStore: Sendable {
    private let database: DatabaseQueue
    private let path: String
    private let service: ServiceName
    private let lock: StoreLock

    /// Opens the store, making it where there is none.
    /// - Throws: ``ShopError`` where it cannot be opened, is in use, or is another service's, another program's or a later version's.
    init(path: String, of service: ServiceName, durability: Durability) throws(ShopError) {
        self.path = path
        self.service = service
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "OFF")")
        }
        do {
            let directory = (path as NSString).deletingLastPathComponent
            if !directory.isEmpty { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }
            lock = try StoreLock(store: path)
            database = try DatabaseQueue(path: path, configuration: configuration)
            try database.read { db in try Self.checkOrigin(db, path) }
            try Self.migrator.migrate(database)
            try database.write { db in try Self.claim(db, for: service, path) }
        } catch let error as ShopError {
            throw error
        } catch {
            throw ShopError(
                "The store \(path) cannot be opened: \(Self.reason(error)) Give --store a file in a directory that this user may write.")
        }
    }

    /// Looks whose database it is, before anything is changed in it.
    private static func checkOrigin(_ db: Database, _ path: String) throws {
        guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0 > 0 else { return }
        guard try db.tableExists("grdb_migrations"), try db.tableExists("outbox") else {
            throw ShopError("\(path) is the database of another program, not the store of a service: give --store another file.")
        }
        guard try !migrator.hasBeenSuperseded(db) else {
            throw ShopError("The store \(path) was made by a later version of Waybill: start that one, or give --store another file.")
        }
    }

    /// A store is that of one service for good.
    private static func claim(_ db: Database, for service: ServiceName, _ path: String) throws {
        guard let owner = try String.fetchOne(db, sql: "SELECT name FROM service") else {
            return try db.execute(sql: "INSERT INTO service (id, name) VALUES (1, ?)", arguments: [service.rawValue])
        }
        guard owner == service.rawValue else {
            throw ShopError(
                "The store \(path) is not that of the \(service.rawValue) service: give each service a store of its own with --store.")
        }
    }

    /// Forgets what was before and begins a run.
    /// - Throws: ``ShopError`` where the disk refuses.
    func begin(_ plan: RunControl.RunPlan, position: Position) async throws(ShopError) {
        try await write { db in
            for table in ["inbox", "held", "orders", "outbox", "stock", "run", "tail", "aside"] {
                try db.execute(sql: "DELETE FROM \(table)")
            }
            try db.execute(
                sql: "INSERT INTO run (id, plan, position, past, settled) VALUES (1, ?, ?, ?, ?)",
                arguments: [
                    try Self.json(plan), try Self.json(position.counts), Foundation.Data(position.past.wireForm),
                    Foundation.Data(position.settled.wireForm),
                ])
            for item in Catalogue.items {
                try db.execute(
                    sql: "INSERT INTO stock (item, on_hand, reserved) VALUES (?, ?, 0)",
                    arguments: [item.description, plan.stock[item.description] ?? 0])
            }
        }
    }

    /// Notes that the run is over: a service that is started again does not go on with it.
    func end() async throws(ShopError) {
        try await write { db in try db.execute(sql: "DELETE FROM run") }
    }

    /// Makes all changes of a batch durable.
    /// - Throws: ``ShopError`` where the disk refuses; then nothing has changed.
    func commit(_ commit: Commit) async throws(ShopError) {
        try await write { db in try commit.apply(to: db) }
    }

    /// Which of some events were processed before.
    func processed(among ids: [String]) async throws(ShopError) -> Set<String> {
        if ids.isEmpty { return [] }
        return try await read { db in
            var known: Set<String> = []
            let statement = try db.cachedStatement(sql: "SELECT 1 FROM inbox WHERE id = ?")
            for id in ids where try Row.fetchOne(statement, arguments: [id]) != nil { known.insert(id) }
            return known
        }
    }

    /// What a service that is started again goes on from.
    enum Found: Sendable {
        case none
        case run(StoredRun)
        /// There is a run that cannot be gone on with, and why: in a few words.
        case unusable(String)
    }

    /// What there is to go on from.
    func found() async throws(ShopError) -> Found {
        try await read { [service] db in
            do {
                return try StoredRun(db, of: service).map { .run($0) } ?? .none
            } catch let error as StoredRun.Unusable {
                return .unusable(error.reason)
            }
        }
    }

    /// Sets a run aside that cannot be gone on with: the service waits for the next.
    func setRunAside(_ reason: String) async throws(ShopError) {
        try await write { db in try SetAside(.run, key: Array("1".utf8), reason: reason).move(in: db) }
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(ShopError) {
        do {
            try await database.write(body)
        } catch {
            throw ShopError(
                "The store \(path) cannot be written: \(Self.reason(error)) What was stored before is whole; free some space and start the service again."
            )
        }
    }

    private func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(ShopError) -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw ShopError(
                "The store \(path) cannot be read: \(Self.reason(error)) Mend or remove it; a service without a store begins anew.")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let text = (error as? DatabaseError).map { $0.message ?? "SQLite error \($0.resultCode.rawValue)" } ?? systemReason(of: error)
        return text.hasSuffix(".") ? text : text + "."
    }

    static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

/// What a commit survives.
public enum Durability: String, CaseIterable, Sendable {
    /// The end of the process, as by `kill -9`; after a power cut the store is whole but its latest batches may be gone.
    case process
    /// A power cut too: each batch waits for the disk.
    case full
}
