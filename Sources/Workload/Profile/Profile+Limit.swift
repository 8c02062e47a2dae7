extension Profile {
    /// A limit that a broker is documented to have, and that it counts itself when it is reached.
    public struct Limit: Equatable, Sendable {
        /// What reports call it: lower-case letters, digits and hyphens.
        public let name: String
        /// What it can cover.
        public let `class`: Class
        /// The broker's counter that says up to how much.
        public let upTo: Counter
        /// Which limit it is, for people; may be empty.
        public let note: String

        /// What a limit can cover.
        public enum Class: String, CaseIterable, Sendable {
            /// Deliveries that were owed and did not arrive.
            case lost
        }

        /// What a broker counts itself.
        public enum Counter: String, CaseIterable, Sendable {
            /// The messages that it dropped.
            case dropped = "broker.dropped"
        }
    }
}
