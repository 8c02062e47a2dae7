import Causality
import Testing

/// A message on its way, with what an inbox needs to know of it.
private struct Sent {
    var name: String
    var from: PublisherID
    var topic: String
    var stamp: DependencyStamp
}

extension CausalPublisher {
    fileprivate init(_ process: UInt32, incarnation: UInt32 = 0) {
        self.init(PublisherID(process: process, incarnation: incarnation))
    }

    fileprivate mutating func send(_ name: String, to topic: String) -> Sent {
        Sent(name: name, from: id, topic: topic, stamp: publish(to: topic))
    }
}

extension CausalInbox<String> {
    fileprivate init(
        _ filters: [String], start: InboxSubscription.Start = .beginning, had: DependencyStamp = DependencyStamp(), capacity: Int = 100,
        timeout: Duration? = .nanoseconds(100)
    ) {
        let subscriptions = filters.map { InboxSubscription(TopicFilter($0)!, start: start) }
        self.init(subscriptions: subscriptions, had: had, capacity: capacity, timeout: timeout)
    }

    fileprivate mutating func put(_ sent: Sent, at now: UInt64 = 1) -> InboxReceipt<String> {
        receive(sent.name, stamp: sent.stamp, from: sent.from, topic: sent.topic, at: now)
    }
}

extension [InboxRelease<String>] {
    /// Names, `!` behind what timed out and `?` behind what is late.
    fileprivate var names: [String] { map { $0.message + ($0.timedOut ? "!" : "") + ($0.isLate ? "?" : "") } }
}

@Suite struct CausalInboxTests {
    /// What was in between is invisible here, and yet its cause comes first.
    @Test func waitsForACauseThroughWhatItDoesNotSee() {
        var (order, packaging, shipping) = (CausalPublisher(1), CausalPublisher(2), CausalPublisher(3))
        let placed = order.send("placed", to: "orders")
        packaging.processed(placed.stamp)
        let packed = packaging.send("packed", to: "internal")
        shipping.processed(packed.stamp)
        let shipped = shipping.send("shipped", to: "parcels")
        var customer = CausalInbox(["orders", "parcels"])
        #expect(customer.put(shipped).status == .held)
        let receipt = customer.put(placed)
        #expect(receipt.status == .released && receipt.releases.names == ["placed", "shipped"])
        #expect(receipt.releases.allSatisfy { $0.arrived == 1 && $0.count == 1 })
    }

    @Test func givesUpAtTheTimeoutAndFlagsIt() {
        var publisher = CausalPublisher(1)
        let sent = (1...4).map { publisher.send("\($0)", to: "t") }
        var inbox = CausalInbox(["#"], timeout: .nanoseconds(100))
        #expect(inbox.put(sent[0], at: 10).releases.names == ["1"])
        #expect(inbox.nextDeadline == nil)
        #expect(inbox.put(sent[2], at: 20).status == .held)
        #expect(inbox.put(sent[3], at: 70).status == .held)
        #expect(inbox.nextDeadline == 120)
        #expect(inbox.expire(at: 119).isEmpty)
        #expect(inbox.expire(at: 120).names == ["3!", "4!"], "4 waited for 2 as well")
        #expect(inbox.nextDeadline == nil)
        let late = inbox.put(sent[1], at: 130)
        #expect(late.status == .released && late.releases.names == ["2?"])
        #expect(inbox.put(sent[1], at: 131).status == .duplicate && inbox.put(sent[3], at: 131).status == .duplicate)
        let counts = inbox.counts
        #expect(counts.released == 4 && counts.timedOut == 2 && counts.late == 1 && counts.duplicates == 2, "\(counts)")
        #expect(counts.overflows == 0 && counts.greatestHeld == 2, "\(counts)")
    }

