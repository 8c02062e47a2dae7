import Trace

/// The stamps that the publishers wrote: what each publish changed of its publisher's vector timestamp, by publisher and position.
///
/// A publisher that has received nothing carries nothing but its own count, which is the position itself: such a publisher costs no
/// memory here. The others cost 4 bytes a publish and 8 a changed entry.
struct StampTable {
    private(set) var publishers: [PublisherStamps] = []
    /// Publishes without any stamp.
    private(set) var unstamped = 0

    mutating func addPublisher(process: Int) {
        publishers.append(PublisherStamps(process: UInt32(process)))
    }

    /// Takes the stamp of a publish.
    /// - Parameters:
    ///   - publisher: its number.
    ///   - position: the publish's position in the publisher's columns.
    ///   - isFull: whether the entries are the whole stamp.
    ///   - entries: what the record holds, by process number.
    mutating func take(publisher: Int, position: Int, isFull: Bool, _ entries: [StampEntry]) {
        if !publishers[publisher].take(position, isFull: isFull, entries) { unstamped += 1 }
    }

    /// A stamp has entries that cannot be read: of processes beyond 32 bits, for example.
    mutating func markWrong(publisher: Int, position: Int) {
        publishers[publisher].markWrong(position)
    }

    /// Part of the publisher's trace is missing, so its counts and its changes are not known any more.
    mutating func blur(publisher: Int) {
        publishers[publisher].isBlurred = true
    }
}

/// An entry of a stamp, by process number.
struct StampEntry: Equatable {
    var process: UInt32
    var count: UInt32
}

/// The stamps of one publisher.
struct PublisherStamps {
    let process: UInt32
    /// Whether publishes are missing from the trace, so that stamps cannot be held against what it shows.
    var isBlurred = false
    /// The positions whose own entry is not the number of publishes up to and with it, or whose stamp names what is no process; a few at most in
    /// a trace that is not broken.
    private(set) var wrongOwn: Set<Int> = []
    /// The publishes that have no stamp at all. The others are judged all the same.
    private(set) var unstamped = AscendingPositions()
    /// Whether a count fell at some publish, which only a wrong stamp makes it do.
    private(set) var hasFallen = false
    /// The first position with an entry of another process; `Int.max` where there is none.
    private(set) var firstForeign = Int.max
    /// Where the changes of each position from ``firstForeign`` on end in ``entries``.
    private var ends: [UInt32] = []
    /// Changes of entries of other processes. A count of 0 is an entry that went.
    private var entries: [StampEntry] = []
    /// The stamp of the latest publish without the own entry.
    private var last: [UInt32: UInt32] = [:]
    private var sum = 0
    /// The own entry of the latest publish.
    private var own: UInt32 = 0
    /// The number of ordered pairs whose later message is one of this publisher: the sizes of the pasts, each without the message itself.
    private(set) var orderedPairs = 0

    init(process: UInt32) {
        self.process = process
    }

    /// Whether no message of it carries anything of another process.
    var isPure: Bool { firstForeign == .max }

    /// What the publish at a position changed of other processes' entries.
    @inline(__always)
    func changes(at position: Int) -> ArraySlice<StampEntry> {
        changes(from: position, through: position)
    }

    /// What the publishes from one position through another changed, in order.
    @inline(__always)
    func changes(from: Int, through position: Int) -> ArraySlice<StampEntry> {
        guard position >= firstForeign else { return [] }
        let first = from <= firstForeign ? 0 : Int(ends[from - firstForeign - 1])
        return entries[first..<Int(ends[position - firstForeign])]
    }

    /// The entries of other processes of the stamp at a position.
    func stamp(at position: Int) -> [StampEntry] {
        var stamp: [UInt32: UInt32] = [:]
        for change in changes(from: 0, through: position) { stamp[change.process] = change.count }
        return stamp.map { StampEntry(process: $0.key, count: $0.value) }.sorted { $0.process < $1.process }
    }

    /// - Returns: whether the publish has a stamp.
    fileprivate mutating func take(_ position: Int, isFull: Bool, _ stamp: [StampEntry]) -> Bool {
        if stamp.count == 1, isPure, stamp[0].process == process, stamp[0].count == UInt32(truncatingIfNeeded: position + 1) {
            own = stamp[0].count
            orderedPairs += position
            return true
        }
        if isFull { own = 0 }
        var foreign = 0
        for entry in stamp {
            if entry.process == process { own = entry.count } else { foreign += 1 }
        }
        let isStamped = own > 0 || foreign > 0 || !isFull && !last.isEmpty
        if !isStamped { unstamped.append(position) }
        if isStamped, own != UInt32(truncatingIfNeeded: position + 1) { wrongOwn.insert(position) }
        if foreign > 0, isPure { firstForeign = position }
        if !isPure {
            for entry in stamp where entry.process != process { change(entry.process, to: entry.count) }
            if isFull, last.count > foreign { drop(keeping: stamp) }
            ends.append(UInt32(entries.count))
        }
        orderedPairs += position + sum
        return isStamped
    }

    /// The stamp of the latest publish names what is no process.
    fileprivate mutating func markWrong(_ position: Int) {
        wrongOwn.insert(position)
    }

    private mutating func change(_ process: UInt32, to count: UInt32) {
        let before = last[process] ?? 0
        guard before != count else { return }
        last[process] = count == 0 ? nil : count
        sum += Int(count) - Int(before)
        if count < before { hasFallen = true }
        entries.append(StampEntry(process: process, count: count))
    }

    /// A whole stamp that lacks entries: these fell to 0.
    private mutating func drop(keeping stamp: [StampEntry]) {
        let kept = Set(stamp.map(\.process))
        for process in last.keys.filter({ !kept.contains($0) }).sorted() { change(process, to: 0) }
    }
}
