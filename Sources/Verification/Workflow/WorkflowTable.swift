import Trace

/// What the traces say of workflows, as it stands there. Names are numbers here.
struct WorkflowTable {
    /// The states that things entered, in the order of reading.
    private(set) var entries: [Entry] = []
    /// What moved, in the order of reading.
    private(set) var moves: [Move] = []
    private(set) var machines: [Machine] = []
    private(set) var names = NameTable()
    private var machineNumbers: [ExactText: Int] = [:]

    struct Entry {
        var process: Int
        var at: UInt64
        var machine: Int
        var entity: Int
        /// The number of the state's name.
        var state: Int
        var place: EventPlace
    }

    /// Numbers of names; those of terms are `nil` where the amount came into the world or left it.
    struct Move {
        var process: Int
        var at: UInt64
        var quantity: Int
        var account: Int
        var from: Int?
        var to: Int?
        var amount: UInt64
        var entity: Int
        var place: EventPlace
    }

    /// The things of one machine that the traces name.
    struct Machine {
        let name: String
        fileprivate(set) var entities = NameTable()
    }

    var isEmpty: Bool { entries.isEmpty && moves.isEmpty }

    mutating func add(_ event: TraceEvent.Entered, by process: Int, _ place: EventPlace, _ file: TraceFile) {
        let name = file.text(event.machine)
        let machine: Int
        if let known = machineNumbers[ExactText(name)] {
            machine = known
        } else {
            machine = machines.count
            machineNumbers[ExactText(name)] = machine
            machines.append(Machine(name: name))
        }
        entries.append(
            Entry(
                process: process, at: event.at, machine: machine, entity: machines[machine].entities.identify(file.text(event.entity)),
                state: names.identify(file.text(event.state)), place: place))
    }

    mutating func add(_ event: TraceEvent.Moved, by process: Int, _ place: EventPlace, _ file: TraceFile) {
        func term(_ name: String) -> Int? { name.isEmpty ? nil : names.identify(name) }
        moves.append(
            Move(
                process: process, at: event.at, quantity: names.identify(file.text(event.quantity)),
                account: names.identify(file.text(event.account)), from: term(file.text(event.from)), to: term(file.text(event.to)),
                amount: event.amount, entity: names.identify(file.text(event.entity)), place: place))
    }
}

/// Names and their numbers, from 0 in the order in which they came.
struct NameTable {
    private(set) var names: [String] = []
    private var numbers: [ExactText: Int] = [:]

    var count: Int { names.count }

    subscript(number: Int) -> String { names[number] }

    /// The number of a name that is known.
    func number(of name: String) -> Int? { numbers[ExactText(name)] }

    mutating func identify(_ name: String) -> Int {
        if let number = numbers[ExactText(name)] { return number }
        numbers[ExactText(name)] = names.count
        names.append(name)
        return names.count - 1
    }
}
