/// What one process has in its causal past, grown message by message, and whether a message that arrives now comes too late.
///
/// For each process k that is known here, ``Known/depth`` is the number of k's publishes in the past of what has arrived. So a message
/// of k arrives after one of its effects exactly when its own count is not above that depth. A stamp is never walked twice: the
/// publishes of k up to ``Known/cursor`` are merged already, and stamps of one publisher only grow.
struct CausalView {
    private(set) var known: [Known] = []
    private var slots: [UInt32: Int32] = [:]
    /// The process whose view it is: what it claims of itself is no matter of what it received.
    private let process: UInt32
    private var ownSlot = -1
    /// How many processes' claimed counts differ from those found here; kept for processes that publish.
    private(set) var differing = 0

    /// What is known of one process.
    struct Known {
        /// How many of its publishes are in the past of what arrived.
        var depth: UInt32 = 0
        /// The publishes whose stamps are merged.
        var cursor: UInt32 = 0
        /// The same as ``depth``, but as the viewing process claims it in its own stamps.
        var claimed: UInt32 = 0
        /// How many of its publishes are in the past of what an inbox released without waiting any longer.
        var excused: UInt32 = 0
        /// The publishes whose stamps are excused.
        var excusedCursor: UInt32 = 0
        /// The message that last raised ``depth``.
        var raisedBy = Reference()
    }

    /// A message by the number of its publisher and its position.
    struct Reference {
        var publisher: UInt32 = .max
        var position: UInt32 = 0
    }

    /// What came of an arrival.
    enum Arrival {
        /// Nothing that depends on it came before.
        case inOrder
        /// Something that depends on it came before: the message that is named last raised the depth.
        case late(Reference)
        /// The same, but an inbox had said that it waited no longer.
        case excused
    }

    init(of process: Int) {
        self.process = UInt32(process)
    }

    /// Whether nothing arrived and nothing was claimed.
    var isEmpty: Bool { known.isEmpty }

    /// Where a process is in ``known``.
    mutating func slot(of process: UInt32) -> Int {
        if let slot = slots[process] { return Int(slot) }
        slots[process] = Int32(known.count)
        if process == self.process { ownSlot = known.count }
        known.append(Known())
        return known.count - 1
    }

    /// How many publishes of a process are in the past of what arrived.
    func depth(of process: UInt32) -> Int {
        slots[process].map { Int(known[Int($0)].depth) } ?? 0
    }

    /// Takes the first copy of a message.
    /// - Parameters:
    ///   - stamps: those of its publisher.
    ///   - message: the message.
    ///   - slot: the ``slot(of:)`` of its publisher's process.
    ///   - withoutWaiting: whether an inbox released it although its causes are missing.
    @inline(__always)
    mutating func arrive(_ stamps: StampTable, _ message: Reference, slot: Int, withoutWaiting: Bool = false) -> Arrival {
        var arrival = Arrival.inOrder
        if known[slot].depth > message.position {
            arrival = known[slot].excused > message.position ? .excused : .late(known[slot].raisedBy)
        }
        if withoutWaiting { excuse(stamps.publishers[Int(message.publisher)], message, slot) }
        advance(stamps, message, slot: slot)
        return arrival
    }

    /// Grows the past by a message and what its stamp says.
    @inline(__always)
    mutating func advance(_ stamps: StampTable, _ message: Reference, slot: Int) {
        let count = message.position + 1
        if known[slot].depth < count { raise(slot, to: count, message) }
        let from = known[slot].cursor
        guard from < count else { return }
        known[slot].cursor = count
        if message.position >= stamps.publishers[Int(message.publisher)].firstForeign {
            walk(stamps.publishers[Int(message.publisher)], Int(from), message)
        }
    }

    /// Takes what the viewing process itself claims in a stamp. Afterwards ``differing`` is 0 where the claim is right.
    mutating func claim(_ changes: ArraySlice<StampEntry>) {
        for change in changes {
            if change.process == process { continue }
            let slot = slot(of: change.process)
            let was = known[slot].claimed != known[slot].depth
            known[slot].claimed = change.count
            count(was, change.count != known[slot].depth)
        }
    }

    private mutating func walk(_ stamps: PublisherStamps, _ from: Int, _ message: Reference) {
        // Where stamps fall, what a publish before the message said is not part of the message's past.
        let position = Int(message.position)
        let changes = stamps.hasFallen ? stamps.stamp(at: position)[...] : stamps.changes(from: from, through: position)
        for change in changes {
            let slot = slot(of: change.process)
            if known[slot].depth < change.count { raise(slot, to: change.count, message) }
        }
    }

    @inline(__always)
    private mutating func raise(_ slot: Int, to count: UInt32, _ message: Reference) {
        let was = known[slot].claimed != known[slot].depth
        known[slot].depth = count
        known[slot].raisedBy = message
        if slot != ownSlot { self.count(was, known[slot].claimed != count) }
    }

    private mutating func count(_ was: Bool, _ isNow: Bool) {
        differing += (isNow ? 1 : 0) - (was ? 1 : 0)
    }

    /// Everything in the past of a message that was released without waiting may come later.
    private mutating func excuse(_ stamps: PublisherStamps, _ message: Reference, _ slot: Int) {
        known[slot].excused = max(known[slot].excused, message.position)
        let from = Int(known[slot].excusedCursor)
        guard from <= message.position else { return }
        known[slot].excusedCursor = message.position + 1
        for change in stamps.changes(from: from, through: Int(message.position)) {
            let slot = self.slot(of: change.process)
            known[slot].excused = max(known[slot].excused, change.count)
        }
    }
}
