extension CheckReport {
    /// What became of one documented limit that the expectations name.
    public struct Limit: Codable, Equatable, Sendable {
        /// The name of the limit.
        public var name: String
        /// What it can cover: `lost`.
        public var `class`: String
        /// The broker's counter.
        public var counter: String
        /// By how much the broker's counter rose during the run; `nil` where the trace has not two readings of it.
        public var counted: Int?
        /// How many violations that can cover, at most: what was counted less the deliveries at QoS 0 that did not arrive.
        public var admitted: Int
        /// How many violations it does cover. They are in no anomaly.
        public var charged: Int
        /// Which limit it is, for people.
        public var note: String
        /// Why ``counted`` is not known; `nil` where it is.
        public var reason: String?

        /// Makes one.
        public init(
            name: String, class: String, counter: String, counted: Int?, admitted: Int, charged: Int, note: String, reason: String? = nil
        ) {
            self.name = name
            self.class = `class`
            self.counter = counter
            self.counted = counted
            self.admitted = admitted
            self.charged = charged
            self.note = note
            self.reason = reason
        }

        /// Writes every key, `counted` and `reason` as null where there is none.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(`class`, forKey: .class)
            try container.encode(counter, forKey: .counter)
            try container.encode(counted, forKey: .counted)
            try container.encode(admitted, forKey: .admitted)
            try container.encode(charged, forKey: .charged)
            try container.encode(note, forKey: .note)
            try container.encode(reason, forKey: .reason)
        }
    }
}
