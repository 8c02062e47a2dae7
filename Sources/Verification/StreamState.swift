/// What one session received of one stream. Its size grows with open gaps, not with messages.
struct StreamState {
    let session: Int
    let stream: Int
    /// The ranks below ``end`` that have not arrived, as ascending disjoint ranges.
    private(set) var gaps: [Range<Int>] = []
    /// One more than the highest rank that arrived.
    private(set) var end = 0
    /// Ranks that arrived in a way that says nothing of order and copies: as retained messages (true) or under a wrong topic (false).
    private(set) var aside: [Int: Bool] = [:]
    /// Copies by rank and QoS, for ranks with more than one where their number matters, and for all where copies may come at several QoS.
    private var copies: [Int: Copies] = [:]
    /// The highest rank among the first copies whose order counts, by the QoS that they came at: there is no order between two QoS.
    private var highest = (-1, -1, -1)
    /// The QoS at which live copies came.
    private(set) var seen = QoSSet()
    /// Ranks of which all copies came below the QoS that was surely granted.
    private(set) var below: Set<Int> = []
    var replay = Replay()
    /// Where the publisher's process is in the subscriber's causal view; -1 before it was looked up.
    var causalSlot: Int32 = -1

    init(session: Int, stream: Int) {
        self.session = session
        self.stream = stream
    }

    /// Whether a live copy of this rank arrived.
    func hasArrived(_ rank: Int) -> Bool {
        guard rank < end else { return false }
        let index = gapIndex(rank)
        return !(index < gaps.count && gaps[index].lowerBound <= rank)
    }

    /// Takes the first live copy of a rank.
    mutating func arrive(_ rank: Int) {
        if rank >= end {
            if rank > end { gaps.append(end..<rank) }
            end = rank + 1
            return
        }
        let index = gapIndex(rank)
        let gap = gaps[index]
        let left = gap.lowerBound..<rank
        let right = rank + 1..<gap.upperBound
        switch (left.isEmpty, right.isEmpty) {
        case (true, true): gaps.remove(at: index)
        case (false, true): gaps[index] = left
        case (true, false): gaps[index] = right
        case (false, false):
            gaps[index] = right
            gaps.insert(left, at: index)
        }
    }

    /// Whether all that arrived arrived once, in order, without a gap, and never in a resumed connection: then ``end`` says everything.
    var isInOrder: Bool {
        guard gaps.isEmpty, aside.isEmpty, copies.isEmpty, let qos = seen.only else { return false }
        let highest = highest(at: qos)
        return highest == end - 1 && replay.isInOrder(highest: highest)
    }

    /// Takes what arrived in order up to a rank without it.
    mutating func advance(to rank: Int) {
        end = rank
        if let qos = seen.only { setHighest(rank - 1, at: qos) }
        replay.advance(to: rank - 1)
    }

    /// The copies of one message, by QoS.
    struct Copies {
        var zero = 0
        var one = 0
        var two = 0

        var all: Int { zero + one + two }

        subscript(qos: UInt8) -> Int {
            get { qos == 0 ? zero : qos == 1 ? one : two }
            set {
                switch qos {
                case 0: zero = newValue
                case 1: one = newValue
                default: two = newValue
                }
            }
        }
    }

    /// Takes note of the QoS of a first copy, where copies may come at several.
    mutating func noteFirst(_ rank: Int, at qos: UInt8) {
        copies[rank, default: Copies()][qos] = 1
    }

    /// Counts a further live copy and gives their numbers, the first one included.
    mutating func countCopy(_ rank: Int, at qos: UInt8) -> Copies {
        var counted = copies[rank] ?? Copies()
        // A first copy that was not noted came at the only QoS that there is.
        if counted.all == 0 { counted[qos] = 1 }
        counted[qos] += 1
        copies[rank] = counted
        return counted
    }

    /// The live copies of a rank that arrived, as far as their number is limited; of a single one as if it had come at a given QoS.
    func copies(of rank: Int, at qos: UInt8) -> Copies {
        if let known = copies[rank] { return known }
        var one = Copies()
        one[qos] = 1
        return one
    }