    @Test func whatComesAfterALossIsInOrderAgain() {
        var publisher = CausalPublisher(1)
        let sent = (1...5).map { publisher.send("\($0)", to: "t") }
        var inbox = CausalInbox(["#"])
        #expect(inbox.put(sent[2], at: 10).status == .held)
        #expect(inbox.expire(at: 110).names == ["3!"])
        #expect(inbox.put(sent[4], at: 111).status == .held)
        #expect(inbox.put(sent[3], at: 112).releases.names == ["4", "5"])
    }

    /// The oldest has to go; a younger one that happened before it is here, too, and goes first.
    @Test func aFullInboxReleasesTheOldestWithItsPast() {
        var (a, b) = (CausalPublisher(1), CausalPublisher(2))
        let lost = a.send("lost", to: "t")
        let cause = a.send("cause", to: "t")
        b.processed(lost.stamp)
        b.processed(cause.stamp)
        let effect = b.send("effect", to: "t")
        var other = CausalPublisher(3)
        let others = (1...3).map { other.send("other \($0)", to: "t") }
        var inbox = CausalInbox(["#"], capacity: 2, timeout: nil)
        #expect(inbox.put(effect).status == .held)
        #expect(inbox.put(others[1]).status == .held)
        #expect(inbox.put(cause).releases.names == ["cause!", "effect!"])
        #expect(inbox.heldCount == 1 && inbox.counts.overflows == 1 && inbox.counts.greatestHeld == 2)
        #expect(inbox.put(others[0]).releases.names == ["other 1", "other 2"])
    }

    @Test func withoutRoomNothingIsHeld() {
        var publisher = CausalPublisher(1)
        let sent = (1...2).map { publisher.send("\($0)", to: "t") }
        var inbox = CausalInbox(["#"], capacity: 0)
        let receipt = inbox.put(sent[1])
        #expect(receipt.status == .released && receipt.releases.names == ["2!"])
        #expect(inbox.put(sent[0]).releases.names == ["1?"])
    }

    @Test func takesInOnlyWhatItCanPlace() {
        var publisher = CausalPublisher(1)
        let sent = publisher.send("1", to: "a/b")
        var inbox = CausalInbox(["a/+"])
        #expect(inbox.receive("x", stamp: sent.stamp, from: .init(process: 2, incarnation: 0), topic: "a/b", at: 1).status == .unstamped)
        #expect(inbox.receive("x", stamp: sent.stamp, from: sent.from, topic: "a/c", at: 1).status == .unstamped)
        #expect(inbox.put(publisher.send("2", to: "b")).status == .unmatched)
        #expect(inbox.put(sent).status == .released)
    }

    /// A service stops with one message processed and one received, and goes on from what it stored.
    @Test func goesOnFromWhatWasSettled() {
        var publisher = CausalPublisher(1)
        let sent = (1...4).map { publisher.send("\($0)", to: "t") }
        var first = CausalInbox(["#"])
        #expect(first.put(sent[0]).status == .released)
        #expect(first.put(sent[2]).status == .held)
        var second = CausalInbox(["#"], had: first.settled)
        #expect(second.put(sent[2]).status == .held)
        #expect(second.put(sent[0]).status == .duplicate)
        #expect(second.put(sent[1]).releases.names == ["2", "3"])
        #expect(second.settled == sent[2].stamp)
        #expect(CausalInbox(["x"], had: first.settled).settled == first.settled)
    }

    @Test func aPublisherThatForgotNeedsANewIncarnation() {
        var first = CausalPublisher(1)
        var inbox = CausalInbox(["#"])
        #expect(inbox.put(first.send("1", to: "t")).status == .released)
        var forgetful = CausalPublisher(1)
        #expect(inbox.put(forgetful.send("1 again", to: "t")).status == .duplicate)
        var second = CausalPublisher(1, incarnation: 1)
        let sent = (1...2).map { second.send("new \($0)", to: "t") }
        #expect(inbox.put(sent[1]).status == .held)
        #expect(inbox.put(sent[0]).releases.names == ["new 1", "new 2"])
        var restored = CausalPublisher(first.id, past: first.past)
        #expect(inbox.put(restored.send("2", to: "t")).releases.names == ["2"])
    }

