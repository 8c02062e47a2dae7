import Trace

/// Which of the states that things entered happened before which, by messages and not by clocks.
///
/// One entry is before another where both are of one process and it stands earlier in its trace, or where the process of the second had received, directly or
/// by way of others, a message that the process of the first published after it. Who has a causal inbox receives what came out of it, others what was delivered.
///
/// Each process is followed through its trace with a vector: how many publishes of each process that enters states are in its past. It waits
/// where it receives what its publisher, as far as that was followed, has not published yet. The time is linear in the trace; the memory grows with the messages
/// of processes that pass something on, times the processes that enter states.
struct CausalOrder {
    /// Receipts that would be before what they received; the traces contradict each other there, and such a receipt was left out.
    private(set) var contradictions = 0

    private let entries: [WorkflowTable.Entry]
    /// The place of each process in a vector; `nil` where it enters no state.
    private var places: [Int?]
    private let width: Int
    /// Vectors, one behind the other.
    private var vectors: [UInt32] = []
    /// For each entry its vector, and how much its process had published before.
    private var vectorOfEntry: [Int32]
    private var publishedBefore: [UInt32]

    /// - Parameter mutant: a defect of the checker.
    init(_ index: RunIndex) {
        entries = index.workflow.entries
        var places: [Int?] = Array(repeating: nil, count: index.processes.count)
        var width = 0
        for entry in entries where places[entry.process] == nil {
            places[entry.process] = width
            width += 1
        }
        self.places = places
        self.width = width
        vectorOfEntry = Array(repeating: -1, count: entries.count)
        publishedBefore = Array(repeating: 0, count: entries.count)
        // The order of one process alone is that of its trace.
        if width > 1 { follow(Timelines(index, isActor: { places[$0] != nil }), index.mutant) }
    }

    /// Whether one entry happened before another; both are indices of the table.
    func isBefore(_ one: Int, _ other: Int) -> Bool {
        if entries[one].process == entries[other].process { return one < other }
        guard let place = places[entries[one].process], vectorOfEntry[other] >= 0 else { return false }
        return vectors[Int(vectorOfEntry[other]) * width + place] > publishedBefore[one]
    }

    private mutating func follow(_ timelines: Timelines, _ mutant: Mutant?) {
        var walks = timelines.items.map { _ in Walk() }
        var waiting: [Int: [Int]] = [:]
        var ready = Array(timelines.items.indices.reversed())
        var stuck = timelines.items.indices.makeIterator()
        while true {
            guard let process = ready.popLast() else {
                // Whoever still waits, waits in a circle.
                guard let next = stuck.next() else { break }
                if walks[next].position < timelines.items[next].count {
                    contradictions += 1
                    walks[next].skip = true
                    stuck = timelines.items.indices.makeIterator()
                    ready.append(next)
                }
                continue
            }
            let before = walks[process].position
            if let publisher = walk(process, timelines, &walks, mutant) { waiting[publisher, default: []].append(process) }
            // Where it got no further, those who wait for it do not either; waking them could go on for ever.
            if walks[process].position > before { ready.append(contentsOf: waiting.removeValue(forKey: process) ?? []) }
        }
    }

    /// How far a process was followed.
    private struct Walk {
        var position = 0
        /// Whether the receipt that it waits at is to be left out.
        var skip = false
        var published: UInt32 = 0
        /// What it has in its past now; empty for nothing.
        var past: [UInt32] = []
        /// The number of the vector that equals `past`; -1 where there is none yet.
        var vector: Int32 = -1
        /// The vector of each of its publishes; -1 for nothing.
        var vectors: [Int32] = []
    }

    /// Follows a process as far as possible.
    /// - Returns: the publisher that it waits for, where it is not at its end.
    private mutating func walk(_ process: Int, _ timelines: Timelines, _ walks: inout [Walk], _ mutant: Mutant?) -> Int? {
        // Taken out and put back, so that its arrays are not copied.
        var walk = Walk()
        swap(&walk, &walks[process])
        defer { swap(&walk, &walks[process]) }
        let items = timelines.items[process]
        while walk.position < items.count {
            switch Timelines.Item(items[walk.position]) {
            case .publish(let position):
                walk.published = max(walk.published, UInt32(clamping: position + 1))
                while walk.vectors.count <= position { walk.vectors.append(-1) }
                if mutant != .onlyDirectCauses { walk.vectors[position] = keep(&walk) }
            case .entry(let entry):
                vectorOfEntry[entry] = keep(&walk)
                publishedBefore[entry] = walk.published
            case .receive(let publisher):
                let position = Int(items[walk.position + 1])
                let isOwn = publisher == process
                if !isOwn, walks[publisher].published <= position, !walk.skip, !timelines.isSilent(publisher) { return publisher }
                if !isOwn, !walk.skip { receive(position, of: publisher, walks[publisher], &walk) }
                walk.skip = false
                walk.position += 1
            }
            walk.position += 1
        }
        return nil
    }

