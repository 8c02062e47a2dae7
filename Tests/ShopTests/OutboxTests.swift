import Causality
import MQTT
import Testing

@testable import Shop

@Suite struct OutboxTests {
    private func entry(_ number: UInt64, sequence: UInt64? = nil, isAnswered: Bool = false) -> OutboxEntry {
        OutboxEntry(
            event: ShopEvent(
                id: "1-\(number)", topic: ShopTopic(from: .order, to: .packaging, item: DomainTests.order.item, kind: .request),
                body: .order(DomainTests.order)),
            milliseconds: 0, sequence: sequence ?? number, stamp: DependencyStamp(), isAnswered: isAnswered)
    }

    @Test func eventsAreSentInOrderAndKeptUntilTheyAreAnsweredAndAcknowledged() {
        var outbox = Outbox(acknowledged: 0)
        for number in UInt64(1)...3 { outbox.enqueue(entry(number)) }
        for number in UInt64(1)...3 {
            #expect(outbox.next()?.sequence == number)
            outbox.sent(at: 100)
        }
        #expect(outbox.next() == nil && outbox.unanswered == 3)
        #expect(outbox.answer("1-2", from: .packaging) && !outbox.answer("1-2", from: .packaging))
        // Nobody answers for another.
        let others = [outbox.answer("1-9", from: .packaging), outbox.answer("1-1", from: .shipping)]
        #expect(others == [false, false] && outbox.unanswered == 2)
        #expect(outbox.settle().isEmpty)
        outbox.completed(2, .acked)
        #expect(outbox.acknowledged == 0 && outbox.settle() == ["1-2"])
        outbox.completed(1, .acked)
        #expect(outbox.acknowledged == 2 && outbox.unanswered == 2 && !outbox.isEmpty)
    }

    /// What the broker has and nobody answers is sent again under a new number; what is still on its way to the broker is not.
    @Test func whatNobodyAnswersIsOverdue() {
        var outbox = Outbox(acknowledged: 0)
        for number in UInt64(1)...2 {
            outbox.enqueue(entry(number))
            outbox.sent(at: 100)
        }
        outbox.completed(1, .acked)
        #expect(outbox.overdue(at: 109, after: 10).isEmpty)
        #expect(outbox.overdue(at: 110, after: 10).map(\.sequence) == [1])
        outbox.enqueue(entry(1, sequence: 3))
        #expect(outbox.overdue(at: 110, after: 10).isEmpty && outbox.next()?.sequence == 3 && outbox.unanswered == 2)
        outbox.sent(at: 120)
        outbox.completed(3, .acked)
        #expect(outbox.acknowledged == 1)
        // Each time it waits twice as long.
        #expect(outbox.overdue(at: 139, after: 10).isEmpty && outbox.nextOverdue(after: 10) == 140)
        #expect(outbox.overdue(at: 140, after: 10).map(\.event.id) == ["1-1"])
    }

    @Test func whatCanNeverBeSentMakesWayForTheRest() {
        var outbox = Outbox(acknowledged: 0)
        for number in UInt64(1)...3 { outbox.enqueue(entry(number, isAnswered: number == 1)) }
        outbox.giveUp(entry(1))
        outbox.giveUp(entry(2))
        #expect(outbox.next()?.sequence == 3 && outbox.unanswered == 1 && outbox.waiting == 1)
        outbox.sent(at: 0)
        outbox.completed(3, .acked)
        let isNews = outbox.answer("1-3", from: .packaging)
        let settled = outbox.settle()
        #expect(outbox.acknowledged == 3 && isNews && settled == ["1-3"] && outbox.isEmpty)
    }

    @Test func aReceiptNeedsNoAnswer() {
        var outbox = Outbox(acknowledged: 0)
        outbox.enqueue(entry(1, isAnswered: true))
        outbox.sent(at: 0)
        #expect(outbox.unanswered == 0 && outbox.settle().isEmpty && outbox.nextOverdue(after: 10) == nil)
        outbox.completed(1, .acked)
        #expect(outbox.settle() == ["1-1"] && outbox.isEmpty)
    }

    @Test func localClientsFollowTheirOwnSubtree() async {
        let hub = EdgeHub(capacity: 2)
        let vendor = hub.subscribe("shop/+/+/3c/apple/#")
        let customer = hub.subscribe("shop/+/customer/company/amazon/#")
        let lazy = hub.subscribe("shop/#")
        #expect(hub.subscribe("shop/#/all") == nil && hub.count == 3)
        for message in DomainTests.messages { hub.publish(message.event) }
        hub.close()
        func ids(_ events: EdgeHub.Events?) async -> [String] {
            var topics: [String] = []
            if let events { for await event in events { topics.append(event.topic.kind.rawValue) } }
            return topics
        }
        #expect(await ids(vendor) == ["request"])
        #expect(await ids(customer) == ["status"])
        // Whoever does not keep up loses the channel, after what it could hold.
        #expect(await ids(lazy) == ["request", "status"])
    }
}
