internal import DequeModule

/// The publishes of one client that have no outcome yet, by their numbers, which rise by one. Outcomes come in about that order, so a bit for each from the
/// oldest on is enough: to add one and to take one out is a few instructions, where a set would hash.
struct OpenSequences {
    private var words = Deque<UInt64>()
    /// The number of the first bit; a multiple of 64.
    private var first: UInt64 = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The numbers from the oldest that is open, or a little before it, to the newest, or a little behind it.
    struct Span {
        var first: UInt64
        var count: Int
    }

    var span: Span { Span(first: first, count: words.count * 64) }

    /// Adds a number. It is at most some thousands from the others.
    @inline(__always)
    mutating func insert(_ sequence: UInt64) {
        if words.isEmpty { first = sequence & ~63 }
        while sequence < first {
            words.prepend(0)
            first -= 64
        }
        while sequence >= first + UInt64(words.count) * 64 { words.append(0) }
        let bit: UInt64 = 1 << (sequence & 63)
        let index = Int((sequence - first) >> 6)
        if words[index] & bit == 0 { count += 1 }
        words[index] |= bit
    }

    /// Takes a number out; one that is not there is no matter.
    @inline(__always)
    mutating func remove(_ sequence: UInt64) {
        guard sequence >= first, sequence < first + UInt64(words.count) * 64 else { return }
        let bit: UInt64 = 1 << (sequence & 63)
        let index = Int((sequence - first) >> 6)
        guard words[index] & bit != 0 else { return }
        words[index] &= ~bit
        count -= 1
        while let oldest = words.first, oldest == 0 {
            words.removeFirst()
            first += 64
        }
    }

    /// The numbers, ascending.
    var sorted: [UInt64] {
        words.enumerated().flatMap { index, word in
            (0..<64 as Range<UInt64>).filter { word >> $0 & 1 != 0 }.map { first + UInt64(index) * 64 + $0 }
        }
    }

    mutating func removeAll() {
        words = []
        count = 0
    }
}
