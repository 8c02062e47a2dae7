/// What the checker found out about causes and effects.
public struct CausalityReport: Codable, Equatable, Sendable {
    /// What the broker delivered. MQTT promises no order across streams, so this is for information unless the expectations say otherwise.
    public var wire: Level
    /// What the applications behind causal inboxes saw; `nil` where no process has one.
    public var processed: ProcessedLevel?
    /// How the messages of the run stand to each other.
    public var census: Census
    /// Stamps that differ from what their publisher had in its past; each is a violation of class `stamp-corrupt`.
    public var wrongStamps: Int
    /// Publishes whose record has no stamp; their order is not judged.
    public var unstamped: Int

    /// What came out of order at one level.
    public struct Level: Codable, Equatable, Sendable {
        /// Messages that arrived at a subscriber after a message of another stream that depends on them.
        public var inversions: Int
        /// Messages that were due at a subscriber and never arrived, although one arrived that depends on them.
        public var gaps: Int

        /// Makes a level.
        public init(inversions: Int = 0, gaps: Int = 0) {
            self.inversions = inversions
            self.gaps = gaps
        }
    }

    /// The same behind causal inboxes.
    public struct ProcessedLevel: Codable, Equatable, Sendable {
        /// As ``Level/inversions``; each is a violation of class `causal-inversion`.
        public var inversions: Int
        /// As ``Level/gaps``, and messages that arrived and never came out of the inbox.
        public var gaps: Int
        /// Messages that an inbox released without waiting any longer for what should have come before.
        public var timeouts: Int

        /// Makes a level.
        public init(inversions: Int = 0, gaps: Int = 0, timeouts: Int = 0) {
            self.inversions = inversions
            self.gaps = gaps
            self.timeouts = timeouts
        }
    }

    /// How the messages of a run stand to each other in the causal order.
    public struct Census: Codable, Equatable, Sendable {
        /// Attempts to publish.
        public var messages: Int
        /// Pairs of them.
        public var pairs: Int
        /// Pairs of which neither happened before the other; exact.
        public var concurrentPairs: Int
        /// Their share of all pairs, from 0 to 1.
        public var concurrentShare: Double
        /// The number of messages in the longest chain in which each happened before the next, those of one publisher included.
        public var longestChain: Int
        /// How often the chain with the most changes of process goes from one process to another.
        public var mostHops: Int

        /// Makes a census.
        public init(
            messages: Int = 0, pairs: Int = 0, concurrentPairs: Int = 0, concurrentShare: Double = 0, longestChain: Int = 0,
            mostHops: Int = 0
        ) {
            self.messages = messages
            self.pairs = pairs
            self.concurrentPairs = concurrentPairs
            self.concurrentShare = concurrentShare
            self.longestChain = longestChain
            self.mostHops = mostHops
        }
    }

    /// Makes a report.
    public init(
        wire: Level = .init(), processed: ProcessedLevel? = nil, census: Census = .init(), wrongStamps: Int = 0, unstamped: Int = 0
    ) {
        self.wire = wire
        self.processed = processed
        self.census = census
        self.wrongStamps = wrongStamps
        self.unstamped = unstamped
    }

    /// Writes every key, `processed` as null where there is none.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(wire, forKey: .wire)
        try container.encode(processed, forKey: .processed)
        try container.encode(census, forKey: .census)
        try container.encode(wrongStamps, forKey: .wrongStamps)
        try container.encode(unstamped, forKey: .unstamped)
    }
}