    /// How many messages came live; of them, those with as many copies as `ways` or more, and those with more than one and fewer.
    func copies(ofEach ways: Int) -> (messages: Int, each: Int, between: Int) {
        let messages = end - gaps.reduce(0) { $0 + $1.count }
        let each = copies.values.count { $0.all >= ways }
        return (messages, each, copies.values.count { $0.all > 1 } - each)
    }

    /// Takes note of whether a copy came below the QoS that was surely granted. One that did not makes up for those that did.
    mutating func note(_ rank: Int, isBelow: Bool) {
        if !isBelow {
            below.remove(rank)
        } else if !hasArrived(rank) {
            below.insert(rank)
        }
    }

    /// Calls `body` with each rank that arrived in any way, and whether a live copy did.
    func forEachArrived(_ body: (_ rank: Int, _ isLive: Bool) -> Void) {
        var from = 0
        for gap in gaps {
            for rank in from..<gap.lowerBound { body(rank, true) }
            from = gap.upperBound
        }
        if from < end {
            for rank in from..<end { body(rank, true) }
        }
        for rank in aside.keys where !hasArrived(rank) { body(rank, false) }
    }

    /// The highest rank among the first copies that came at a QoS.
    func highest(at qos: UInt8) -> Int { qos == 0 ? highest.0 : qos == 1 ? highest.1 : highest.2 }

    /// The same at any QoS.
    var highestOfAll: Int { max(highest.0, highest.1, highest.2) }

    private mutating func setHighest(_ rank: Int, at qos: UInt8) {
        switch qos {
        case 0: highest.0 = rank
        case 1: highest.1 = rank
        default: highest.2 = rank
        }
    }

    /// Takes note of the order of a first copy.
    /// - Returns: whether a higher rank came before it at the same QoS.
    mutating func isLate(_ rank: Int, at qos: UInt8, overwriting: Bool = false) -> Bool {
        if rank < highest(at: qos) {
            if overwriting { setHighest(rank, at: qos) }
            return true
        }
        setHighest(rank, at: qos)
        return false
    }

    /// Takes note of the QoS of a live copy.
    mutating func see(_ qos: UInt8) { seen.insert(qos) }

    mutating func arriveAside(_ rank: Int, asRetained: Bool) {
        aside[rank] = asRetained || aside[rank] ?? false
    }

    /// The highest rank that arrived in any way; -1 where none did.
    var highestArrived: Int {
        aside.isEmpty ? end - 1 : max(end - 1, aside.keys.max() ?? -1)
    }

    /// The lowest rank that arrived in any way; the greatest number where none did.
    var lowestArrived: Int {
        let live = end == 0 ? Int.max : gaps.first?.lowerBound == 0 ? gaps[0].upperBound : 0
        return min(live, aside.keys.min() ?? Int.max)
    }

    /// The lowest rank of which a live copy arrived.
    var firstLive: Int? {
        guard end > 0 else { return nil }
        return gaps.first?.lowerBound == 0 ? gaps[0].upperBound : 0
    }

    /// Calls `body` with each of `count` ranks that did not arrive in any way, ascending.
    func forEachMissing(of count: Int, _ body: (Int) -> Void) {
        for gap in gaps {
            for rank in gap where aside[rank] == nil { body(rank) }
        }
        if end < count {
            for rank in end..<count where aside[rank] == nil { body(rank) }
        }
    }

