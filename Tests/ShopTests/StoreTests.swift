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
            milliseconds: 5, sequence: sequence, stamp: DomainTests.messages[0].stamp)
    }

    @Test func whatWasCommittedIsThereAgain() async throws {
        try await withStore { path in
            let store = try ShopStore(path: path, durability: .process)
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
            let held = HeldMessage(key: MessageKey(publisher: 3, sequence: 8), topic: "shop/a", payload: [9, 8])
            commit.held = [held, HeldMessage(key: MessageKey(publisher: 3, sequence: 9), topic: "shop/b", payload: [])]
            try await store.commit(commit)
            var second = Commit(position: position)
            second.answered = ["1-1"]
            second.renumbered = [entry("1-2", 5)]
            second.released = [MessageKey(publisher: 3, sequence: 9)]
            try await store.commit(second)

            let again = try #require(try await ShopStore(path: path, durability: .full).stored())
            #expect(again.plan == plan && again.position == position)
            #expect(again.orders == commit.orders)
            #expect(again.stock[DomainTests.order.item]?.onHand == 7 && again.stock[DomainTests.order.item]?.reserved == 2)
            #expect(again.outbox.map(\.event.id) == ["1-1", "1-2", "1-3"] && again.outbox.map(\.sequence) == [3, 5, 6])
            #expect(again.outbox.map(\.isAnswered) == [true, false, true])
            #expect(again.outbox[1] == entry("1-2", 5))
            #expect(again.held.map(\.key) == [held.key] && again.held.first?.payload == [9, 8])
            #expect(try await store.processed(among: ["16-2", "16-3"]) == ["16-2"])
        }
    }

    /// All of a commit or nothing: its second half fails, so its first is gone.
    @Test func aCommitThatFailsLeavesNothing() async throws {
        try await withStore { path in
            let store = try ShopStore(path: path, durability: .process)
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
            let store = try ShopStore(path: path, durability: .process)
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

    @Test func aStoreThatCannotBeOpenedIsOneSentence() throws {
        let error = #expect(throws: ShopError.self) { try ShopStore(path: "/proc/nothing/shop.sqlite", durability: .process) }
        #expect(error?.description.contains("/proc/nothing/shop.sqlite cannot be opened") == true)
        // A file that is no database.
        let path = NSTemporaryDirectory() + "no-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try String(repeating: "not a database, ", count: 100).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: ShopError.self) { try ShopStore(path: path, durability: .process) }
    }
}
