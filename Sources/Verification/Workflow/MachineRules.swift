/// What a workflow says of the states of one machine, by the numbers that the traces gave them.
struct MachineRules {
    let machine: Workflow.Machine
    private let states: Set<Int>
    private let initial: Set<Int>
    private let terminal: Set<Int>
    private let repeatable: Set<Int>
    /// The transitions into each state, and out of it.
    private let into: [Int: [(state: Int, by: String?)]]
    private let outOf: [Int: Set<Int>]
    /// Whether a thing can come back to a state that it has left.
    let hasCircles: Bool

    /// States that no trace names have no number, and no rule needs them.
    init(_ machine: Workflow.Machine, _ names: NameTable) {
        func numbers(_ states: [String]) -> Set<Int> { Set(states.compactMap(names.number)) }
        self.machine = machine
        states = numbers(machine.states)
        initial = numbers(machine.initial)
        terminal = numbers(machine.terminal)
        repeatable = numbers(machine.repeatable)
        var into: [Int: [(state: Int, by: String?)]] = [:]
        var outOf: [Int: Set<Int>] = [:]
        for transition in machine.transitions {
            guard let from = names.number(of: transition.from), let to = names.number(of: transition.to) else { continue }
            into[to, default: []].append((from, transition.by))
            outOf[from, default: []].insert(to)
        }
        self.into = into
        self.outOf = outOf
        hasCircles = Self.hasCircles(machine.transitions)
    }

    func isKnown(_ state: Int) -> Bool { states.contains(state) }
    func isInitial(_ state: Int) -> Bool { initial.contains(state) }
    func isTerminal(_ state: Int) -> Bool { terminal.contains(state) }
    func isRepeatable(_ state: Int) -> Bool { repeatable.contains(state) }
    func leads(from: Int, to: Int) -> Bool { outOf[from]?.contains(to) ?? false }

    /// The states from which a process of a group may bring a thing into a state.
    func predecessors(of state: Int, by group: String) -> Set<Int> {
        Set((into[state] ?? []).lazy.filter { $0.by == nil || $0.by == group }.map(\.state))
    }

    /// The same by name, those included that no trace names.
    func predecessors(of state: String, by group: String) -> [String] {
        machine.transitions.filter { $0.to == state && ($0.by == nil || $0.by == group) }.map(\.from)
    }

    /// Takes away the transitions from states that nothing leads to, again and again; what is left goes round.
    private static func hasCircles(_ transitions: [Workflow.Transition]) -> Bool {
        var left = transitions
        while true {
            let reached = Set(left.map(\.to))
            let next = left.filter { reached.contains($0.from) }
            if next.count == left.count { return !left.isEmpty }
            left = next
        }
    }
}
