import Causality
import Foundation
import Testing
import Trace

@testable import Shop

/// What each service makes of an event, without a broker or a store.
@Suite struct LogicTests {
    /// One worker of one service, with traced ledgers.
    final class Bench {
        let worker: Worker
        let ledgers: Ledgers
        let recorder: TraceRecorder
        private let directory: String
        private var number = 0

        init(_ service: ServiceName, stock: Int = 10, packing: Int64 = 100, isIdempotent: Bool = true) throws {
            directory = NSTemporaryDirectory() + "logic-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            recorder = try TraceRecorder(path: directory + "/locks.trace", run: 1, writer: 1, name: "locks")
            ledgers = Ledgers(
                ServiceLogic.ledgers(of: service, orders: [], stock: [DomainTests.order.item: stock]), life: 1, process: service.process,
                recorder: recorder)
            worker = Worker(service, records: [], ledgers: ledgers, packingMilliseconds: packing, isIdempotent: isIdempotent)
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        func react(
            from: Party, to: Party, _ kind: EventKind, _ order: Order = DomainTests.order, at now: Int64 = 0,
            stamp: DependencyStamp = DependencyStamp()
        ) -> (reaction: Reaction?, done: WorkDone) {
            number += 1
            let event = ShopEvent(
                id: "e-\(number)", topic: ShopTopic(from: from, to: to, item: order.item, kind: kind), body: .order(order))
            let done = worker.work(WorkOrder(events: [(0, event, stamp)], now: now))
            return (done.reactions.first?.reaction, done)
        }
    }

    private func kinds(_ reaction: Reaction?) -> [String] {
        reaction?.events.map { "\($0.topic.to.rawValue) \($0.topic.kind.rawValue)" } ?? []
    }

    @Test func anOrderIsTakenInOnce() throws {
        let bench = try Bench(.order)
        let first = bench.react(from: .customer, to: .order, .request).reaction
        #expect(first?.entered == ["placed"] && kinds(first) == ["packaging request"])
        #expect(bench.react(from: .customer, to: .order, .request).reaction == nil)
        let cancel = bench.react(from: .customer, to: .order, .cancel).reaction
        #expect(kinds(cancel) == ["packaging cancel"] && cancel?.record == nil)
        #expect(bench.react(from: .packaging, to: .order, .reserved).reaction?.record?.state == .reserved)
        #expect(bench.react(from: .shipping, to: .order, .shipped).reaction?.record?.state == .shipped)
        // What is over stays so, whatever comes late.
        #expect(bench.react(from: .packaging, to: .order, .reserved).reaction == nil)
        #expect(bench.react(from: .customer, to: .order, .cancel).reaction == nil)
    }

    @Test func aCancellationThatOvertakesItsOrderIsNotForgotten() throws {
        let bench = try Bench(.order)
        #expect(bench.react(from: .customer, to: .order, .cancel).reaction?.record?.state == .withdrawn)
        let placed = bench.react(from: .customer, to: .order, .request).reaction
        #expect(placed?.entered == ["placed"] && kinds(placed) == ["packaging request", "packaging cancel"])

        let packaging = try Bench(.packaging)
        #expect(packaging.react(from: .order, to: .packaging, .cancel).reaction?.events.isEmpty == true)
        let reaction = packaging.react(from: .order, to: .packaging, .request).reaction
        #expect(reaction?.entered == ["cancelled"] && reaction?.moves.isEmpty == true)
        #expect(kinds(reaction) == ["notification cancelled", "order cancelled"])
    }

    @Test func stockIsSetAsideUntilThereIsNone() throws {
        let bench = try Bench(.packaging, stock: 5)
        var orders = (1...3).map { number in
            var order = DomainTests.order
            order.id = "16-\(number)"
            return order
        }
        for order in orders.prefix(2) {
            let reaction = bench.react(from: .order, to: .packaging, .request, order).reaction
            #expect(reaction?.entered == ["reserved"] && kinds(reaction) == ["order reserved"])
            #expect(
                reaction?.moves.map(\.amount) == [2] && reaction?.moves.first?.from == .onHand && reaction?.moves.first?.to == .reserved)
        }
        let rejected = bench.react(from: .order, to: .packaging, .request, orders[2]).reaction
        #expect(rejected?.entered == ["rejected"] && rejected?.moves.isEmpty == true)
        #expect(kinds(rejected) == ["notification failed", "order failed"])
        // One is left, which a smaller order gets.
        orders[2].id = "16-4"
        orders[2].quantity = 1
        #expect(bench.react(from: .order, to: .packaging, .request, orders[2]).reaction?.entered == ["reserved"])
    }

    @Test func aCancellationInTimeGivesTheStockBack() throws {
        let bench = try Bench(.packaging, stock: 2)
        _ = bench.react(from: .order, to: .packaging, .request)
        let cancelled = bench.react(from: .order, to: .packaging, .cancel, at: 99).reaction
        #expect(cancelled?.entered == ["cancelled"] && cancelled?.moves.first?.to == .onHand)
        #expect(kinds(cancelled) == ["notification cancelled", "order cancelled"])
        var next = DomainTests.order
        next.id = "16-2"
        #expect(bench.react(from: .order, to: .packaging, .request, next).reaction?.entered == ["reserved"])
        // Time passes: what was cancelled is not packed, what was not is.
        let packed = bench.worker.work(WorkOrder(now: 1000)).packed
        #expect(packed.map { $0.record?.order.id } == ["16-2"])
    }

