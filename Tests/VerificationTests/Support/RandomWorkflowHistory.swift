import Verification

/// Makes histories of orders and parcels that are mostly sound and now and then wrong, from a seed.
struct RandomWorkflowHistory {
    private var random: SplitMix
    private let chaos: Int
    private var steps: [WorkflowStep] = []
    private var published: [String: UInt64] = [:]
    /// Who gets messages from an inbox, and how far each clock is off.
    private var inboxes: Set<String> = []
    private var skews: [String: UInt64] = [:]
    private let workflow = Workflow.shop

    static let processes = ["shop", "pack", "pack2", "ship", "pay"]

    static func make(seed: UInt64) -> WorkflowHistory {
        var maker = RandomWorkflowHistory(seed)
        return maker.make()
    }

    private init(_ seed: UInt64) {
        random = SplitMix(state: seed)
        // Some histories are nearly clean, so that `pass` is compared too.
        chaos = [0, 2, 8, 25][Int(seed % 4)]
        for process in Self.processes {
            if chance(30) { inboxes.insert(process) }
            skews[process] = chance(30) ? UInt64(pick(0...900)) : 0
        }
    }

    private struct Thing {
        var machine: Workflow.Machine
        var entity: String
        var state: String
        var process: String
    }

    private mutating func make() -> WorkflowHistory {
        var things: [Thing] = []
        for number in 0..<pick(0...3) {
            let machine = workflow.machines[chance(75) ? 0 : 1]
            things.append(Thing(machine: machine, entity: "\(number / 2 + 1)", state: "", process: Self.processes[pick(0...4)]))
        }
        while !things.isEmpty {
            let index = pick(0...things.count - 1)
            if !advance(&things[index]) { things.remove(at: index) }
            if chance(10) { gossip() }
        }
        if chance(40) { amounts() }
        let history = WorkflowHistory(steps: steps)
        if chance(40) { counters(history) }
        return WorkflowHistory(steps: steps, isQuiet: !chance(4))
    }

    /// Brings a thing into its next state.
    /// - Returns: false where it has come to its end.
    private mutating func advance(_ thing: inout Thing) -> Bool {
        let machine = thing.machine
        if thing.state.isEmpty {
            thing.state = chance(chaos / 3) ? machine.states[pick(0...machine.states.count - 1)] : machine.initial[0]
            enter(thing)
            return true
        }
        let ways = machine.transitions.filter { $0.from == thing.state }
        if chance(chaos / 3) || ways.isEmpty { return chance(chaos / 2) && again(&thing) }
        let way = ways[pick(0...ways.count - 1)]
        let process = way.by.flatMap { chance(chaos) ? nil : $0 } ?? Self.processes[pick(0...4)]
        if process != thing.process, !chance(chaos / 2) { tell(thing.process, process) }
        thing.process = process
        if chance(chaos / 2) { again(&thing) }
        thing.state = chance(chaos / 4) ? "frozen" : chance(chaos / 3) ? machine.states[pick(0...machine.states.count - 1)] : way.to
        enter(thing)
        return true
    }

    /// Lets a thing enter its state once more, or another that it should not.
    @discardableResult
    private mutating func again(_ thing: inout Thing) -> Bool {
        if chance(40) {
            let process = Self.processes[pick(0...4)]
            if chance(80) { tell(thing.process, process) }
            thing.process = process
        }
        if chance(40) { thing.state = thing.machine.states[pick(0...thing.machine.states.count - 1)] }
        enter(thing)
        return true
    }

    /// A message from one process to another, now and then by way of a third, or to the inbox only.
    private mutating func tell(_ one: String, _ other: String) {
        if chance(20) {
            let between = Self.processes[pick(0...4)]
            send(one, between)
            return send(between, other)
        }
        send(one, other)
    }

    private mutating func send(_ one: String, _ other: String) {
        published[one, default: 0] += 1
        append(one, .publish(sequence: published[one] ?? 0))
        receive(other, one, published[one] ?? 0)
    }

    private mutating func receive(_ process: String, _ publisher: String, _ sequence: UInt64) {
        append(process, .receive(publisher: publisher, sequence: sequence))
        if inboxes.contains(process), !chance(chaos / 2) { append(process, .process(publisher: publisher, sequence: sequence)) }
    }

    /// Something old is received, perhaps again, and something is published that nobody waits for.
    private mutating func gossip() {
        let publisher = Self.processes[pick(0...4)]
        let process = Self.processes[pick(0...4)]
        if let last = published[publisher], chance(60) {
            return receive(process, publisher, UInt64(pick(1...Int(last))))
        }
        published[publisher, default: 0] += 1
        append(publisher, .publish(sequence: published[publisher] ?? 0))
    }

    private mutating func amounts() {
        let accounts = ["apple", "pear"]
        for account in accounts { move("pack", "stock", account, "", "on_hand", pick(0...9)) }
        for _ in 0..<pick(0...8) {
            let quantity = chance(80) ? workflow.quantities[0] : workflow.quantities[1]
            var from = quantity.terms[pick(0...quantity.terms.count - 1)]
            var to = quantity.terms[pick(0...quantity.terms.count - 1)]
            if chance(chaos / 2) { to = chance(50) ? "" : "lost" }
            if chance(chaos / 4) { from = chance(50) ? "" : "lost" }
            let amount = chance(chaos) ? pick(0...20) : pick(0...2)
            move(chance(85) ? "pack" : "ship", chance(chaos / 6) ? "air" : quantity.name, accounts[pick(0...1)], from, to, amount)
        }
    }

    private mutating func counters(_ history: WorkflowHistory) {
        for _ in 0..<pick(1...5) {
            let machine = workflow.machines[pick(0...1)]
            let quantity = workflow.quantities[pick(0...1)]
            var counter = "\(machine.name)/\(machine.states[pick(0...machine.states.count - 1)])"
            if chance(50) { counter = "\(quantity.name)/apple/\(quantity.terms[pick(0...quantity.terms.count - 1)])" }
            if chance(chaos / 6) { counter += "s" }
            let found = WorkflowOracle.found(counter, history, workflow) ?? 0
            let value = chance(chaos) ? found + Int64(pick(-1...1)) : found
            append(Self.processes[pick(0...4)], .count(counter: counter, value: value))
        }
    }

    private mutating func enter(_ thing: Thing) {
        let machine = chance(chaos / 12) ? "ghost" : thing.machine.name
        append(thing.process, .enter(machine: machine, entity: thing.entity, state: thing.state))
    }

    private mutating func move(_ process: String, _ quantity: String, _ account: String, _ from: String, _ to: String, _ amount: Int) {
        append(process, .move(quantity: quantity, account: account, from: from, to: to, amount: UInt64(amount), entity: ""))
    }

    private mutating func append(_ process: String, _ action: WorkflowStep.Action) {
        var at = 1000 + UInt64(steps.count) * 10 + (skews[process] ?? 0)
        while steps.contains(where: { $0.at == at }) { at += 1 }
        steps.append(WorkflowStep(process: process, action: action, at: at))
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func chance(_ percent: Int) -> Bool { pick(0...99) < percent }
}
