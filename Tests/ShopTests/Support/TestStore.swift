import Foundation
import GRDB
import Testing

@testable import Shop

extension ShopStore {
    /// The run that there is; `nil` where there is none.
    func stored() async throws -> StoredRun? {
        switch try await found() {
        case .none: return nil
        case .run(let run): return run
        case .unusable(let reason):
            Issue.record("the run cannot be used: \(reason)")
            return nil
        }
    }
}

/// Does to a store what only somebody else would do.
func tamper(_ path: String, _ sql: String...) throws {
    try DatabaseQueue(path: path).write { db in for statement in sql { try db.execute(sql: statement) } }
}

/// Reads one text out of a store.
func inspect(_ path: String, _ sql: String) throws -> [String] {
    try DatabaseQueue(path: path).read { db in try String.fetchAll(db, sql: sql) }
}
