/// Judges the states that the things of one machine entered.
struct MachineJudge {
    private let index: RunIndex
    private let rules: MachineRules
    private let order: CausalOrder
    private let text: WorkflowSentence
    private(set) var violations = Violations()
    /// What a missing part of the trace, or a run that did not come to rest, could explain.
    private(set) var unproven = 0
    private(set) var unsettled = 0
    /// How many things are in each state in the end, by the state's number.
    private(set) var present: [Int: Int] = [:]
    /// How many things entered each state at any time.
    private(set) var ever: [Int: Int] = [:]
    private(set) var transitions = 0

    private var table: WorkflowTable { index.workflow }

    init(_ index: RunIndex, _ rules: MachineRules, _ order: CausalOrder) {
        self.index = index
        self.rules = rules
        self.order = order
        text = WorkflowSentence(index: index)
    }

    /// - Parameter entries: the entries of each thing, as indices of the table in the order of reading.
    mutating func judge(_ entries: [[Int]]) {
        for thing in entries where !thing.isEmpty {
            transitions += thing.count
            for entry in thing { judgeCause(entry, thing) }
            judgeRepetition(thing)
            judgeEnd(thing)
            for state in Set(thing.map { state($0) }) { ever[state, default: 0] += 1 }
            let last = thing.filter { isPresent($0, thing) }
            for state in Set(last.map { state($0) }) { present[state, default: 0] += 1 }
        }
    }

    private func state(_ entry: Int) -> Int { table.entries[entry].state }

    private func process(_ entry: Int) -> Int { table.entries[entry].process }

    /// Whether a part of the trace is missing that could hold what is missed.
    private var isIncomplete: Bool { !index.doubts.damages.isEmpty }

    /// A state is entered from one that leads there, and that must have been entered before.
    private mutating func judgeCause(_ entry: Int, _ thing: [Int]) {
        let state = state(entry)
        guard rules.isKnown(state) else { return violations.add(.orphanEvent, text.unknownState(entry)) }
        if rules.isInitial(state) { return }
        let group = index.processes[process(entry)].group
        let allowed = rules.predecessors(of: state, by: group)
        let causes = thing.filter { other in
            other != entry && (allowed.contains(self.state(other)) || index.mutant == .anyStateBefore)
        }
        if causes.isEmpty {
            if isIncomplete {
                unproven += 1
            } else {
                let needed = rules.predecessors(of: table.names[state], by: group)
                violations.add(.orphanEvent, text.orphan(entry, needed))
            }
        } else if !causes.contains(where: { isBefore($0, entry) }) {
            if isIncomplete { unproven += 1 } else { violations.add(.causalityBroken, text.causality(entry, causes[0])) }
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        if index.mutant == .causesByClock { return table.entries[one].at < table.entries[other].at }
        return order.isBefore(one, other)
    }

    /// What is done once has one effect.
    private mutating func judgeRepetition(_ thing: [Int]) {
        var first: [Int: Int] = [:]
        for entry in thing {
            let state = state(entry)
            guard rules.isKnown(state), !rules.isRepeatable(state) else { continue }
            guard let earlier = first[state] else {
                first[state] = entry
                continue
            }
            if index.mutant == .effectOncePerProcess, process(earlier) != process(entry) { continue }
            violations.add(.doubleEffect, text.twice(earlier, entry))
        }
    }

    /// What began ends, and in one way.
    private mutating func judgeEnd(_ thing: [Int]) {
        var ends: [Int] = []
        for entry in thing where rules.isTerminal(state(entry)) && !ends.contains(where: { state($0) == state(entry) }) {
            if index.mutant == .endsAtOneProcess, let end = ends.first, process(end) != process(entry) { continue }
            ends.append(entry)
        }
        for other in ends.dropFirst() { violations.add(.doubleTerminal, text.endedTwice(ends[0], other)) }
        guard ends.isEmpty, let beginning = thing.first(where: { rules.isInitial(state($0)) }) else { return }
        if index.mutant == .stuckAtTheBeginning, thing.contains(where: { !rules.isInitial(state($0)) }) { return }
        if isIncomplete {
            unproven += 1
        } else if !index.doubts.isQuiescent {
            unsettled += 1
        } else {
            let last = thing.last { isPresent($0, thing) } ?? beginning
            violations.add(.stuck, text.stuck(beginning, last))
        }
    }

    /// Whether a thing is in a state still: it entered no state that this one leads to. In a machine that goes round it may have, before.
    private func isPresent(_ entry: Int, _ thing: [Int]) -> Bool {
        !thing.contains { next in
            next != entry && rules.leads(from: state(entry), to: state(next)) && !(rules.hasCircles && order.isBefore(next, entry))
        }
    }
}