    /// Puts what a message has in its past, and the message itself, into the past of who receives it.
    private func receive(_ position: Int, of publisher: Int, _ source: Walk, _ walk: inout Walk) {
        let known = position < source.vectors.count ? source.vectors[position] : -1
        guard known >= 0 || places[publisher] != nil else { return }
        if walk.past.isEmpty { walk.past = Array(repeating: 0, count: width) }
        var changed = false
        func raise(_ place: Int, to count: UInt32) {
            if walk.past[place] < count {
                walk.past[place] = count
                changed = true
            }
        }
        if known >= 0 {
            for place in 0..<width { raise(place, to: vectors[Int(known) * width + place]) }
        }
        if let place = places[publisher] { raise(place, to: UInt32(clamping: position + 1)) }
        if changed { walk.vector = -1 }
    }

    /// The number of the vector that holds the present past of a process.
    private mutating func keep(_ walk: inout Walk) -> Int32 {
        if walk.vector < 0, !walk.past.isEmpty {
            walk.vector = Int32(vectors.count / width)
            vectors.append(contentsOf: walk.past)
        }
        return walk.vector
    }
}

/// What each process published, received and entered, in the order of its trace; only of processes that pass something on or enter states.
struct Timelines {
    /// One word for a publish or an entry, two for a receipt.
    private(set) var items: [[UInt64]]
    /// Whether a process neither receives anything nor enters states, so that nothing is to be learnt from it.
    private var receives: [Bool]
    private var isActor: [Bool]

    enum Item {
        /// The publish at this position of the publisher's table.
        case publish(Int)
        /// The entry with this index.
        case entry(Int)
        /// Something of this process; the position follows in a word of its own.
        case receive(Int)

        init(_ word: UInt64) {
            let number = Int(word >> 2)
            switch word & 0b11 {
            case 0: self = .publish(number)
            case 1: self = .entry(number)
            default: self = .receive(number)
            }
        }

        var word: UInt64 {
            switch self {
            case .publish(let number): UInt64(number) << 2
            case .entry(let number): UInt64(number) << 2 | 1
            case .receive(let number): UInt64(number) << 2 | 2
            }
        }
    }

    /// - Parameter isActor: whether a process enters states.
    init(_ index: RunIndex, isActor: (Int) -> Bool) {
        items = Array(repeating: [], count: index.processes.count)
        receives = Array(repeating: false, count: index.processes.count)
        self.isActor = index.processes.indices.map(isActor)
        var entry = 0
        for file in index.files {
            _ = file.forEach { event, _ in
                switch event {
                case .published(let event):
                    guard let process = index.number(of: event.process),
                        let position = Self.position(event.process, event.sequence, event.attempt, index)
                    else { return }
                    items[process].append(Item.publish(position).word)
                case .delivered(let event):
                    receive(event.process, byInbox: false, event.publisher, event.sequence, event.attempt, index)
                case .processed(let event):
                    receive(event.process, byInbox: true, event.publisher, event.sequence, event.attempt, index)
                case .entered(let event):
                    if let process = index.number(of: event.process) { items[process].append(Item.entry(entry).word) }
                    entry += 1
                default:
                    break
                }
            }
        }
    }

    func isSilent(_ process: Int) -> Bool { !receives[process] && !isActor[process] }

    private mutating func receive(
        _ process: UInt32, byInbox: Bool, _ publisher: UInt32, _ sequence: UInt64, _ attempt: UInt32, _ index: RunIndex
    ) {
        guard let receiver = index.number(of: process), index.processes[receiver].hasInbox == byInbox,
            isActor[receiver] || index.processes[receiver].publisher != nil, let source = index.number(of: publisher),
            let position = Self.position(publisher, sequence, attempt, index)
        else { return }
        receives[receiver] = true
        items[receiver].append(Item.receive(source).word)
        items[receiver].append(UInt64(position))
    }

    private static func position(_ process: UInt32, _ sequence: UInt64, _ attempt: UInt32, _ index: RunIndex) -> Int? {
        guard let publisher = index.number(of: process).flatMap({ index.processes[$0].publisher }) else { return nil }
        return index.publishes.publishers[publisher].position(sequence: sequence, attempt: attempt)
    }
}