    /// Of what an order is about its own record decides, whatever a cancellation says.
    @Test func aCancellationOfMoreThanWasOrderedGivesBackWhatWasOrdered() throws {
        var forged = DomainTests.order
        forged.item = Item(category: "car", vendor: "bmw")
        forged.quantity = 1_000
        let ordering = try Bench(.order)
        _ = ordering.react(from: .customer, to: .order, .request)
        let cancel = ordering.react(from: .customer, to: .order, .cancel, forged).reaction
        #expect(cancel?.events.map(\.topic.text) == ["shop/order/packaging/3c/apple/cancel"])
        #expect(cancel?.events.map(\.body) == [.order(DomainTests.order)])

        let packaging = try Bench(.packaging, stock: 10)
        _ = packaging.react(from: .order, to: .packaging, .request)
        let given = packaging.react(from: .order, to: .packaging, .cancel, forged).reaction
        #expect(given?.moves.map(\.item) == [DomainTests.order.item] && given?.moves.map(\.amount) == [2])
        #expect(given?.record?.order == DomainTests.order)
        var all = DomainTests.order
        all.id = "16-2"
        all.quantity = 10
        // All ten are there again, and no more.
        #expect(packaging.react(from: .order, to: .packaging, .request, all).reaction?.entered == ["reserved"])
        var more = all
        more.id = "16-3"
        more.quantity = 1
        #expect(packaging.react(from: .order, to: .packaging, .request, more).reaction?.entered == ["rejected"])
    }

    /// Whoever gives his order the id of another's has an order of his own, whichever comes first.
    @Test func anotherCustomersOrderIsAnother() throws {
        var forged = DomainTests.order
        forged.customer = Customer(type: "company", name: "google")
        let ordering = try Bench(.order)
        #expect(ordering.react(from: .customer, to: .order, .cancel, forged).reaction?.record?.state == .withdrawn)
        #expect(kinds(ordering.react(from: .customer, to: .order, .request).reaction) == ["packaging request"])
        #expect(kinds(ordering.react(from: .customer, to: .order, .request, forged).reaction) == ["packaging request", "packaging cancel"])
        let shipping = try Bench(.shipping)
        #expect(shipping.react(from: .packaging, to: .shipping, .request, forged).reaction?.entered == ["shipped"])
        #expect(shipping.react(from: .packaging, to: .shipping, .request).reaction?.entered == ["shipped"])
    }

    @Test func cancellationsOfOrdersThatNobodyPlacedAreBounded() throws {
        let bench = try Bench(.order)
        var remembered = 0
        for number in 1...(3 * Worker.greatestWithdrawn) {
            var order = DomainTests.order
            order.id = "x-\(number)"
            let reaction = bench.react(from: .customer, to: .order, .cancel, order).reaction
            remembered += reaction?.record?.state == .withdrawn ? 1 : 0
            #expect((reaction?.isPassedOver == true) == (number > Worker.greatestWithdrawn))
        }
        #expect(remembered == Worker.greatestWithdrawn)
        // An order that comes makes room for another cancellation.
        var first = DomainTests.order
        first.id = "x-1"
        #expect(kinds(bench.react(from: .customer, to: .order, .request, first).reaction) == ["packaging request", "packaging cancel"])
        first.id = "y-1"
        #expect(bench.react(from: .customer, to: .order, .cancel, first).reaction?.record?.state == .withdrawn)
    }

    /// Packing wins over a cancellation that comes after it. That the two were concurrent is told by their stamps, and only then recorded.
    @Test(arguments: [true, false]) func aCancellationTooLateLoses(areConcurrent: Bool) throws {
        let bench = try Bench(.packaging)
        _ = bench.react(from: .order, to: .packaging, .request)
        let done = bench.worker.work(WorkOrder(now: 100))
        #expect(done.packed.map(\.entered) == [["packed"]] && done.packed.first?.packs == true)
        var packed = DependencyStamp()
        packed[PublisherID(process: 2, incarnation: 0), "shop/packaging/shipping"] = 1
        bench.worker.notePacked(DomainTests.order.key, stamp: packed.wireForm)
        var cancel = areConcurrent ? DependencyStamp() : packed
        cancel[PublisherID(process: 1, incarnation: 0), "shop/order/packaging"] = 2
        let reaction = bench.react(from: .order, to: .packaging, .cancel, at: 101, stamp: cancel).reaction
        #expect((reaction?.choice != nil) == areConcurrent)
        #expect(reaction?.record == nil && reaction?.events.isEmpty ?? true)
    }

    @Test func shippingAndNotificationDoTheirPartOnce() throws {
        let shipping = try Bench(.shipping)
        let shipped = shipping.react(from: .packaging, to: .shipping, .request).reaction
        #expect(shipped?.entered == ["shipped"] && kinds(shipped) == ["notification shipped", "order shipped"])
        #expect(shipped?.moves.first?.from == .reserved && shipped?.moves.first?.to == .shipped)
        #expect(shipping.react(from: .packaging, to: .shipping, .request).reaction == nil)

        let notification = try Bench(.notification)
        let told = notification.react(from: .packaging, to: .notification, .failed).reaction
        #expect(told?.entered == ["notified"] && told?.events.first?.body == .outcome(DomainTests.order, .rejected))
        #expect(told?.events.first?.topic == ShopTopic(from: .notification, to: DomainTests.order.customer, kind: .status))
        #expect(notification.react(from: .packaging, to: .notification, .failed).reaction == nil)
    }

    /// Without the inbox a service does twice what it is asked twice: what the checker has to find.
    @Test func withoutIdempotenceEffectsAreDoubled() throws {
        let bench = try Bench(.packaging, isIdempotent: false)
        #expect(bench.react(from: .order, to: .packaging, .request).reaction?.entered == ["reserved"])
        #expect(bench.react(from: .order, to: .packaging, .request).reaction?.entered == ["reserved"])
    }
}
