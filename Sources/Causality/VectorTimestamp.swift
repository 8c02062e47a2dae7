/// A vector timestamp: for each process, how many of its publishes are in the causal past.
///
/// Vector clocks are due to Fidge (1988) and Mattern (1989). Waybill counts publishes only, so the stamp of a message `m` says
/// exactly which messages happened before it, `m` itself included. The form is sparse: a process with no publish in the past has
/// no entry. Entries are sorted by process, so merging and comparing are linear in the number of entries.
public struct VectorTimestamp: Equatable, Hashable, Sendable {
    /// One process and the number of its publishes in the causal past; the count is at least 1.
    public struct Entry: Equatable, Hashable, Sendable {
        /// The process that published.
        public var process: UInt32
        /// How many of its publishes are in the past, 1 or more.
        public var count: UInt64

        /// Makes an entry.
        public init(process: UInt32, count: UInt64) {
            self.process = process
            self.count = count
        }
    }

    /// The entries, strictly ascending by process, every count at least 1.
    public private(set) var entries: [Entry]

    /// The stamp of an empty past.
    public init() {
        entries = []
    }

    /// Makes a stamp of entries in any order; for a process named twice the greater count holds, and a count of 0 is left out.
    public init(_ entries: some Sequence<Entry>) {
        self.init()
        for entry in entries where entry.count > self[entry.process] { self[entry.process] = entry.count }
    }

    /// Makes a stamp of entries that are already strictly ascending with counts of at least 1.
    init(sorted entries: [Entry]) {
        self.entries = entries
    }

    /// The count of one process, 0 where it has no entry. O(log entries).
    public subscript(process: UInt32) -> UInt64 {
        get {
            let index = position(of: process)
            return index < entries.count && entries[index].process == process ? entries[index].count : 0
        }
        set {
            let index = position(of: process)
            let present = index < entries.count && entries[index].process == process
            switch (present, newValue) {
            case (true, 0): entries.remove(at: index)
            case (true, _): entries[index].count = newValue
            case (false, 0): break
            case (false, _): entries.insert(Entry(process: process, count: newValue), at: index)
            }
        }
    }

    /// Counts one more publish of `process` and returns its new count.
    @discardableResult
    public mutating func increment(_ process: UInt32) -> UInt64 {
        let index = position(of: process)
        if index < entries.count, entries[index].process == process {
            entries[index].count += 1
            return entries[index].count
        }
        entries.insert(Entry(process: process, count: 1), at: index)
        return 1
    }

    /// Takes the greater count of each process: the past of both. O(entries of both).
    public mutating func merge(_ other: VectorTimestamp) {
        if other.entries.isEmpty || self == other { return }
        if entries.isEmpty {
            entries = other.entries
            return
        }
        var merged: [Entry] = []
        merged.reserveCapacity(max(entries.count, other.entries.count))
        var left = 0
        var right = 0
        while left < entries.count, right < other.entries.count {
            let a = entries[left]
            let b = other.entries[right]
            if a.process == b.process {
                merged.append(Entry(process: a.process, count: max(a.count, b.count)))
                left += 1
                right += 1
            } else if a.process < b.process {
                merged.append(a)
                left += 1
            } else {
                merged.append(b)
                right += 1
            }
        }
        merged.append(contentsOf: entries[left...])
        merged.append(contentsOf: other.entries[right...])
        entries = merged
    }

    /// How this stamp stands to `other` in the causal order. O(entries of both).
    public func compared(to other: VectorTimestamp) -> CausalOrder {
        var less = false
        var greater = false
        var left = 0
        var right = 0
        while left < entries.count || right < other.entries.count {
            let a = left < entries.count ? entries[left] : nil
            let b = right < other.entries.count ? other.entries[right] : nil
            if let a, let b, a.process == b.process {
                if a.count < b.count { less = true }
                if a.count > b.count { greater = true }
                left += 1
                right += 1
            } else if let a, b.map({ a.process < $0.process }) ?? true {
                greater = true
                left += 1
            } else {
                less = true
                right += 1
            }
            if less && greater { return .concurrent }
        }
        return less ? .before : greater ? .after : .equal
    }

    private func position(of process: UInt32) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].process < process { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How one stamp stands to another.
public enum CausalOrder: Equatable, Sendable {
    /// Every count is at most the other's, and one is smaller: it happened before.
    case before
    /// Every count is at least the other's, and one is greater: it happened after.
    case after
    /// The same past.
    case equal
    /// Neither is in the past of the other.
    case concurrent
}

extension VectorTimestamp: CustomStringConvertible {
    /// `{3: 17, 5: 2}`, ascending by process.
    public var description: String {
        "{" + entries.map { "\($0.process): \($0.count)" }.joined(separator: ", ") + "}"
    }
}
