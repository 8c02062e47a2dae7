public import Causality

/// An event on its way: a CloudEvent 1.0 with what the causal inbox and the checker need as extension attributes.
public struct ShopMessage: Equatable, Sendable {
    /// The event.
    public var event: ShopEvent
    /// The run it belongs to.
    public var run: UInt64
    /// The process that published it.
    public var publisher: UInt32
    /// Its number among the publishes of its publisher, from 1. The same event sent again has a number of its own.
    public var sequence: UInt64
    /// What happened before it, counted by publisher and ``ShopTopic/causalKey``.
    public var stamp: DependencyStamp
    /// When the event happened, in milliseconds since 1970.
    public var milliseconds: Int64

    /// Makes a message.
    public init(
        event: ShopEvent, run: UInt64, publisher: UInt32, sequence: UInt64, stamp: DependencyStamp, milliseconds: Int64
    ) {
        self.event = event
        self.run = run
        self.publisher = publisher
        self.sequence = sequence
        self.stamp = stamp
        self.milliseconds = milliseconds
    }

    /// What a received packet turned out to be.
    public enum Decoded: Equatable, Sendable {
        /// An event of the shop. It may belong to another run: compare ``ShopMessage/run``.
        case message(ShopMessage)
        /// No event of the shop.
        case foreign
        /// It begins as one, but what it says is not what was sent; the reason is one sentence.
        case corrupt(String)
    }
}
