import Verification

/// The rules of workflows, written as plainly as they can be: what caused what is found by searching all paths through all events.
struct WorkflowOracle {
    struct Verdicts: Equatable {
        var verdict: Verdict
        /// Each violation: its class and what it is about.
        var faults: [String]
    }

    private struct Entry {
        var step: Int
        var process: String
        var state: String
    }

    private struct Thing: Hashable {
        var machine: String
        var entity: String
    }

    private struct Term: Hashable {
        var quantity: String
        var account: String
        var term: String
    }

    private let history: WorkflowHistory
    private let workflow: Workflow
    private let damaged: Bool
    private var faults: [String] = []
    private var hasDoubt = false
    /// The steps that come right behind each step, in its process or by a message.
    private var next: [[Int]]

    static func judge(_ history: WorkflowHistory, _ workflow: Workflow, damaged: Bool) -> Verdicts {
        var oracle = WorkflowOracle(history, workflow, damaged: damaged)
        oracle.judgeThings()
        oracle.judgeAmounts()
        oracle.judgeCounters()
        let isUnsure = oracle.hasDoubt || damaged || !history.isQuiet
        return Verdicts(verdict: !oracle.faults.isEmpty ? .violation : isUnsure ? .inconclusive : .pass, faults: oracle.faults.sorted())
    }

    /// What a counter should read; `nil` where the workflow has no such counter.
    static func found(_ counter: String, _ history: WorkflowHistory, _ workflow: Workflow) -> Int64? {
        WorkflowOracle(history, workflow, damaged: false).found(counter)
    }

