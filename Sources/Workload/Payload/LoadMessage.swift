public import Causality

/// What every load message carries besides its padding: who published it, in which order, when, and after what.
///
/// A publisher keeps one value, changes its fields for each message and calls ``encode(into:size:)`` with a scratch array that it
/// keeps as well, so that publishing allocates nothing. The stamp is changed in place through the stored property.
public struct LoadMessage: Equatable, Sendable {
    /// The run it belongs to.
    public var run: UInt64
    /// The process that published it.
    public var publisher: UInt32
    /// Its number among the messages of its publisher, from 1.
    public var sequence: UInt64
    /// The number of the attempt to publish it, from 1; higher where the application published the same message again.
    public var attempt: UInt32
    /// When the schedule wanted it sent, in nanoseconds of the publisher's monotonic clock.
    public var intended: UInt64
    /// When it was handed to the session, in nanoseconds of the publisher's monotonic clock.
    public var sent: UInt64
    /// The publishes in its causal past, itself included.
    public var stamp: VectorTimestamp

    /// Makes a message.
    public init(
        run: UInt64, publisher: UInt32, sequence: UInt64 = 1, attempt: UInt32 = 1, intended: UInt64 = 0, sent: UInt64 = 0,
        stamp: VectorTimestamp = VectorTimestamp()
    ) {
        self.run = run
        self.publisher = publisher
        self.sequence = sequence
        self.attempt = attempt
        self.intended = intended
        self.sent = sent
        self.stamp = stamp
    }

    /// What a received payload turned out to be.
    public enum Decoded: Equatable, Sendable {
        /// A whole load message. It may belong to another run: compare ``LoadMessage/run``.
        case message(LoadMessage)
        /// No load message, or one of another version of the layout.
        case foreign
        /// It begins as a load message, but what follows is wrong; the reason is one sentence.
        case corrupt(String)
    }

    /// The wished size does not hold the message.
    public struct SizeError: Error, Equatable, Sendable, CustomStringConvertible {
        /// The wished size in bytes.
        public var size: Int
        /// The least size in bytes that holds the message with its present stamp.
        public var leastSize: Int
        /// The number of entries of the stamp.
        public var stampEntries: Int

        /// One sentence that names the least size that fits.
        public var description: String {
            let entries = stampEntries == 1 ? "1 entry" : "\(stampEntries) entries"
            return
                "a payload of \(size) bytes cannot hold the load message with its vector timestamp of \(entries): the least size that fits is \(leastSize) bytes"
        }
    }
}
