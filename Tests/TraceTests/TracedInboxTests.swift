import Causality
import Testing
import Trace

@Suite struct TracedInboxTests {
    private static func id(_ process: UInt32) -> PublisherID { PublisherID(process: process, incarnation: 0) }

    /// A message that was overtaken, one that is lost, and a retained one: what the trace says of them, and what the process
    /// publishes then.
    @Test func recordsWhatComesOutWhenItComesOut() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "packaging")
        var inbox = TracedInbox<String>(
            CausalPublisher(Self.id(7)), writer: writer, subscriptions: [InboxSubscription(TopicFilter("orders")!)],
            timeout: .nanoseconds(100))
        var order = CausalPublisher(Self.id(3))
        let stamps = (1...4).map { _ in order.publish(to: "orders") }
        func receive(_ number: Int, at now: UInt64) -> InboxReceipt<String> {
            inbox.receive(
                "order \(number)", stamp: stamps[number - 1], from: order.id, topic: "orders", sequence: UInt64(number) + 10, attempt: 2,
                at: now)
        }
        var other = CausalPublisher(Self.id(4))
        inbox.process(stamp: other.publish(to: "stock"), from: other.id, sequence: 5, attempt: 1, at: 90)
        #expect(receive(2, at: 100).status == .held)
        // What waits is not part of the past.
        #expect(inbox.publish(to: "parcels").description == "{parcels 7: 1, stock 4: 1}")
        #expect(receive(1, at: 110).releases.map(\.message) == ["order 1", "order 2"])
        #expect(receive(4, at: 120).status == .held && inbox.nextDeadline == 220 && inbox.heldCount == 1)
        let expired = inbox.expire(at: 220)
        #expect(expired.map(\.message) == ["order 4"] && expired[0].timedOut)
        #expect(receive(3, at: 230).releases.map(\.isLate) == [true])
        #expect(receive(3, at: 231).status == .duplicate)
        #expect(inbox.publish(to: "parcels").description == "{orders 3: 4, parcels 7: 2, stock 4: 1}")
        #expect(inbox.counts.released == 4 && inbox.settled == stamps[3])
        try await writer.close()
        var events: [String] = []
        try TraceFile(path: path).forEach { event, _ in
            guard case .processed(let event) = event else { return events.append("\(event)") }
            events.append("\(event.process) \(event.at): \(event.publisher) \(event.sequence) \(event.attempt) \(event.timedOut)")
        }
        #expect(
            events == [
                "7 90: 4 5 1 false", "7 110: 3 11 2 false", "7 110: 3 12 2 false", "7 220: 3 14 2 true", "7 230: 3 13 2 false",
            ])
    }

    /// Every way out of the inbox is recorded.
    @Test func recordsEveryWayOut() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "packaging")
        var order = CausalPublisher(Self.id(3))
        var inbox = TracedInbox<Int>(
            CausalPublisher(Self.id(7)), writer: writer, subscriptions: [InboxSubscription(TopicFilter("a")!)], timeout: nil)
        func put(_ topic: String, _ sequence: UInt64, _ stamp: DependencyStamp) -> InboxStatus {
            inbox.receive(0, stamp: stamp, from: order.id, topic: topic, sequence: sequence, attempt: 1, at: sequence).status
        }
        _ = order.publish(to: "a")
        #expect(put("a", 1, order.publish(to: "a")) == .held)
        #expect(inbox.releaseAll(at: 2).count == 1)
        inbox.subscribe(InboxSubscription(TopicFilter("b")!))
        _ = order.publish(to: "a")
        #expect(put("b", 3, order.publish(to: "b")) == .held)
        #expect(inbox.unsubscribe(TopicFilter("a")!, at: 4).count == 1)
        _ = order.publish(to: "b")
        #expect(put("b", 5, order.publish(to: "b")) == .held)
        #expect(inbox.sessionLost(waiting: true, at: 6).count == 1)
        #expect(inbox.publisher.past[order.id, "b"] == 3)
        try await writer.close()
        var times: [UInt64] = []
        try TraceFile(path: path).forEach { event, _ in if case .processed(let event) = event { times.append(event.at) } }
        #expect(times == [2, 4, 6])
    }
}