    private init(_ history: WorkflowHistory, _ workflow: Workflow, damaged: Bool) {
        self.history = history
        self.workflow = workflow
        self.damaged = damaged
        let steps = history.steps
        let inboxes = Set(steps.filter { if case .process = $0.action { true } else { false } }.map(\.process))
        next = steps.indices.map { one in
            let own = steps[(one + 1)...].firstIndex { $0.process == steps[one].process }
            guard case .publish(let number) = steps[one].action else { return own.map { [$0] } ?? [] }
            return (own.map { [$0] } ?? [])
                + steps.indices.filter { other in
                    switch steps[other].action {
                    case .receive(let publisher, let sequence):
                        return !inboxes.contains(steps[other].process) && publisher == steps[one].process && sequence == number
                    case .process(let publisher, let sequence): return publisher == steps[one].process && sequence == number
                    default: return false
                    }
                }
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        var seen: Set<Int> = []
        var open = next[one]
        while let step = open.popLast() {
            if step == other { return true }
            if seen.insert(step).inserted { open += next[step] }
        }
        return false
    }

    private var things: [Thing: [Entry]] {
        var things: [Thing: [Entry]] = [:]
        for (number, step) in history.steps.enumerated() {
            guard case .enter(let machine, let entity, let state) = step.action else { continue }
            things[Thing(machine: machine, entity: entity), default: []].append(Entry(step: number, process: step.process, state: state))
        }
        return things
    }

    private mutating func judgeThings() {
        for (thing, entries) in things {
            guard let machine = workflow.machines.first(where: { $0.name == thing.machine }) else {
                hasDoubt = true
                continue
            }
            let name = "\(thing.machine) \(thing.entity)"
            for (number, entry) in entries.enumerated() {
                judge(entry, of: entries, name, machine)
                let isAgain = entries[..<number].contains { $0.state == entry.state }
                if isAgain, machine.states.contains(entry.state), !machine.repeatable.contains(entry.state) {
                    faults.append("double-effect \(name) \(entry.state)")
                }
            }
            let ends = Set(entries.map(\.state)).intersection(machine.terminal)
            faults += Array(repeating: "double-terminal \(name)", count: max(0, ends.count - 1))
            if ends.isEmpty, entries.contains(where: { machine.initial.contains($0.state) }) {
                if damaged || !history.isQuiet { hasDoubt = true } else { faults.append("stuck \(name)") }
            }
        }
    }

    private mutating func judge(_ entry: Entry, of entries: [Entry], _ name: String, _ machine: Workflow.Machine) {
        let fault = "\(name) \(entry.state)"
        if !machine.states.contains(entry.state) { return faults.append("orphan-event \(fault)") }
        if machine.initial.contains(entry.state) { return }
        let causes = entries.filter { cause in
            cause.step != entry.step
                && machine.transitions.contains {
                    $0.from == cause.state && $0.to == entry.state && [nil, WorkflowHistory.group(entry.process)].contains($0.by)
                }
        }
        if causes.contains(where: { isBefore($0.step, entry.step) }) { return }
        if damaged { hasDoubt = true } else { faults.append("\(causes.isEmpty ? "orphan-event" : "causality-broken") \(fault)") }
    }

    private mutating func judgeAmounts() {
        var keepers: [Term: Set<String>] = [:]
        var balances: [Term: [(process: String, change: Int)]] = [:]
        for step in history.steps {
            guard case .move(let name, let account, let from, let to, let amount, _) = step.action else { continue }
            guard let quantity = workflow.quantities.first(where: { $0.name == name }) else {
                hasDoubt = true
                continue
            }
            let unknown = [from, to].contains { !$0.isEmpty && !quantity.terms.contains($0) }
            if unknown || (quantity.isConserved && to.isEmpty) { faults.append("stock-drift \(step.at)") }
            for (term, sign) in [(from, -1), (to, 1)] where !term.isEmpty {
                let key = Term(quantity: name, account: account, term: term)
                keepers[key, default: []].insert(step.process)
                if from != to { balances[key, default: []].append((step.process, sign * Int(amount))) }
            }
        }
        for (key, changes) in balances {
            guard let quantity = workflow.quantities.first(where: { $0.name == key.quantity }), quantity.terms.contains(key.term),
                !quantity.mayBeNegative.contains(key.term)
            else { continue }
            let sums = changes.indices.map { index in changes[...index].reduce(0) { $0 + $1.change } }
            let below: Int
            if keepers[key]?.count == 1 {
                below = changes.indices.count { sums[$0] < 0 && changes[$0].change < 0 }
            } else {
                below = (sums.last ?? 0) < 0 ? 1 : 0
            }
            if below > 0, damaged { hasDoubt = true }
            if !damaged { faults += Array(repeating: "oversold \(key.quantity)/\(key.account) \(key.term)", count: below) }
        }
    }

    private mutating func judgeCounters() {
        for (number, step) in history.steps.enumerated() {
            guard case .count(let counter, let value) = step.action else { continue }
            let isLast = !history.steps[(number + 1)...].contains {
                if case .count(counter, _) = $0.action { $0.process == step.process } else { false }
            }
            guard let found = found(counter) else {
                hasDoubt = true
                continue
            }
            if !isLast || found == value { continue }
            if damaged || !history.isQuiet {
                hasDoubt = true
            } else {
                faults.append("\(counter.split(separator: "/").count == 2 ? "counter-mismatch" : "stock-drift") \(step.at)")
            }
        }
    }

    private func found(_ counter: String) -> Int64? {
        let parts = counter.split(separator: "/").map(String.init)
        if parts.count == 2 {
            guard let machine = workflow.machines.first(where: { $0.name == parts[0] }), machine.states.contains(parts[1]) else {
                return nil
            }
            let present = things.filter { thing, entries in
                thing.machine == machine.name && entries.contains { $0.state == parts[1] && isPresent($0, entries, machine) }
            }
            return Int64(present.count)
        }
        guard parts.count == 3, let quantity = workflow.quantities.first(where: { $0.name == parts[0] }), quantity.terms.contains(parts[2])
        else { return nil }
        return history.steps.reduce(0) { sum, step in
            guard case .move(parts[0], parts[1], let from, let to, let amount, _) = step.action else { return sum }
            return sum + (to == parts[2] ? Int64(amount) : 0) - (from == parts[2] ? Int64(amount) : 0)
        }
    }

    private func isPresent(_ entry: Entry, _ entries: [Entry], _ machine: Workflow.Machine) -> Bool {
        !entries.contains { other in
            other.step != entry.step && machine.transitions.contains { $0.from == entry.state && $0.to == other.state }
                // The parcels of the tests go to and fro; orders never come back.
                && !(machine.name == "parcel" && isBefore(other.step, entry.step))
        }
    }
}
