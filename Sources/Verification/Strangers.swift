extension CheckReport {
    /// Messages that are none of the run's and that a subscription of the run asked for all the same: of others who use the broker too, or retained, and
    /// so perhaps older than the run. They are passed over.
    public struct Strangers: Codable, Equatable, Sendable {
        /// How many came to the run's clients.
        public var messages = 0
        /// On how many topics.
        public var topics = 0
        /// The topics with the most of them, at most ``named``.
        public var examples: [String] = []

        /// The most topics that are named.
        public static let named = 5

        /// Makes a count of none.
        public init() {}
    }
}

extension CheckReport.Strangers {
    /// Counts by topic, put together.
    init(_ counts: [UInt32: Int], names: [String]) {
        messages = counts.values.reduce(0, +)
        topics = counts.count
        let sorted = counts.map { (name: names[Int($0.key)], count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        examples = sorted.prefix(Self.named).map(\.name)
    }
}
