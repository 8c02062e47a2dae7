extension CheckReport {
    /// What the traces say of the workflow of the run.
    public struct Workflow: Codable, Equatable, Sendable {
        /// The state machines of which there are things, in the order of the workflow.
        public var machines: [Machine]
        /// The quantities of which something moved, in the order of the workflow.
        public var quantities: [Quantity]

        /// The things of one state machine.
        public struct Machine: Codable, Equatable, Sendable {
            /// Its name.
            public var name: String
            /// How many things there are.
            public var entities: Int
            /// How often one of them entered a state.
            public var transitions: Int
            /// How many are in each state in the end, in the order of the workflow.
            public var states: [State]

            /// Makes the part of a machine.
            public init(name: String, entities: Int, transitions: Int, states: [State]) {
                self.name = name
                self.entities = entities
                self.transitions = transitions
                self.states = states
            }
        }

        /// The things in one state.
        public struct State: Codable, Equatable, Sendable {
            /// The state's name.
            public var name: String
            /// How many are in it.
            public var entities: Int

            /// Makes the part of a state.
            public init(name: String, entities: Int) {
                self.name = name
                self.entities = entities
            }
        }

        /// What moved of one quantity.
        public struct Quantity: Codable, Equatable, Sendable {
            /// Its name.
            public var name: String
            /// How many accounts there are.
            public var accounts: Int
            /// How often something moved.
            public var moves: Int

            /// Makes the part of a quantity.
            public init(name: String, accounts: Int, moves: Int) {
                self.name = name
                self.accounts = accounts
                self.moves = moves
            }
        }

        /// Makes a report.
        public init(machines: [Machine], quantities: [Quantity]) {
            self.machines = machines
            self.quantities = quantities
        }
    }
}
