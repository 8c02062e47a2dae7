/// The states that things of a run may go through, and the quantities that are kept of it. See docs/profiles.md.
///
/// A definition is made by parsing YAML, which validates it as a whole: every state can be reached, and from every state an end.
public struct WorkflowDefinition: Equatable, Sendable {
    /// The state machines, in the order of the file.
    public let machines: [Machine]
    /// The quantities, in the order of the file.
    public let quantities: [Quantity]

    /// The states of one kind of thing.
    public struct Machine: Equatable, Sendable {
        /// The name that events give it.
        public let name: String
        /// Every state.
        public let states: [String]
        /// Where a thing begins, at least one.
        public let initial: [String]
        /// Where it ends, at least one; nothing leads on from there.
        public let terminal: [String]
        /// What it may enter more than once.
        public let repeatable: [String]
        /// Which state may follow which.
        public let transitions: [Transition]
    }

    /// One state may follow another.
    public struct Transition: Hashable, Sendable {
        /// The state before.
        public let from: String
        /// The state behind.
        public let to: String
        /// The group that alone may make it; `nil` for any.
        public let by: String?
    }

    /// What is kept in terms, between which amounts move.
    public struct Quantity: Equatable, Sendable {
        /// The name that events give it.
        public let name: String
        /// What it is divided into, at least one.
        public let terms: [String]
        /// The terms that may fall below zero.
        public let mayBeNegative: [String]
        /// Whether nothing of it may leave.
        public let conserved: Bool
    }
}