    @Test func doesNotWaitForItsOwnMessagesThatTheBrokerLeavesOut() {
        var (me, other) = (CausalPublisher(1), CausalPublisher(2))
        let mine = me.send("mine", to: "t")
        other.processed(mine.stamp)
        let answer = other.send("answer", to: "t")
        let filter = TopicFilter("#")!
        var inbox = CausalInbox<String>(subscriptions: [InboxSubscription(filter, noLocal: 1)])
        #expect(inbox.put(answer).releases.names == ["answer"])
        var hearsItself = CausalInbox<String>(subscriptions: [InboxSubscription(filter, noLocal: 1), InboxSubscription(filter)])
        #expect(hearsItself.put(answer).status == .held)
        #expect(hearsItself.put(mine).releases.names == ["mine", "answer"])
    }

    /// The other members of the group get what is missing here; but the whole of another topic is waited for.
    @Test func waitsForNothingThatASharedSubscriptionBrings() {
        var (a, b) = (CausalPublisher(1), CausalPublisher(2))
        let shared = (1...3).map { a.send("\($0)", to: "work/x") }
        let note = a.send("note", to: "note")
        let fourth = a.send("4", to: "work/x")
        b.processed(shared[2].stamp)
        let answer = b.send("answer", to: "note")
        var inbox = CausalInbox(["$share/group/work/#", "note"], timeout: nil)
        #expect(inbox.put(shared[1]).releases.names == ["2"])
        #expect(inbox.put(answer).releases.names == ["answer"])
        #expect(inbox.put(fourth).status == .held)
        #expect(inbox.put(note).releases.names == ["note", "4"])
    }

    @Test func aJoiningSubscriberDoesNotWaitForWhatWasSentBefore() {
        var (a, b) = (CausalPublisher(1), CausalPublisher(2))
        let sent = (1...502).map { a.send("\($0)", to: "a") }
        b.processed(sent[499].stamp)
        let answer = b.send("answer to 500", to: "b")
        let later = b.send("later", to: "b")
        // The first message of each pair shows where it begins for this subscriber.
        for waiting in [false, true] {
            var inbox = CausalInbox(["#"], start: .midstream(waiting: waiting), timeout: nil)
            #expect(inbox.put(sent[499]).releases.names == ["500"])
            #expect(inbox.put(sent[501]).status == .held)
            #expect(inbox.put(answer).releases.names == ["answer to 500"])
            #expect(inbox.put(sent[500]).releases.names == ["501", "502"])
        }
        // Before that it depends on what was asked for.
        var impatient = CausalInbox(["#"], start: .midstream(waiting: false), timeout: nil)
        #expect(impatient.put(answer).releases.names == ["answer to 500"])
        #expect(impatient.put(sent[499]).releases.names == ["500?"])
        #expect(impatient.put(sent[500]).releases.names == ["501"])
        var patient = CausalInbox(["#"], start: .midstream(waiting: true))
        #expect(patient.put(answer).status == .held)
        #expect(patient.put(sent[499]).releases.names == ["500", "answer to 500"])
        var alone = CausalInbox(["#"], start: .midstream(waiting: true))
        #expect(alone.put(answer, at: 5).status == .held)
        #expect(alone.expire(at: 105).names == ["answer to 500!"])
        #expect(alone.put(later, at: 106).releases.names == ["later"], "it gives up once, and not for each message")
    }

