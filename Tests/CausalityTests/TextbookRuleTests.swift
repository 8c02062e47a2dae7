import Causality
import Testing

/// Why the inbox counts by topic. The textbook rule (Birman, Schiper and Stephenson 1991) is for groups in which everyone gets
/// every message: a message of `j` with the stamp `V` is delivered when `V[j]` is the next of `j` and `V[k]` is at most what was
/// delivered of each other `k`.
@Suite struct TextbookRuleTests {
    private struct TextbookInbox {
        /// Whether the next of the sender is any that is greater: an attempt to live with holes.
        var takesHoles = false
        private var delivered: [UInt32: UInt64] = [:]
        private var waiting: [(name: String, sender: UInt32, stamp: VectorTimestamp)] = []

        init(takesHoles: Bool = false) { self.takesHoles = takesHoles }

        mutating func receive(_ name: String, from sender: UInt32, _ stamp: VectorTimestamp) -> [String] {
            waiting.append((name, sender, stamp))
            var names: [String] = []
            while let index = waiting.firstIndex(where: { isDue($0.sender, $0.stamp) }) {
                let message = waiting.remove(at: index)
                delivered[message.sender] = message.stamp[message.sender]
                names.append(message.name)
            }
            return names
        }

        private func isDue(_ sender: UInt32, _ stamp: VectorTimestamp) -> Bool {
            let own = delivered[sender, default: 0]
            let isNext = takesHoles ? stamp[sender] > own : stamp[sender] == own + 1
            return isNext && stamp.entries.allSatisfy { $0.process == sender || $0.count <= delivered[$0.process, default: 0] }
        }
    }

    /// A publisher sends to two topics; the subscriber has asked for one of them. The textbook waits for ever for the other one.
    @Test func waitsForEverForWhatIsNotSubscribed() {
        var order = CausalPublisher(PublisherID(process: 1, incarnation: 0))
        _ = order.publish(to: "shop/order/audit")
        let request = order.publish(to: "shop/order/packaging")
        var textbook = TextbookInbox()
        #expect(textbook.receive("request", from: 1, request.vectorTimestamp) == [])
        var inbox = CausalInbox<String>(subscriptions: [InboxSubscription(TopicFilter("shop/+/packaging")!)], timeout: nil)
        let receipt = inbox.receive("request", stamp: request, from: order.id, topic: "shop/order/packaging", at: 0)
        #expect(receipt.releases.map(\.message) == ["request"])
    }

    /// If it is told to live with holes in what a sender sent, then it takes for a hole what is only slower: the second message
    /// comes first.
    @Test func misordersIfItTakesHoles() {
        var order = CausalPublisher(PublisherID(process: 1, incarnation: 0))
        let request = order.publish(to: "shop/order/packaging")
        let cancellation = order.publish(to: "shop/order/packaging")
        var textbook = TextbookInbox(takesHoles: true)
        #expect(textbook.receive("cancellation", from: 1, cancellation.vectorTimestamp) == ["cancellation"])
        #expect(textbook.receive("request", from: 1, request.vectorTimestamp) == [], "and the first is stuck")
        var inbox = CausalInbox<String>(subscriptions: [InboxSubscription(TopicFilter("shop/+/packaging")!)], timeout: nil)
        let first = inbox.receive("cancellation", stamp: cancellation, from: order.id, topic: "shop/order/packaging", at: 0)
        let second = inbox.receive("request", stamp: request, from: order.id, topic: "shop/order/packaging", at: 0)
        #expect(first.releases.isEmpty && second.releases.map(\.message) == ["request", "cancellation"])
    }
}
