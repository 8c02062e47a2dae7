/// Judges what the traces say of the things and quantities of a workflow.
struct WorkflowJudge {
    private let index: RunIndex
    private let workflow: Workflow
    private(set) var violations = Violations()
    private(set) var totals: CheckReport.Workflow?
    private var gaps = Gaps()
    private var machines: [ExactText: MachineJudge] = [:]
    private var quantities: [ExactText: QuantityJudge] = [:]

    private struct Gaps {
        var unknownMachines: Set<String> = []
        var unknownQuantities: Set<String> = []
        var unproven = 0
        var unsettled = 0
        var contradictions = 0
    }

    init(_ index: RunIndex, _ workflow: Workflow) {
        self.index = index
        self.workflow = workflow
    }

    private var table: WorkflowTable { index.workflow }

    /// One sentence for each kind of doubt.
    var doubts: [String] {
        var all: [String] = []
        func add(_ condition: Bool, _ sentence: @autoclosure () -> String) {
            if condition { all.append(sentence()) }
        }
        add(
            !gaps.unknownMachines.isEmpty,
            "The workflow does not know \(Doubts.few(gaps.unknownMachines.sorted(), "state machine")) of the trace, so it was not judged.")
        add(
            !gaps.unknownQuantities.isEmpty,
            "The workflow does not know \(Doubts.few(gaps.unknownQuantities.sorted(), "quantity", plural: "quantities")) of the trace, so it was not judged."
        )
        add(
            gaps.unproven > 0,
            "\(gaps.unproven) things, moves or counters of the workflow do not agree with the trace, but the trace is not whole.")
        add(
            gaps.unsettled > 0,
            "\(gaps.unsettled) things or counters of the workflow had not come to their end, but neither had the run come to rest.")
        add(
            gaps.contradictions > 0,
            "\(gaps.contradictions) messages were received before they were published, as the traces tell it, so what caused what is unknown there."
        )
        return all
    }

    mutating func judge() {
        judgeMachines()
        judgeQuantities()
        for reading in lastReadings() { judge(reading) }
        totals = sum()
    }

    /// Whether a counter is one of the workflow's.
    func knows(_ counter: String) -> Bool { Counter(counter, workflow) != nil }

    private mutating func judgeMachines() {
        guard !table.entries.isEmpty else { return }
        let order = CausalOrder(index)
        gaps.contradictions = order.contradictions
        var things: [[[Int]]] = table.machines.map { Array(repeating: [], count: $0.entities.count) }
        for (number, entry) in table.entries.enumerated() { things[entry.machine][entry.entity].append(number) }
        for (number, machine) in table.machines.enumerated() {
            guard let known = workflow.machines.first(where: { $0.name.isExactly(machine.name) }) else {
                gaps.unknownMachines.insert(machine.name)
                continue
            }
            var judge = MachineJudge(index, MachineRules(known, table.names), order)
            judge.judge(things[number])
            violations.add(judge.violations)
            gaps.unproven += judge.unproven
            gaps.unsettled += judge.unsettled
            machines[ExactText(machine.name)] = judge
        }
    }

    private mutating func judgeQuantities() {
        var accounts: [Int: [Int: [Int]]] = [:]
        for (number, move) in table.moves.enumerated() { accounts[move.quantity, default: [:]][move.account, default: []].append(number) }
        for (quantity, moves) in accounts.sorted(by: { $0.key < $1.key }) {
            let name = table.names[quantity]
            guard let known = workflow.quantities.first(where: { $0.name.isExactly(name) }) else {
                gaps.unknownQuantities.insert(name)
                continue
            }
            var judge = QuantityJudge(index, known)
            judge.judge(moves.sorted { $0.key < $1.key }.map(\.value))
            violations.add(judge.violations)
            gaps.unproven += judge.unproven
            quantities[ExactText(name)] = judge
        }
    }

    /// What each process said last of each counter.
    private func lastReadings() -> [CounterReading] {
        struct Key: Hashable {
            var process: Int
            var counter: ExactText
        }
        var last: [Key: CounterReading] = [:]
        for reading in index.readings { last[Key(process: reading.process, counter: ExactText(reading.counter))] = reading }
        return last.values.sorted { $0.place < $1.place }
    }

    private mutating func judge(_ reading: CounterReading) {
        guard !index.locks.has(reading.counter), let counter = Counter(reading.counter, workflow) else { return }
        let found: Int128
        switch counter {
        case .things(let machine, let state):
            let judge = machines[ExactText(machine)]
            let counts = index.mutant == .countsThoseThatWere ? judge?.ever : judge?.present
            found = Int128(table.names.number(of: state).flatMap { counts?[$0] } ?? 0)
        case .amount(let quantity, let account, let term):
            let names = (table.names.number(of: account), table.names.number(of: term))
            guard let account = names.0, let term = names.1 else {
                found = 0
                break
            }
            found = quantities[ExactText(quantity)]?.sums[.init(account: account, term: term)] ?? 0
        }
        guard found != Int128(reading.value) else { return }
        if case .amount = counter, index.mutant == .moreMayBeThere, found < Int128(reading.value) { return }
        if !index.doubts.damages.isEmpty {
            gaps.unproven += 1
        } else if !index.doubts.isQuiescent {
            gaps.unsettled += 1
        } else {
            let kind: ViolationClass = if case .things = counter { .counterMismatch } else { .stockDrift }
            violations.add(kind, WorkflowSentence(index: index).counted(reading, found))
        }
    }

    private func sum() -> CheckReport.Workflow? {
        let names = table.names
        let sums = workflow.machines.compactMap { machine -> CheckReport.Workflow.Machine? in
            guard let judge = machines[ExactText(machine.name)],
                let known = table.machines.first(where: { $0.name.isExactly(machine.name) })
            else {
                return nil
            }
            return .init(
                name: machine.name, entities: known.entities.count, transitions: judge.transitions,
                states: machine.states.map { state in
                    .init(name: state, entities: names.number(of: state).flatMap { judge.present[$0] } ?? 0)
                })
        }
        let kept = workflow.quantities.compactMap { quantity -> CheckReport.Workflow.Quantity? in
            quantities[ExactText(quantity.name)].map { .init(name: quantity.name, accounts: $0.accounts, moves: $0.moves) }
        }
        return sums.isEmpty && kept.isEmpty ? nil : .init(machines: sums, quantities: kept)
    }

    /// What a counter of a workflow counts.
    private enum Counter {
        /// `machine/state`
        case things(machine: String, state: String)
        /// `quantity/account/term`; the account's name may hold further slashes.
        case amount(quantity: String, account: String, term: String)

        init?(_ name: String, _ workflow: Workflow) {
            let slash = UInt8(ascii: "/")
            guard let first = name.utf8.firstIndex(of: slash), let last = name.utf8.lastIndex(of: slash) else { return nil }
            let head = String(name[..<first])
            let tail = String(name[name.utf8.index(after: last)...])
            if first == last {
                guard let machine = workflow.machines.first(where: { $0.name.isExactly(head) }),
                    machine.states.contains(where: { $0.isExactly(tail) })
                else { return nil }
                self = .things(machine: head, state: tail)
            } else {
                guard let quantity = workflow.quantities.first(where: { $0.name.isExactly(head) }),
                    quantity.terms.contains(where: { $0.isExactly(tail) })
                else {
                    return nil
                }
                self = .amount(quantity: head, account: String(name[name.utf8.index(after: first)..<last]), term: tail)
            }
        }
    }
}