    /// What was unheard of when a message arrived may be known by the time when it has nothing else to wait for.
    @Test func whatBecomesKnownIsWaitedFor() {
        var (a, b, c) = (CausalPublisher(1), CausalPublisher(2), CausalPublisher(3))
        let sentByA = (1...5).map { a.send("a\($0)", to: "a") }
        let sentByB = (1...2).map { b.send("b\($0)", to: "b") }
        c.processed(sentByA[4].stamp)
        c.processed(sentByB[1].stamp)
        let effect = c.send("effect", to: "c")
        var inbox = CausalInbox(["#"], start: .midstream(waiting: false), timeout: nil)
        #expect(inbox.put(sentByB[0]).status == .released)
        #expect(inbox.put(effect).status == .held)
        #expect(inbox.put(sentByA[3]).status == .released)
        #expect(inbox.put(sentByB[1]).releases.names == ["b2"])
        #expect(inbox.put(sentByA[4]).releases.names == ["a5", "effect"])
    }

    /// What a subscriber had is where it goes on, in the middle of what others send, too.
    @Test func whatItHadIsNoMiddle() {
        var publisher = CausalPublisher(1)
        let sent = (1...6).map { publisher.send("\($0)", to: "t") }
        for start in [InboxSubscription.Start.beginning, .midstream(waiting: true), .midstream(waiting: false)] {
            var inbox = CausalInbox(["#"], start: start, had: sent[2].stamp)
            #expect(inbox.put(sent[4]).status == .held, "\(start)")
            #expect(inbox.put(sent[1]).status == .duplicate, "\(start)")
            #expect(inbox.put(sent[3]).releases.names == ["4", "5"], "\(start)")
        }
    }

    /// The oldest waits for a younger one that is here and waits for what only a later subscription brings.
    @Test func givesUpForWhatIsHeldBeforeTheOldest() {
        var (a, b, c) = (CausalPublisher(1), CausalPublisher(2), CausalPublisher(3))
        let cause = a.send("cause", to: "later")
        b.processed(cause.stamp)
        let middle = b.send("middle", to: "b")
        c.processed(middle.stamp)
        let effect = c.send("effect", to: "c")
        var inbox = CausalInbox(["b", "c"])
        #expect(inbox.put(effect, at: 10).status == .held)
        inbox.subscribe(InboxSubscription(TopicFilter("later")!, start: .midstream(waiting: true)))
        #expect(inbox.put(middle, at: 20).status == .held)
        #expect(inbox.expire(at: 110).names == ["middle!", "effect"])
    }

    @Test func subscriptionsComeAndGo() {
        var (a, b) = (CausalPublisher(1), CausalPublisher(2))
        let first = a.send("1", to: "a")
        b.processed(first.stamp)
        let answer = b.send("answer", to: "b")
        var inbox = CausalInbox(["a", "b"])
        #expect(inbox.put(answer).status == .held)
        #expect(inbox.unsubscribe(TopicFilter("a")!).names == ["answer"])
        #expect(inbox.put(first).status == .unmatched)
        let others = (2...4).map { a.send("\($0)", to: "a") }
        b.processed(others[1].stamp)
        let second = b.send("second", to: "b")
        inbox.subscribe(InboxSubscription(TopicFilter("a")!, start: .midstream(waiting: true)))
        #expect(inbox.put(second).status == .held)
        #expect(inbox.put(others[1]).releases.names == ["3", "second"], "2 was sent in between and is not owed")
    }

    @Test func aLostSessionTakesWithItWhatWasOwed() {
        var publisher = CausalPublisher(1)
        let sent = (1...8).map { publisher.send("\($0)", to: "t") }
        var inbox = CausalInbox(["#"], timeout: nil)
        #expect(inbox.put(sent[0]).status == .released)
        #expect(inbox.put(sent[2]).status == .held)
        #expect(inbox.sessionLost(waiting: true).names == ["3!"])
        #expect(inbox.heldCount == 0)
        #expect(inbox.put(sent[5]).releases.names == ["6"])
        #expect(inbox.put(sent[0]).status == .duplicate)
        #expect(inbox.put(sent[7]).status == .held)
        #expect(inbox.releaseAll().names == ["8!"])
    }

