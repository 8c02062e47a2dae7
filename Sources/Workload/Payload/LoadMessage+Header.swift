public import Causality

extension LoadMessage {
    /// What a load message says besides its stamp: plain numbers, so that reading one allocates nothing. Who needs the stamp asks for it.
    public struct Header: Equatable, Sendable {
        /// See ``LoadMessage/run``.
        public var run: UInt64
        /// See ``LoadMessage/publisher``.
        public var publisher: UInt32
        /// See ``LoadMessage/sequence``.
        public var sequence: UInt64
        /// See ``LoadMessage/attempt``.
        public var attempt: UInt32
        /// See ``LoadMessage/intended``.
        public var intended: UInt64
        /// See ``LoadMessage/sent``.
        public var sent: UInt64

        /// Makes a header.
        public init(run: UInt64, publisher: UInt32, sequence: UInt64 = 1, attempt: UInt32 = 1, intended: UInt64 = 0, sent: UInt64 = 0) {
            self.run = run
            self.publisher = publisher
            self.sequence = sequence
            self.attempt = attempt
            self.intended = intended
            self.sent = sent
        }

        /// The stamp of a payload of which ``LoadMessage/Header/read(_:)`` said that it is a whole message.
        public static func stamp(of payload: Span<UInt8>) -> VectorTimestamp {
            var offset = LoadMessage.headerLength
            return VectorTimestamp.decode(payload, at: &offset) ?? VectorTimestamp()
        }
    }

    /// What a received payload turned out to be, without its stamp.
    public enum HeaderDecoded: Equatable, Sendable {
        /// A whole load message, its stamp included: ``LoadMessage/Header/stamp(of:)`` reads that. It may belong to another run.
        case message(Header)
        /// See ``LoadMessage/Decoded/foreign``.
        case foreign
        /// See ``LoadMessage/Decoded/corrupt(_:)``.
        case corrupt(String)
    }

    /// The message without its stamp.
    public var header: Header {
        Header(run: run, publisher: publisher, sequence: sequence, attempt: attempt, intended: intended, sent: sent)
    }

    init(_ header: Header, stamp: VectorTimestamp) {
        self.init(
            run: header.run, publisher: header.publisher, sequence: header.sequence, attempt: header.attempt, intended: header.intended,
            sent: header.sent, stamp: stamp)
    }
}
