extension CheckReport {
    /// What became of one documented limit that the expectations name.
    public struct Limit: Codable, Equatable, Sendable {
        /// The name of the limit.
        public var name: String
        /// What it can cover: `lost`.
        public var `class`: String
        /// The broker's counter.
        public var counter: String
        /// By how much the broker's counter rose during the run; 0 where the trace has not two readings of it.
        public var counted: Int
        /// How many violations that can cover, at most: what was counted less the deliveries at QoS 0 that did not arrive.
        public var admitted: Int
        /// How many violations it does cover. They are in no anomaly.
        public var charged: Int
        /// Which limit it is, for people.
        public var note: String

        /// Makes one.
        public init(name: String, class: String, counter: String, counted: Int, admitted: Int, charged: Int, note: String) {
            self.name = name
            self.class = `class`
            self.counter = counter
            self.counted = counted
            self.admitted = admitted
            self.charged = charged
            self.note = note
        }
    }
}