    @Test func aCopyIsAnInboxOfItsOwn() {
        var publisher = CausalPublisher(1)
        let sent = (1...2).map { publisher.send("\($0)", to: "t") }
        var inbox = CausalInbox(["#"])
        #expect(inbox.put(sent[1]).status == .held)
        var copy = inbox
        #expect(copy.put(sent[0]).releases.names == ["1", "2"])
        #expect(inbox.heldCount == 1 && inbox.put(sent[0]).releases.names == ["1", "2"])
    }
}

/// Stamps that no honest process writes: they may cost a timeout, and nothing more.
@Suite struct HostileStampTests {
    private static let ids = (1...3).map { PublisherID(process: $0, incarnation: 0) }

    private func stamp(_ counts: [(process: Int, count: UInt64)]) -> DependencyStamp {
        DependencyStamp(counts.map { .init(topic: "t", publisher: Self.ids[$0.process - 1], count: $0.count) })
    }

    @Test func messagesThatNameEachOtherAsTheirPast() {
        var inbox = CausalInbox(["#"])
        for round in 0..<3 as Range<UInt64> {
            let now = round * 1000
            let a = stamp([(1, 2 * round + 2), (2, round + 1)])
            let b = stamp([(1, 2 * round + 2), (2, round + 1)])
            #expect(inbox.receive("a", stamp: a, from: Self.ids[0], topic: "t", at: now).status == .held)
            #expect(inbox.receive("b", stamp: b, from: Self.ids[1], topic: "t", at: now + 50).status == .held)
            #expect(inbox.expire(at: now + 100).names.sorted() == ["a!", "b!"])
            // The first of each round was given up and comes late.
            let first = stamp([(1, 2 * round + 1)])
            #expect(inbox.receive("first", stamp: first, from: Self.ids[0], topic: "t", at: now + 101).releases.names == ["first?"])
            #expect(inbox.receive("a", stamp: a, from: Self.ids[0], topic: "t", at: now + 102).status == .duplicate)
        }
        #expect(inbox.heldCount == 0)
    }

    @Test func aMessageThatIsItsOwnPastTwice() {
        // Its own count is 5, and another message of its publisher that comes later claims to be before it.
        var inbox = CausalInbox(["#"])
        #expect(inbox.receive("5", stamp: stamp([(1, 5), (2, 1)]), from: Self.ids[0], topic: "t", at: 0).status == .held)
        #expect(inbox.receive("b", stamp: stamp([(1, 9), (2, 1)]), from: Self.ids[1], topic: "t", at: 1).status == .held)
        #expect(inbox.expire(at: 100).names.sorted() == ["5!", "b!"])
        #expect(inbox.receive("10", stamp: stamp([(1, 10)]), from: Self.ids[0], topic: "t", at: 101).releases.names == ["10"])
    }

    @Test func theGreatestCounts() {
        var inbox = CausalInbox(["#"])
        #expect(inbox.receive("a", stamp: stamp([(1, .max), (2, .max)]), from: Self.ids[0], topic: "t", at: 0).status == .held)
        #expect(inbox.expire(at: 100).names == ["a!"])
        // Whatever then comes is late, and comes.
        for count in [.max, 1, 2, .max - 1] as [UInt64] {
            let receipt = inbox.receive("b", stamp: stamp([(2, count)]), from: Self.ids[1], topic: "t", at: 101)
            #expect(receipt.releases.names == ["b?"], "\(count)")
        }
        #expect(inbox.receive("a", stamp: stamp([(1, .max)]), from: Self.ids[0], topic: "t", at: 102).status == .duplicate)
        #expect(inbox.receive("c", stamp: stamp([(3, 2)]), from: Self.ids[2], topic: "t", at: .max - 50).status == .held)
        #expect(inbox.nextDeadline == .max)
        // A clock that steps back, too, is not followed.
        #expect(inbox.receive("c", stamp: stamp([(3, 1)]), from: Self.ids[2], topic: "t", at: 1).releases.count == 2)
    }
}
