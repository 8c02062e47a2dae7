internal import Yams

/// Turns the YAML tree into a workflow and reports what is wrong with it.
struct WorkflowDecoder {
    let problems: Problems

    static let namePattern = "lower-case letters, digits, hyphens and underscores, as on_hand"

    /// The workflow, or `nil` where problems were reported.
    func workflow(_ reader: MappingReader) -> WorkflowDefinition? {
        if !reader.has("machines"), !reader.has("quantities"), !reader.hasUnknownKeys {
            problems.report(reader.path, "has neither machines nor quantities; expected one of them or both")
            return nil
        }
        let machines = entries(
            reader, "machines", of: "state machines, each with name, states, initial, terminal and transitions", .machine, machine)
        let quantities = entries(reader, "quantities", of: "quantities, each with name and terms", .quantity, quantity)
        guard let machines, let quantities else { return nil }
        return WorkflowDefinition(machines: machines, quantities: quantities)
    }

    /// The elements of a list, each with a name of its own; none where the key is absent.
    private func entries<Entry>(
        _ reader: MappingReader, _ key: String, of what: String, _ section: Section, _ read: (MappingReader, String) -> Entry?
    ) -> [Entry]? {
        guard reader.has(key) else { return [] }
        guard let elements = reader.list(key, of: what) else { return nil }
        var names: Set<String> = []
        let entries = elements.map { path, node -> Entry? in
            guard let reader = MappingReader(node, path: path, known: section.keys, problems: problems) else { return nil }
            reader.require("name", expected: Self.namePattern)
            guard let name = reader.value("name", expected: Self.namePattern, parse: Self.name) else {
                _ = read(reader, "")
                return nil
            }
            if !names.insert(name).inserted { reader.report("name", "'\(name)' stands here already; expected a name of its own") }
            return read(reader, name)
        }
        return entries.contains { $0 == nil } ? nil : entries.compactMap(\.self)
    }

    private static func name(_ text: String) -> String? {
        let allowed = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
        return !text.isEmpty && text.utf8.count <= 64 && allowed ? text : nil
    }

    /// A list of names, each once; with `among`, of those that are known.
    private func names(_ reader: MappingReader, _ key: String, of what: String, among known: [String]? = nil) -> [String]? {
        // An empty list is a list where nothing is asked for.
        if case .sequence(let sequence) = reader[key], sequence.isEmpty, known != nil { return [] }
        guard let elements = reader.list(key, of: what) else { return nil }
        var names: [String] = []
        var isWhole = true
        for (path, node) in elements {
            guard let text = problems.text(node, path: path, expected: Self.namePattern) else {
                isWhole = false
                continue
            }
            if Self.name(text) == nil {
                problems.report(path, "expected \(Self.namePattern), found '\(text)'")
                isWhole = false
            } else if let known, !known.contains(text) {
                unknown(text, among: known, path: path, what: what)
                isWhole = false
            } else if names.contains(text) {
                problems.report(path, "'\(text)' stands here already; expected each once")
            } else {
                names.append(text)
            }
        }
        return isWhole ? names : nil
    }

    private func unknown(_ text: String, among known: [String], path: String, what: String) {
        let hint = Spelling.suggestion(for: text, among: known).map { ", did you mean '\($0)'?" } ?? ";"
        problems.report(path, "'\(text)' is none of the \(what)\(hint) there are \(known.joined(separator: ", "))")
    }

    private func machine(_ reader: MappingReader, _ name: String) -> WorkflowDefinition.Machine? {
        for (key, expected) in [
            ("states", "a list of states"), ("initial", "the states in which a thing begins"), ("terminal", "the states in which it ends"),
            ("transitions", "a list of transitions, each with from and to"),
        ] {
            reader.require(key, expected: expected)
        }
        guard let states = names(reader, "states", of: "states") else { return nil }
        let initial = names(reader, "initial", of: "states", among: states)
        let terminal = names(reader, "terminal", of: "states", among: states)
        let repeatable = reader.has("repeatable") ? names(reader, "repeatable", of: "states", among: states) : []
        let transitions = transitions(reader, states)
        if initial?.isEmpty == true { reader.report("initial", "is empty; a thing has to begin in some state") }
        if terminal?.isEmpty == true { reader.report("terminal", "is empty; a thing that can end nowhere would always be stuck") }
        guard let initial, let terminal, let repeatable, let transitions, !initial.isEmpty, !terminal.isEmpty else { return nil }
        let machine = WorkflowDefinition.Machine(
            name: name, states: states, initial: initial, terminal: terminal, repeatable: repeatable, transitions: transitions)
        WorkflowRules(machine: machine, reader: reader).check()
        return machine
    }

