import Causality
import Foundation
import Testing
import Trace

@testable import Shop

/// The durable store: a real SQLite file, opened anew as after a crash.
@Suite struct StoreTests {
    private func withStore(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory + "/deep/shop.sqlite")
    }

    private let plan = RunControl.RunPlan(run: 7, stock: ["3c/apple": 9])

    private func entry(_ id: String, _ sequence: UInt64) -> OutboxEntry {
        OutboxEntry(
            event: ShopEvent(
                id: id, topic: ShopTopic(from: .order, to: .packaging, item: DomainTests.order.item, kind: .request),
                body: .order(DomainTests.order)),
            milliseconds: 5, sequence: sequence, stamp: DomainTests.messages[0].stamp.wireForm)
    }

    @Test func whatWasCommittedIsThereAgain() async throws {
        try await withStore { path in
            var store: ShopStore! = try ShopStore(path: path, of: .order, durability: .process)
            #expect(try await store.stored() == nil)
            var position = Position()
            try await store.begin(plan, position: position)
            position.sequence = 4
            position.past = DomainTests.messages[0].stamp
            position.acknowledged = 2
            var commit = Commit(position: position)
            commit.processed = ["16-1", "16-2"]
            commit.orders = [OrderRecord(order: DomainTests.order, state: .reserved, due: 77, packedStamp: [1, 2])]
            commit.stock = [StockMove(item: DomainTests.order.item, from: .onHand, to: .reserved, amount: 2, order: "16-1")]
            var receipt = entry("1-3", 6)
            receipt.isAnswered = true
            commit.created = [entry("1-1", 3), entry("1-2", 4), receipt]
            let message = DomainTests.messages[0]
            let held = HeldMessage(
                key: MessageKey(publisher: message.publisher, sequence: message.sequence), topic: message.event.topic.text,
                payload: try message.structuredPayload())
            commit.held = [held, HeldMessage(key: MessageKey(publisher: 3, sequence: 9), topic: "shop/b", payload: [])]
            try await store.commit(commit)
            var second = Commit(position: position)
            second.answered = ["1-1"]
            second.renumbered = [entry("1-2", 5)]
            second.released = [MessageKey(publisher: 3, sequence: 9)]
            try await store.commit(second)

            store = nil
            store = try ShopStore(path: path, of: .order, durability: .full)
            let again = try #require(try await store.stored())
            #expect(again.setAside.isEmpty, "\(again.setAside)")
            #expect(again.plan == plan && again.position == position)
            #expect(again.orders == commit.orders)
            #expect(again.stock[DomainTests.order.item]?.onHand == 7 && again.stock[DomainTests.order.item]?.reserved == 2)
            #expect(again.outbox.map(\.event.id) == ["1-1", "1-2", "1-3"] && again.outbox.map(\.sequence) == [3, 5, 6])
            #expect(again.outbox.map(\.isAnswered) == [true, false, true])
            #expect(again.outbox[1] == entry("1-2", 5))
            #expect(again.held.map(\.key) == [held.key] && again.held.first?.message == message)
            #expect(try await store.processed(among: ["16-2", "16-3"]) == ["16-2"])
        }
    }

    /// All of a commit or nothing: its second half fails, so its first is gone.
    @Test func aCommitThatFailsLeavesNothing() async throws {
        try await withStore { path in
            let store = try ShopStore(path: path, of: .order, durability: .process)
            try await store.begin(plan, position: Position())
            var commit = Commit(position: Position())
            commit.processed = ["16-1"]
            commit.created = [entry("1-1", 1), entry("1-1", 2)]
            await #expect(throws: ShopError.self) { try await store.commit(commit) }
            #expect(try await store.processed(among: ["16-1"]).isEmpty)
            #expect(try await store.stored()?.outbox.isEmpty == true)
        }
    }

    @Test func aNewRunForgetsTheOneBefore() async throws {
        try await withStore { path in
            let store = try ShopStore(path: path, of: .order, durability: .process)
            try await store.begin(plan, position: Position())
            var commit = Commit(position: Position())
            commit.processed = ["16-1"]
            commit.created = [entry("1-1", 1)]
            try await store.commit(commit)
            try await store.begin(RunControl.RunPlan(run: 8, stock: [:]), position: Position())
            let stored = try #require(try await store.stored())
            #expect(stored.plan.run == "8" && stored.outbox.isEmpty)
            #expect(stored.stock[DomainTests.order.item]?.onHand == 0)
            #expect(try await store.processed(among: ["16-1"]).isEmpty)
            try await store.end()
            #expect(try await store.stored() == nil)
        }
    }

    @Test func aStoreIsOneServicesAtATime() async throws {
        try await withStore { path in
            let first = try ShopStore(path: path, of: .order, durability: .process)
            let error = #expect(throws: ShopError.self) { try ShopStore(path: path, of: .order, durability: .process) }
            #expect(error?.description.contains("is in use by another service, process \(getpid()): give each a store") == true)
            #expect(try await first.stored() == nil)
        }
    }

    /// A lock is of no use to who is gone, and a service keeps its store for good.
    @Test func aStoreKnowsItsServiceAndItsVersion() async throws {
        try await withStore { path in
            func open(_ service: ServiceName) throws { _ = try ShopStore(path: path, of: service, durability: .process) }
            try open(.order)
            let other = #expect(throws: ShopError.self) { try open(.packaging) }
            #expect(other?.description.contains("is not that of the packaging service") == true, "\(other?.description ?? "")")
            try open(.order)
            try tamper(path, "INSERT INTO grdb_migrations (identifier) VALUES ('3 of the future')")
            let later = #expect(throws: ShopError.self) { try open(.order) }
            #expect(later?.description.contains("was made by a later version of Waybill") == true, "\(later?.description ?? "")")
        }
        try await withStore { path in
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try tamper(path, "CREATE TABLE photographs (name TEXT)")
            let error = #expect(throws: ShopError.self) { try ShopStore(path: path, of: .order, durability: .process) }
            #expect(error?.description.contains("is the database of another program") == true, "\(error?.description ?? "")")
            #expect(try inspect(path, "SELECT name FROM sqlite_master") == ["photographs"])
        }
    }

    /// Whatever wrote it there: what cannot be used is set aside, and the rest goes on.
    @Test func whatCannotBeUsedIsSetAside() async throws {
        try await withStore { path in
            var store: ShopStore! = try ShopStore(path: path, of: .order, durability: .process)
            try await store.begin(plan, position: Position())
            var commit = Commit(position: Position())
            commit.position.sequence = 9
            commit.orders = ["16-1", "16-2", "16-3"].map { id in
                OrderRecord(
                    order: Order(id: id, customer: DomainTests.order.customer, item: DomainTests.order.item, quantity: 2), state: .placed)
            }
            commit.created = (1...4).map { entry("1-\($0)", $0) }
            let message = DomainTests.message(
                .order(DomainTests.order), topic: ShopTopic(from: .packaging, to: .order, item: DomainTests.order.item, kind: .reserved))
            commit.held = [
                HeldMessage(
                    key: MessageKey(publisher: 2, sequence: message.sequence), topic: message.event.topic.text,
                    payload: try message.structuredPayload()),
                HeldMessage(key: MessageKey(publisher: 3, sequence: 9), topic: "shop/shipping/order/3c/apple/shipped", payload: [123, 9]),
            ]
            try await store.commit(commit)
            store = nil
            try tamper(
                path, "UPDATE orders SET quantity = -9223372036854775808 WHERE id = '16-2'",
                "UPDATE orders SET state = 'eaten' WHERE id = '16-3'",
                "INSERT INTO orders SELECT '16-1' || char(0) || 'x', customer, item, quantity, state, due, packed_stamp FROM orders WHERE id = '16-1'",
                "UPDATE outbox SET sequence = -1 WHERE id = '1-2'", "UPDATE outbox SET body = 'x' WHERE id = '1-3'",
                "UPDATE outbox SET topic = 'shop/order/harness/run/1/closed' WHERE id = '1-4'",
                "UPDATE stock SET on_hand = 'many' WHERE item = '3c/apple'", "INSERT INTO tail (id, bytes) VALUES (1, x'00')")
            store = try ShopStore(path: path, of: .order, durability: .process)
            let found = try #require(try await store.stored())
            #expect(found.orders.map(\.order.id) == ["16-1"] && found.outbox.map(\.event.id) == ["1-1"])
            #expect(found.held.map(\.message) == [message] && found.tail == nil && found.stock[DomainTests.order.item] == nil)
            let places = found.setAside.map(\.place.rawValue).sorted()
            #expect(places == ["held", "orders", "orders", "orders", "outbox", "outbox", "outbox", "stock", "tail"])
            var second = Commit(position: found.position)
            second.setAside = found.setAside
            try await store.commit(second)
            // Set aside for good, and still to be looked at.
            #expect(try await store.stored()?.setAside.isEmpty == true)
            #expect(try await store.stored()?.stock[DomainTests.order.item]?.onHand == 0)
            store = nil
            #expect(try inspect(path, "SELECT place FROM aside").sorted() == places)
            #expect(try inspect(path, "SELECT content FROM aside WHERE content LIKE '%-9223372036854775808%'").count == 1)
        }
    }

    @Test(arguments: [
        "UPDATE run SET plan = replace(plan, '2000', '-1')",
        "UPDATE run SET plan = json_set(plan, '$.packingMilliseconds', 9223372036854775807)",
        "UPDATE run SET position = '{}'", "UPDATE run SET position = replace(position, '\"life\":1', '\"life\":9999999999')",
        "UPDATE run SET past = x'ff'", "UPDATE run SET plan = 7",
    ]) func aRunThatCannotBeGoneOnWithIsSetAside(sql: String) async throws {
        try await withStore { path in
            var store: ShopStore! = try ShopStore(path: path, of: .order, durability: .process)
            try await store.begin(plan, position: Position())
            store = nil
            let before = try inspect(path, "SELECT plan || position || hex(past) FROM run")
            try tamper(path, sql)
            #expect(try inspect(path, "SELECT plan || position || hex(past) FROM run") != before, "the case changes nothing")
            store = try ShopStore(path: path, of: .order, durability: .process)
            guard case .unusable(let reason) = try await store.found() else {
                Issue.record("a run was gone on with after: \(sql)")
                return
            }
            try await store.setRunAside(reason)
            #expect(try await store.stored() == nil)
            try await store.begin(plan, position: Position())
            #expect(try await store.stored() != nil)
        }
    }

    @Test func aStoreThatCannotBeOpenedIsOneSentence() throws {
        let error = #expect(throws: ShopError.self) { try ShopStore(path: "/proc/nothing/shop.sqlite", of: .order, durability: .process) }
        #expect(error?.description.contains("/proc/nothing/shop.sqlite cannot be opened") == true)
        // A file that is no database.
        let path = NSTemporaryDirectory() + "no-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try String(repeating: "not a database, ", count: 100).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: ShopError.self) { try ShopStore(path: path, of: .order, durability: .process) }
    }
}
