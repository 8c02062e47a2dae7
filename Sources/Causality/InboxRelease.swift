/// A message that came out of a ``CausalInbox``, for the application to process now.
public struct InboxRelease<Message> {
    /// The message as it was put in.
    public var message: Message
    /// The past of the message, itself included: ``CausalPublisher/processed(_:)-(InboxRelease<Message>)`` takes it.
    public var stamp: DependencyStamp
    /// Who published it.
    public var publisher: PublisherID
    /// The topic it came on.
    public var topic: String
    /// Its number among what the publisher sent to the topic, from 1.
    public var count: UInt64
    /// When it was put in, in nanoseconds of the caller's clock.
    public var arrived: UInt64
    /// Whether the inbox gave up waiting for something that happened before it.
    public var timedOut: Bool
    /// Whether it may have been overtaken: the inbox had given up waiting for it, or did not know of it, and released what comes after it.
    public var isLate: Bool

    /// The same release of another form of the message.
    public func map<Other>(_ transform: (Message) throws -> Other) rethrows -> InboxRelease<Other> {
        InboxRelease<Other>(
            message: try transform(message), stamp: stamp, publisher: publisher, topic: topic, count: count, arrived: arrived,
            timedOut: timedOut, isLate: isLate)
    }
}

extension InboxRelease: Sendable where Message: Sendable {}

/// What became of a message that was put into a ``CausalInbox``.
public enum InboxStatus: Equatable, Sendable {
    /// It is among the releases of the call.
    case released
    /// It waits for what happened before it.
    case held
    /// It was put in before, and is not released again. A copy of what arrived, too, before the inbox was made anew from
    /// ``CausalInbox/settled``.
    case duplicate
    /// No filter matches its topic; it was not taken in.
    case unmatched
    /// Its stamp has no entry for its own publisher and topic; it was not taken in.
    case unstamped
}

/// What a call of ``CausalInbox/receive(_:stamp:from:topic:at:)`` did.
public struct InboxReceipt<Message> {
    /// What became of the message.
    public var status: InboxStatus
    /// What the application may process now, in this order.
    public var releases: [InboxRelease<Message>]

    /// Makes a receipt.
    public init(status: InboxStatus, releases: [InboxRelease<Message>]) {
        self.status = status
        self.releases = releases
    }
}

extension InboxReceipt: Sendable where Message: Sendable {}

/// What an inbox has done so far.
public struct InboxCounts: Equatable, Sendable {
    /// Messages released.
    public var released = 0
    /// Of these, messages for which it gave up waiting for something before them.
    public var timedOut = 0
    /// Of the released, messages that came late.
    public var late = 0
    /// Copies that were not released.
    public var duplicates = 0
    /// How often it had to give up because it was full and not because time had passed.
    public var overflows = 0
    /// The most messages that were held when a call returned.
    public var greatestHeld = 0
}