    private func transitions(_ machine: MappingReader, _ states: [String]) -> [WorkflowDefinition.Transition]? {
        // A machine of one state has none.
        if case .sequence(let sequence) = machine["transitions"], sequence.isEmpty { return [] }
        guard let elements = machine.list("transitions", of: "transitions, each with from and to") else { return nil }
        var seen: Set<WorkflowDefinition.Transition> = []
        let transitions = elements.map { path, node -> WorkflowDefinition.Transition? in
            guard let reader = MappingReader(node, path: path, known: Section.transition.keys, problems: problems) else { return nil }
            reader.require("from", expected: "a state")
            reader.require("to", expected: "a state")
            let from = state(reader, "from", states)
            let to = state(reader, "to", states)
            let by = reader.value("by", expected: "the name of a group") { $0.isEmpty ? nil : $0 }
            guard let from, let to, reader.has("by") == (by != nil) else { return nil }
            let transition = WorkflowDefinition.Transition(from: from, to: to, by: by)
            if !seen.insert(transition).inserted { problems.report(path, "this transition stands here already; expected each once") }
            return transition
        }
        return transitions.contains { $0 == nil } ? nil : transitions.compactMap(\.self)
    }

    private func state(_ reader: MappingReader, _ key: String, _ states: [String]) -> String? {
        guard let text = reader.text(key, expected: "a state") else { return nil }
        if states.contains(text) { return text }
        unknown(text, among: states, path: reader.child(key), what: "states")
        return nil
    }

    private func quantity(_ reader: MappingReader, _ name: String) -> WorkflowDefinition.Quantity? {
        reader.require("terms", expected: "a list of terms, as on_hand, reserved and shipped")
        guard let terms = names(reader, "terms", of: "terms") else { return nil }
        let negative = reader.has("may_be_negative") ? names(reader, "may_be_negative", of: "terms", among: terms) : []
        let conserved = reader.has("conserved") ? reader.bool("conserved") : true
        guard let negative, let conserved else { return nil }
        return WorkflowDefinition.Quantity(name: name, terms: terms, mayBeNegative: negative, conserved: conserved)
    }
}

/// What concerns a state machine as a whole.
struct WorkflowRules {
    let machine: WorkflowDefinition.Machine
    let reader: MappingReader

    func check() {
        let reachable = closure(of: machine.initial) {
            $0.from
        } _: {
            $0.to
        }
        let ending = closure(of: machine.terminal) {
            $0.to
        } _: {
            $0.from
        }
        for state in machine.states {
            if !reachable.contains(state) {
                reader.report(
                    "states",
                    "no transitions lead from \(machine.initial.joined(separator: " or ")) to '\(state)', so nothing can ever enter it")
            } else if !ending.contains(state) {
                reader.report("states", "no transitions lead from '\(state)' to a terminal state, so what enters it would always be stuck")
            }
            if machine.terminal.contains(state), let on = machine.transitions.first(where: { $0.from == state }) {
                reader.report(
                    "transitions", "leads from '\(state)' to '\(on.to)', but '\(state)' is terminal; expected nothing behind an end")
            }
            if !machine.repeatable.contains(state),
                next(state).contains(where: {
                    closure(of: [$0]) {
                        $0.from
                    } _: {
                        $0.to
                    }.contains(state)
                })
            {
                reader.report(
                    "repeatable", "lacks '\(state)', to which transitions lead back; what comes back would always be a double effect")
            }
        }
    }

    private func next(_ state: String) -> [String] { machine.transitions.filter { $0.from == state }.map(\.to) }

    /// The states that can be reached from some, these included.
    private func closure(
        of states: [String], _ start: (WorkflowDefinition.Transition) -> String, _ end: (WorkflowDefinition.Transition) -> String
    ) -> Set<String> {
        var found = Set(states)
        var open = states
        while let state = open.popLast() {
            for transition in machine.transitions where start(transition) == state {
                if found.insert(end(transition)).inserted { open.append(end(transition)) }
            }
        }
        return found
    }
}
