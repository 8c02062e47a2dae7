public import Causality

/// The causal side of one process, traced: its ``CausalInbox``, its ``CausalPublisher`` and its ``TraceWriter`` in step.
///
/// What comes out of the inbox is recorded as processed and becomes part of the process's past in the same call. So a stamp never names
/// what the trace does not, and the checker, which works out each stamp from the trace, comes to the same.
///
/// It belongs to the thread or actor that the writer belongs to. Times are nanoseconds of CLOCK_MONOTONIC, as in the trace.
public struct TracedInbox<Message> {
    /// A message with what the trace calls it.
    private struct Traced {
        var message: Message
        var sequence: UInt64
        var attempt: UInt32
    }

    private let writer: TraceWriter
    private var inbox: CausalInbox<Traced>
    /// What the process has published and processed; a process that means to come back as the same publisher saves it.
    public private(set) var publisher: CausalPublisher

    /// Makes an inbox.
    /// - Parameters:
    ///   - publisher: the process that receives, with the past it had.
    ///   - writer: where its events are recorded.
    ///   - subscriptions: as in ``CausalInbox/init(subscriptions:had:capacity:timeout:)``, like what follows.
    public init(
        _ publisher: CausalPublisher, writer: TraceWriter, subscriptions: [InboxSubscription], had: DependencyStamp = DependencyStamp(),
        capacity: Int = 10_000, timeout: Duration? = .seconds(5)
    ) {
        self.publisher = publisher
        self.writer = writer
        inbox = CausalInbox(subscriptions: subscriptions, had: had, capacity: capacity, timeout: timeout)
    }

    /// See ``CausalInbox/heldCount``.
    public var heldCount: Int { inbox.heldCount }
    /// See ``CausalInbox/nextDeadline``.
    public var nextDeadline: UInt64? { inbox.nextDeadline }
    /// See ``CausalInbox/counts``.
    public var counts: InboxCounts { inbox.counts }
    /// See ``CausalInbox/settled``.
    public var settled: DependencyStamp { inbox.settled }

    /// Counts one more publish and returns the stamp that the message carries;
    /// ``TraceWriter/published(process:at:topic:qos:retain:sequence:attempt:intended:stamp:isEmpty:)`` takes its
    /// ``DependencyStamp/vectorTimestamp``.
    public mutating func publish(to topic: String) -> DependencyStamp {
        publisher.publish(to: topic)
    }

    /// A message arrived; its delivery has been recorded.
    /// - Parameters:
    ///   - message: the message.
    ///   - stamp: the stamp that it carries.
    ///   - sender: who published it.
    ///   - topic: the topic it came on.
    ///   - sequence: its number, as the trace has it.
    ///   - attempt: its attempt, as the trace has it.
    ///   - now: the present time.
    /// - Returns: what became of it, and what the application may process now; that is recorded as processed.
    public mutating func receive(
        _ message: Message, stamp: DependencyStamp, from sender: PublisherID, topic: String, sequence: UInt64, attempt: UInt32,
        at now: UInt64
    ) -> InboxReceipt<Message> {
        let traced = Traced(message: message, sequence: sequence, attempt: attempt)
        let receipt = inbox.receive(traced, stamp: stamp, from: sender, topic: topic, at: now)
        return InboxReceipt(status: receipt.status, releases: record(receipt.releases, now))
    }

    /// The application takes a message that needs no waiting, such as a retained one that came because of a subscription.
    public mutating func process(stamp: DependencyStamp, from sender: PublisherID, sequence: UInt64, attempt: UInt32, at now: UInt64) {
        writer.processed(
            process: publisher.id.process, at: now, publisher: sender.process, sequence: sequence, attempt: attempt, timedOut: false)
        publisher.processed(stamp)
    }

    /// See ``CausalInbox/expire(at:)``; what it returns is recorded as processed.
    public mutating func expire(at now: UInt64) -> [InboxRelease<Message>] {
        record(inbox.expire(at: now), now)
    }

    /// See ``CausalInbox/releaseAll()``; what it returns is recorded as processed.
    public mutating func releaseAll(at now: UInt64) -> [InboxRelease<Message>] {
        record(inbox.releaseAll(), now)
    }

    /// See ``CausalInbox/subscribe(_:)``.
    public mutating func subscribe(_ subscription: InboxSubscription) {
        inbox.subscribe(subscription)
    }

    /// See ``CausalInbox/unsubscribe(_:)``; what it returns is recorded as processed.
    public mutating func unsubscribe(_ filter: TopicFilter, at now: UInt64) -> [InboxRelease<Message>] {
        record(inbox.unsubscribe(filter), now)
    }

    /// See ``CausalInbox/sessionLost(waiting:)``; what it returns is recorded as processed.
    public mutating func sessionLost(waiting: Bool, at now: UInt64) -> [InboxRelease<Message>] {
        record(inbox.sessionLost(waiting: waiting), now)
    }

    private mutating func record(_ releases: [InboxRelease<Traced>], _ now: UInt64) -> [InboxRelease<Message>] {
        releases.map { release in
            writer.processed(
                process: publisher.id.process, at: now, publisher: release.publisher.process, sequence: release.message.sequence,
                attempt: release.message.attempt, timedOut: release.timedOut)
            publisher.processed(release)
            return release.map(\.message)
        }
    }
}
