/// What the states of things may be and what quantities are kept: what the services of a run are held against. docs/profiles.md says how it is written.
public struct Workflow: Equatable, Sendable {
    /// The state machines, each for one kind of thing.
    public var machines: [Machine]
    /// The quantities, each kept for many accounts.
    public var quantities: [Quantity]

    /// The states of one kind of thing.
    public struct Machine: Equatable, Sendable {
        /// Its name, as events give it.
        public var name: String
        /// Every state.
        public var states: [String]
        /// The states in which a thing comes into the world.
        public var initial: [String]
        /// The states in which it ends.
        public var terminal: [String]
        /// The states that a thing may enter more than once.
        public var repeatable: [String]
        /// Which state may follow which.
        public var transitions: [Transition]

        /// Makes a machine. Every state that is named elsewhere is one of `states`.
        public init(
            name: String, states: [String], initial: [String], terminal: [String], repeatable: [String] = [], transitions: [Transition]
        ) {
            self.name = name
            self.states = states
            self.initial = initial
            self.terminal = terminal
            self.repeatable = repeatable
            self.transitions = transitions
        }
    }

    /// One state may follow another.
    public struct Transition: Equatable, Sendable {
        /// The state before.
        public var from: String
        /// The state behind.
        public var to: String
        /// The group whose processes alone may make it; `nil` for any.
        public var by: String?

        /// Makes a transition.
        public init(from: String, to: String, by: String? = nil) {
            self.from = from
            self.to = to
            self.by = by
        }
    }

    /// A quantity whose amounts move between terms: the stock of an item, which is on hand, reserved or shipped.
    public struct Quantity: Equatable, Sendable {
        /// Its name, as events give it.
        public var name: String
        /// What it is divided into.
        public var terms: [String]
        /// The terms that may fall below zero.
        public var mayBeNegative: [String]
        /// Whether what came into the world is for ever the sum of all terms: nothing leaves.
        public var isConserved: Bool

        /// Makes a quantity.
        public init(name: String, terms: [String], mayBeNegative: [String] = [], isConserved: Bool = true) {
            self.name = name
            self.terms = terms
            self.mayBeNegative = mayBeNegative
            self.isConserved = isConserved
        }
    }

    /// Makes a workflow.
    public init(machines: [Machine], quantities: [Quantity] = []) {
        self.machines = machines
        self.quantities = quantities
    }
}
