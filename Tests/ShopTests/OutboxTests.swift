import Causality
import MQTT
import Testing
import Workload

@testable import Shop

@Suite struct OutboxTests {
    private func entry(_ number: UInt64, sequence: UInt64? = nil, isAnswered: Bool = false) -> OutboxEntry {
        OutboxEntry(
            event: ShopEvent(
                id: "1-\(number)", topic: ShopTopic(from: .order, to: .packaging, item: DomainTests.order.item, kind: .request),
                body: .order(DomainTests.order)),
            milliseconds: 0, sequence: sequence ?? number, stamp: [0], isAnswered: isAnswered)
    }

    @Test func eventsAreSentInOrderAndKeptUntilTheyAreAnsweredAndAcknowledged() {
        var outbox = Outbox(acknowledged: 0, resendAfter: 10)
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
        var outbox = Outbox(acknowledged: 0, resendAfter: 10)
        for number in UInt64(1)...2 {
            outbox.enqueue(entry(number))
            outbox.sent(at: 100)
        }
        outbox.completed(1, .acked)
        #expect(outbox.overdue(at: 109).isEmpty)
        #expect(outbox.overdue(at: 110).map(\.sequence) == [1])
        outbox.enqueue(entry(1, sequence: 3))
        #expect(outbox.overdue(at: 110).isEmpty && outbox.next()?.sequence == 3 && outbox.unanswered == 2)
        outbox.sent(at: 120)
        outbox.completed(3, .acked)
        #expect(outbox.acknowledged == 1)
        // Each time it waits twice as long.
        #expect(outbox.overdue(at: 139).isEmpty && outbox.nextOverdue() == 140)
        #expect(outbox.overdue(at: 140).map(\.event.id) == ["1-1"])
    }

    @Test func whatCanNeverBeSentMakesWayForTheRest() {
        var outbox = Outbox(acknowledged: 0, resendAfter: 10)
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

    /// Whatever happens in whatever order: what is overdue or settled is what a look at everything would find.
    @Test(arguments: 0..<20) func nothingIsForgottenAndNothingIsKept(seed: UInt64) {
        /// What is known of an event, kept the plain way.
        struct Known {
            var sequence: UInt64
            var sent: UInt64?
            var repeats = 0
            var isAcknowledged = false
            var isAnswered: Bool
        }
        var random = RandomStream(state: seed)
        var outbox = Outbox(acknowledged: 0, resendAfter: 10)
        var known: [UInt64: Known] = [:]
        var queue: [UInt64] = []
        var (now, sequence, events): (UInt64, UInt64, UInt64) = (0, 0, 0)
        func enqueue(_ number: UInt64, _ isAnswered: Bool) {
            sequence += 1
            outbox.enqueue(entry(number, sequence: sequence, isAnswered: isAnswered))
            let before = known[number]
            known[number] = Known(
                sequence: sequence, repeats: before.map { $0.repeats + 1 } ?? 0, isAnswered: before?.isAnswered ?? isAnswered)
            queue.append(number)
        }
        for _ in 0..<3_000 {
            now += random.next() % 3
            let some = known.keys.sorted().randomElement(using: &random)
            switch random.next() % 6 {
            case 0:
                events += 1
                enqueue(events, random.next() % 3 == 0)
            case 1 where !queue.isEmpty:
                #expect(outbox.next()?.sequence == known[queue[0]]?.sequence)
                // At QoS 0 the outcome comes before the call returns.
                if random.next() % 4 == 0, let number = known[queue[0]]?.sequence {
                    outbox.completed(number, .acked)
                    known[queue[0]]?.isAcknowledged = true
                }
                outbox.sent(at: now)
                known[queue.removeFirst()]?.sent = now
            case 2:
                guard let some, let state = known[some], state.sent != nil, !state.isAcknowledged else { continue }
                outbox.completed(state.sequence, .acked)
                known[some]?.isAcknowledged = true
            case 3:
                guard let some else { continue }
                #expect(outbox.answer("1-\(some)", from: .packaging) == (known[some]?.isAnswered == false))
                known[some]?.isAnswered = true
            case 4:
                let settled = known.filter { $0.value.isAnswered && $0.value.isAcknowledged }.keys
                #expect(outbox.settle() == settled.map { "1-\($0)" }.sorted())
                for number in settled { known[number] = nil }
            default:
                let waiting = known.filter { !$0.value.isAnswered && $0.value.isAcknowledged && $0.value.sent != nil }
                let deadlines = waiting.mapValues { $0.sent! + 10 << UInt64(min($0.repeats, 5)) }
                #expect(outbox.nextOverdue() == deadlines.values.min())
                let due = deadlines.filter { $0.value <= now }.keys.sorted { known[$0]!.sequence < known[$1]!.sequence }
                #expect(outbox.overdue(at: now).map(\.event.id) == due.map { "1-\($0)" })
                for number in due { enqueue(number, false) }
            }
            #expect(outbox.unanswered == known.values.count { !$0.isAnswered } && outbox.isEmpty == known.isEmpty)
        }
        #expect(events > 100)
    }

    @Test func aReceiptNeedsNoAnswer() {
        var outbox = Outbox(acknowledged: 0, resendAfter: 10)
        outbox.enqueue(entry(1, isAnswered: true))
        outbox.sent(at: 0)
        #expect(outbox.unanswered == 0 && outbox.settle().isEmpty && outbox.nextOverdue() == nil)
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