    /// The first gap that ends behind the rank.
    private func gapIndex(_ rank: Int) -> Int {
        if let last = gaps.last, rank >= last.upperBound { return gaps.count }
        var low = 0
        var high = gaps.count
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].upperBound <= rank { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Follows the last copies of a stream's messages, which must come in the order of publishing like the first.
///
/// A copy of rank r makes every higher rank that arrived before *stale*: it must be repeated too. Stale ranks are the ones above
/// ``cursor``, and those that were skipped while the copies went up again.
struct Replay {
    struct Skipped {
        var ranks: ClosedRange<Int>
        /// When the connection began that resumed the session and repeated a lower rank; `nil` where it was no resumed one.
        var resumedAt: UInt64?
    }

    /// The rank of the latest copy.
    private(set) var cursor = -1
    private var resumedAt: UInt64?
    private var skipped: [Skipped] = []
    /// What came on the latest of the resumed connections, and when that began.
    private var came = RangeSet<Int>()
    private var cameFrom: UInt64?
    /// Ranks in stale ranges whose first copy came late, after the repetition that made the range stale: these are not.
    private var fresh: Set<Int> = []

    /// Whether each copy was of the rank behind the one before, outside of resumed connections.
    func isInOrder(highest: Int) -> Bool {
        cursor == highest && resumedAt == nil && skipped.isEmpty && fresh.isEmpty
    }

    /// Takes copies in order up to a rank.
    mutating func advance(to rank: Int) {
        cursor = rank
    }

    /// Takes a copy.
    /// - Parameter highest: the highest rank that arrived before.
    mutating func take(_ rank: Int, highest: Int, resumedAt: UInt64?) {
        note(rank, resumedAt)
        if !fresh.isEmpty, rank <= highest { fresh = fresh.filter { $0 <= rank } }
        if rank > cursor {
            skip(to: rank, highest)
        } else if rank < cursor {
            while let last = skipped.last, last.ranks.upperBound >= rank {
                skipped.removeLast()
                if last.ranks.lowerBound < rank {
                    skipped.append(Skipped(ranks: last.ranks.lowerBound...rank - 1, resumedAt: last.resumedAt))
                }
            }
        }
        cursor = rank
        self.resumedAt = resumedAt
    }

    private mutating func skip(to rank: Int, _ highest: Int) {
        let last = min(rank - 1, highest)
        if cursor >= 0, cursor + 1 <= last { skipped.append(Skipped(ranks: cursor + 1...last, resumedAt: resumedAt)) }
    }

    /// Takes a copy that makes no other stale, but that is a last copy of its own.
    mutating func refresh(_ rank: Int, highest: Int) {
        if rank > cursor {
            skip(to: rank, highest)
            cursor = rank
            return
        }
        guard let place = skipped.firstIndex(where: { $0.ranks.contains(rank) }) else { return }
        let range = skipped.remove(at: place)
        if rank < range.ranks.upperBound {
            skipped.insert(Skipped(ranks: rank + 1...range.ranks.upperBound, resumedAt: range.resumedAt), at: place)
        }
        if rank > range.ranks.lowerBound {
            skipped.insert(Skipped(ranks: range.ranks.lowerBound...rank - 1, resumedAt: range.resumedAt), at: place)
        }
    }

    /// Notes what came on a resumed connection.
    private mutating func note(_ rank: Int, _ resumedAt: UInt64?) {
        guard let resumedAt else { return }
        if cameFrom != resumedAt { (cameFrom, came) = (resumedAt, RangeSet()) }
        came.insert(contentsOf: rank..<rank + 1)
    }

    /// Whether a copy of a rank has come on the connection that began at a moment.
    func hasCome(_ rank: Int, resumedAt: UInt64) -> Bool { cameFrom == resumedAt && came.contains(rank) }

    /// Takes a first copy that came after one of a higher rank.
    mutating func takeLate(_ rank: Int, resumedAt: UInt64?) {
        note(rank, resumedAt)
        if rank > cursor || !skipped.isEmpty { fresh.insert(rank) }
    }

    /// Whether a rank in a stale range is stale itself.
    func isStale(_ rank: Int) -> Bool { !fresh.contains(rank) }

    /// The ranks that are stale now, as far as they arrived. `highest` is the highest rank that arrived.
    func stale(highest: Int) -> [Skipped] {
        guard cursor >= 0, cursor < highest else { return skipped }
        return skipped + [Skipped(ranks: cursor + 1...highest, resumedAt: resumedAt)]
    }
}
