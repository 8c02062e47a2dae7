import Testing

@testable import Causality

@Suite struct InboxPartsTests {
    /// The runs of missing counts against a plain list of counts.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func missingCountsAgreeWithAList(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var missing = MissingCounts()
        var list: [UInt64: Bool] = [:]
        var next: UInt64 = 1
        for _ in 0..<40 {
            if Bool.random(using: &random) {
                if Bool.random(using: &random) { next += 1 }
                let last = next + UInt64.random(in: 0...3, using: &random)
                let isGivenUp = Bool.random(using: &random)
                missing.append(next, through: last, isGivenUp: isGivenUp)
                for count in next...last { list[count] = isGivenUp }
                next = last + 1
            }
            let count = UInt64.random(in: 0...next, using: &random)
            #expect(missing.remove(count) == (list.removeValue(forKey: count) != nil), "seed \(seed): \(count) of \(missing)")
            let low = UInt64.random(in: 0...next, using: &random)
            let high = UInt64.random(in: 0...next, using: &random)
            let expected = list.contains { $0.value && $0.key > low && $0.key <= high }
            #expect(missing.containsGivenUp(above: low, through: high) == expected, "seed \(seed): \(low) to \(high) of \(missing)")
            if Int.random(in: 0..<20, using: &random) == 0 {
                missing.excuse()
                list = list.mapValues { _ in false }
            }
        }
    }

    @Test func missingCountsForgetTheOldest() {
        var missing = MissingCounts()
        for number in 1...100 as ClosedRange<UInt64> { missing.append(number * 10, through: number * 10 + 4, isGivenUp: true) }
        let firstKept = UInt64(100 - MissingCounts.greatestRuns + 1) * 10
        #expect(!missing.remove(firstKept - 6) && !missing.remove(firstKept - 10))
        // What is forgotten may have been given up.
        #expect(missing.containsGivenUp(above: 5, through: 6) && !missing.containsGivenUp(above: firstKept - 6, through: firstKept - 1))
        // A hole in the newest run makes one run more.
        #expect(missing.remove(1002) && !missing.remove(firstKept) && missing.remove(firstKept + 10))
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func waitersComeInOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = WaiterHeap()
        var list: [WaiterHeap.Waiter] = []
        for arrival in 0..<60 as Range<UInt64> {
            let waiter = WaiterHeap.Waiter(count: .random(in: 0...9, using: &random), arrival: arrival, place: Int(arrival))
            heap.insert(waiter)
            list.append(waiter)
            if Int.random(in: 0..<4, using: &random) == 0 {
                let place = Int.random(in: 0...Int(arrival), using: &random)
                heap.remove(place: place)
                list.removeAll { $0.place == place }
            }
            let reached = UInt64.random(in: 0...12, using: &random)
            guard reached < 10 else { continue }
            let first = list.filter { $0.count <= reached }.min { ($0.count, $0.arrival) < ($1.count, $1.arrival) }
            #expect(heap.pop(reached: reached)?.place == first?.place, "seed \(seed)")
            list.removeAll { $0.place == first?.place }
        }
        while let waiter = heap.pop(reached: .max) { list.removeAll { $0.place == waiter.place } }
        #expect(list.isEmpty, "seed \(seed)")
    }

    /// A thousand messages wait, each for something else, and all of that arrives: what is looked at grows with the entries of the
    /// stamps and not with what is held.
    @Test func heldMessagesAreNotLookedAtAgain() {
        var inbox = CausalInbox<Int>(subscriptions: [InboxSubscription(TopicFilter("#")!)], timeout: nil)
        let causes = (0..<1000).map { number -> (publisher: CausalPublisher, stamp: DependencyStamp) in
            var publisher = CausalPublisher(PublisherID(process: UInt32(number), incarnation: 0))
            let stamp = publisher.publish(to: "cause")
            return (publisher, stamp)
        }
        var entries = 0
        for (number, cause) in causes.enumerated() {
            var effect = CausalPublisher(PublisherID(process: UInt32(1000 + number), incarnation: 0))
            effect.processed(cause.stamp)
            let stamp = effect.publish(to: "effect")
            entries += stamp.entries.count
            let receipt = inbox.receive(number, stamp: stamp, from: effect.id, topic: "effect", at: 1)
            #expect(receipt.status == .held)
        }
        #expect(inbox.heldCount == 1000)
        for (number, cause) in causes.enumerated().reversed() {
            entries += cause.stamp.entries.count
            let receipt = inbox.receive(-1, stamp: cause.stamp, from: cause.publisher.id, topic: "cause", at: 1)
            #expect(receipt.releases.map(\.message) == [-1, number])
        }
        #expect(inbox.heldCount == 0 && inbox.counts.greatestHeld == 1000)
        #expect(inbox.looks <= 2 * entries, "\(inbox.looks) looks at \(entries) entries")
    }
}
