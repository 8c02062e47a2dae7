/// The witnesses of what is wrong with the things and quantities of a workflow.
struct WorkflowSentence {
    let index: RunIndex

    private var table: WorkflowTable { index.workflow }

    func unknownState(_ entry: Int) -> Witness {
        witness("\(thing(entry)) entered \(state(entry)) at \(name(entry)), a state that the workflow does not know.", [entry])
    }

    func orphan(_ entry: Int, _ allowed: [String]) -> Witness {
        let group = index.processes[table.entries[entry].process].group
        let states = allowed.joined(separator: " or ")
        let cause =
            states.isEmpty
            ? "to which nothing that it had been through leads by a process of \(group.isEmpty ? "no group" : "the group \(group)")"
            : "but it never entered \(states), from where that state is reached"
        return witness("\(thing(entry)) entered \(state(entry)) at \(name(entry)), \(cause).", [entry])
    }

    func causality(_ entry: Int, _ cause: Int) -> Witness {
        witness(
            "\(thing(entry)) entered \(state(entry)) at \(name(entry)), which had received no message that shows that it had entered "
                + "\(state(cause)) at \(name(cause)).", [cause, entry])
    }

    func twice(_ earlier: Int, _ entry: Int) -> Witness {
        witness("\(thing(entry)) entered \(state(entry)) twice: at \(name(earlier)) and at \(name(entry)).", [earlier, entry])
    }

    func endedTwice(_ one: Int, _ other: Int) -> Witness {
        witness(
            "\(thing(one)) ended twice: as \(state(one)) at \(name(one)) and as \(state(other)) at \(name(other)).", [one, other])
    }

    func stuck(_ beginning: Int, _ last: Int) -> Witness {
        witness(
            "\(thing(beginning)) entered \(state(beginning)) at \(name(beginning)) and was still \(state(last)) when the run came to rest.",
            beginning == last ? [beginning] : [beginning, last])
    }

    func unknownTerm(_ move: Int, _ term: Int) -> Witness {
        witness("\(moved(move)), but \(table.names[term]) is no term of \(table.names[table.moves[move].quantity]).", move)
    }

    func left(_ move: Int) -> Witness {
        witness("\(moved(move)), although nothing of it may leave.", move)
    }

    func oversold(_ move: Int, _ term: Int, _ balance: Int128) -> Witness {
        witness("\(moved(move)), which leaves \(balance) \(table.names[term]).", move)
    }

    func counted(_ reading: CounterReading, _ found: Int128) -> Witness {
        Witness(
            sentence:
                "\(index.processes[reading.process].name) counted \(reading.value) as \(reading.counter), but the trace comes to \(found).",
            topic: reading.counter, events: [index.shown("counted", reading.at, reading.place)])
    }

    private func witness(_ sentence: String, _ entries: [Int]) -> Witness {
        let machine = entries.first.map { table.machines[table.entries[$0].machine].name } ?? ""
        // In the order of time, where the clock is one.
        let shown = entries.map { table.entries[$0] }.sorted { ($0.at, $0.place) < ($1.at, $1.place) }
        return Witness(
            sentence: sentence, topic: machine, events: shown.map { index.shown("entered \(table.names[$0.state])", $0.at, $0.place) })
    }

    private func witness(_ sentence: String, _ number: Int) -> Witness {
        let move = table.moves[number]
        return Witness(
            sentence: sentence, topic: "\(table.names[move.quantity])/\(table.names[move.account])",
            events: [index.shown("moved", move.at, move.place)])
    }

    /// `order 17`
    private func thing(_ entry: Int) -> String {
        let machine = table.machines[table.entries[entry].machine]
        return "\(machine.name) \(machine.entities[table.entries[entry].entity])"
    }

    private func state(_ entry: Int) -> String { table.names[table.entries[entry].state] }

    private func name(_ entry: Int) -> String { index.processes[table.entries[entry].process].name }

    /// `3 of stock apple moved from on_hand to reserved for 17 at packaging`
    private func moved(_ number: Int) -> String {
        let move = table.moves[number]
        let names = table.names
        let from = move.from.map { "from \(names[$0])" } ?? "from nowhere"
        let to = move.to.map { "to \(names[$0])" } ?? "to nowhere"
        let entity = names[move.entity].isEmpty ? "" : " for \(names[move.entity])"
        return "\(move.amount) of \(names[move.quantity]) \(names[move.account]) moved \(from) \(to)\(entity) at "
            + "\(index.processes[move.process].name)"
    }
}
