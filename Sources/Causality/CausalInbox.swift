/// Holds messages back until what happened before them has been released.
///
/// It is put between a subscriber and its application. Each message comes with its ``DependencyStamp``; the inbox looks only at those
/// entries that the subscriber's filters match, because of the others it will never see a message.
///
/// **Without loss** every message is released once, after everything that happened before it and is owed to this subscriber, and at
/// the moment when the last of that has arrived. **With loss** nothing is held longer than the timeout and no more than `capacity`
/// messages are; when the inbox gives up, it releases what it has in causal order and flags it (``InboxRelease/timedOut``), and
/// what comes after all is released with ``InboxRelease/isLate``. So if a message is released before one that it depends on, then
/// it was flagged, or the inbox had given up on the other one before it arrived.
///
/// It reads no clock: the caller passes the time, in nanoseconds of a clock of its choice that does not step back. Call
/// ``expire(at:)`` when ``nextDeadline`` has come.
///
/// What is retained and comes because of a subscription is a copy of the past and no part of what is sent from now on: do not put
/// it in, but process it at once. Of what only **shared** subscriptions bring, the subscriber gets some part that nobody can
/// foresee: nothing waits for such messages, they wait for the others, and copies of them are not recognized.
///
/// Memory: up to `capacity` held messages with their stamps, and a fixed amount for each publisher and topic that it has heard of and
/// its filters match.
///
/// Cost: a look-up for each entry of the stamp when a message arrives, and one more look for each thing that it had to wait for.
/// The other held messages are not looked at.
public struct CausalInbox<Message> {
    /// The most messages that are held when a call returns.
    public let capacity: Int
    /// The longest that a message is held, in nanoseconds; `nil` for any time.
    public let timeout: UInt64?
    /// What it has done so far.
    public internal(set) var counts = InboxCounts()

    var subscriptions: [InboxSubscription]
    var streams: [InboxStream] = []
    var places: [PublisherTopic: Int] = [:]
    /// Pairs that no filter matches, so that a filter is not tried again for each message.
    var unmatched: Set<PublisherTopic> = []
    /// What is known of the past before this inbox.
    let had: DependencyStamp
    var held = HeldMessages<Message>()
    /// Held messages that wait for nothing any more, in the order in which they came to this.
    var ready: [Int] = []
    var lastTime: UInt64 = 0
    var arrivals: UInt64 = 0
    /// How many dependencies were looked at, for the test of the cost.
    var looks = 0

    /// Makes an inbox.
    /// - Parameters:
    ///   - subscriptions: what the subscriber gets.
    ///   - had: a past that needs no waiting for, and whose messages count as released already: ``settled`` of an inbox before this one, or
    ///     the stamp of a snapshot that the application starts from.
    ///   - capacity: the most messages to hold, 0 or more. When one more would have to be held, the oldest is released as if its
    ///     time were over.
    ///   - timeout: the longest to hold a message; `nil` for any time. Less than 0 counts as 0.
    public init(
        subscriptions: [InboxSubscription], had: DependencyStamp = DependencyStamp(), capacity: Int = 10_000,
        timeout: Duration? = .seconds(5)
    ) {
        precondition(capacity >= 0, "The capacity of an inbox is 0 or more, not \(capacity).")
        self.subscriptions = subscriptions
        self.had = had
        self.capacity = capacity
        self.timeout = timeout?.wholeNanoseconds
        for entry in had.entries {
            if let place = place(of: PublisherTopic(publisher: entry.publisher, topic: entry.topic)) { streams[place].close() }
        }
    }

    /// The number of messages held.
    public var heldCount: Int { held.count }

    /// When ``expire(at:)`` will have something to do, if nothing arrives before; `nil` if nothing is held or there is no timeout.
    public var nextDeadline: UInt64? {
        held.oldest.flatMap { deadline(of: $0) }
    }

    /// For each publisher and topic, up to which count everything was released, given up, or is not owed. An application that
    /// stores this together with what it has processed can go on from there with a new inbox (`had:`), if it puts in again what it
    /// had received and not processed. What arrives late for the new one is then taken for a copy.
    public var settled: DependencyStamp {
        var stamp = had
        for stream in streams where stream.reach == .whole { stamp[stream.key.publisher, stream.key.topic] = stream.settled }
        return stamp
    }

    /// A message arrived.
    /// - Parameters:
    ///   - message: the message.
    ///   - stamp: the stamp that it carries.
    ///   - publisher: who published it.
    ///   - topic: the topic it came on.
    ///   - now: the present time. A time before that of an earlier call counts as that one.
    /// - Returns: what became of it, and what can be processed now. What is overdue is released as well.
    public mutating func receive(
        _ message: Message, stamp: DependencyStamp, from publisher: PublisherID, topic: String, at now: UInt64
    ) -> InboxReceipt<Message> {
        lastTime = max(lastTime, now)
        var releases: [InboxRelease<Message>] = []
        let status = take(message, stamp, PublisherTopic(publisher: publisher, topic: topic), &releases)
        expireOverdue(&releases)
        counts.greatestHeld = max(counts.greatestHeld, held.count)
        return InboxReceipt(status: status, releases: releases)
    }

    /// Gives up waiting where the time is over.
    /// - Parameter now: the present time.
    /// - Returns: what can be processed now, in this order.
    public mutating func expire(at now: UInt64) -> [InboxRelease<Message>] {
        lastTime = max(lastTime, now)
        var releases: [InboxRelease<Message>] = []
        expireOverdue(&releases)
        return releases
    }

    /// Gives up waiting for anything that is not here, as at the end.
    /// - Returns: everything that is held, in causal order.
    public mutating func releaseAll() -> [InboxRelease<Message>] {
        var releases: [InboxRelease<Message>] = []
        while let oldest = held.oldest { giveUp(oldest, &releases) }
        return releases
    }

    func deadline(of place: Int) -> UInt64? {
        timeout.map { timeout in
            let (deadline, overflow) = held[place].arrived.addingReportingOverflow(timeout)
            return overflow ? .max : deadline
        }
    }
}

extension CausalInbox: Sendable where Message: Sendable {}

extension Duration {
    /// At least 0, and at most what 64 bits hold.
    fileprivate var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard self > .zero else { return 0 }
        let (product, tooLarge) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = product.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return tooLarge || overflow ? .max : sum
    }
}
