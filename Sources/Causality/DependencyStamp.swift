/// A dependency stamp: for each publisher and topic, how many publishes of that publisher to that topic are in the causal past.
///
/// It says what a ``VectorTimestamp`` says, broken down by topic, so that a subscriber can leave out what its filters do not match.
/// The past of a message holds a publisher's messages to a topic from the first to some last one, so one count for each pair is all
/// of it. The form is sparse and sorted by topic, then publisher: merging and comparing are linear in the number of entries.
///
/// Nothing is left out to save room. What one subscriber could infer from another entry, a second one with other filters cannot.
public struct DependencyStamp: Equatable, Sendable {
    /// One publisher and topic, and the number of publishes in the causal past; the count is at least 1.
    public struct Entry: Equatable, Sendable {
        /// The topic; compared byte by byte.
        public var topic: String
        /// Who published.
        public var publisher: PublisherID
        /// How many of its publishes to the topic are in the past, 1 or more.
        public var count: UInt64

        /// Makes an entry.
        public init(topic: String, publisher: PublisherID, count: UInt64) {
            self.topic = topic
            self.publisher = publisher
            self.count = count
        }

        /// Equal if the bytes of the topics, the publishers and the counts are.
        public static func == (left: Entry, right: Entry) -> Bool {
            left.count == right.count && left.order(to: right) == 0
        }

        /// Less than 0, 0 or more than 0 as this entry stands before, in place of or behind the other one.
        func order(to other: Entry) -> Int {
            order(to: other.topic, other.publisher)
        }

        func order(to topic: String, _ publisher: PublisherID) -> Int {
            let order = self.topic.compareBytes(to: topic)
            if order != 0 { return order }
            return self.publisher == publisher ? 0 : self.publisher < publisher ? -1 : 1
        }
    }

    /// The entries, strictly ascending by the bytes of the topic, then by publisher; every count at least 1.
    public private(set) var entries: [Entry]

    /// The stamp of an empty past.
    public init() {
        entries = []
    }

    /// Makes a stamp of entries in any order; for a pair named twice the greater count holds, and a count of 0 is left out.
    public init(_ entries: some Sequence<Entry>) {
        self.init()
        for entry in entries where entry.count > self[entry.publisher, entry.topic] { self[entry.publisher, entry.topic] = entry.count }
    }

    /// Makes a stamp of entries that are already strictly ascending with counts of at least 1.
    init(sorted entries: [Entry]) {
        self.entries = entries
    }

    /// The count of one publisher and topic, 0 where it has no entry. O(log entries).
    public subscript(publisher: PublisherID, topic: String) -> UInt64 {
        get {
            let (index, isPresent) = find(publisher, topic)
            return isPresent ? entries[index].count : 0
        }
        set {
            let (index, isPresent) = find(publisher, topic)
            switch (isPresent, newValue) {
            case (true, 0): entries.remove(at: index)
            case (true, _): entries[index].count = newValue
            case (false, 0): break
            case (false, _): entries.insert(Entry(topic: topic, publisher: publisher, count: newValue), at: index)
            }
        }
    }

    /// Takes the greater count of each pair: the past of both. O(entries of both).
    /// - Parameters:
    ///   - other: the past to take in.
    ///   - publisher: whose entries of `other` are left out, if any.
    public mutating func merge(_ other: DependencyStamp, except publisher: PublisherID? = nil) {
        if other.entries.isEmpty { return }
        var merged: [Entry] = []
        merged.reserveCapacity(max(entries.count, other.entries.count))
        var left = 0
        for entry in other.entries where entry.publisher != publisher {
            var order = -1
            while left < entries.count {
                order = entries[left].order(to: entry)
                if order >= 0 { break }
                merged.append(entries[left])
                left += 1
            }
            if left < entries.count, order == 0 {
                merged.append(entries[left].count < entry.count ? entry : entries[left])
                left += 1
            } else {
                merged.append(entry)
            }
        }
        merged.append(contentsOf: entries[left...])
        entries = merged
    }

    /// How this stamp stands to `other` in the causal order. O(entries of both).
    public func compared(to other: DependencyStamp) -> CausalOrder {
        var less = false
        var greater = false
        var left = 0
        var right = 0
        while left < entries.count || right < other.entries.count {
            let order =
                left == entries.count ? 1 : right == other.entries.count ? -1 : entries[left].order(to: other.entries[right])
            if order < 0 {
                greater = true
                left += 1
            } else if order > 0 {
                less = true
                right += 1
            } else {
                if entries[left].count < other.entries[right].count { less = true }
                if entries[left].count > other.entries[right].count { greater = true }
                left += 1
                right += 1
            }
            if less && greater { return .concurrent }
        }
        return less ? .before : greater ? .after : .equal
    }

    /// The vector timestamp of the same past: for each process the sum over its topics and incarnations. A message that carries a
    /// dependency stamp need not carry the vector timestamp as well. A sum beyond 64 bits, which no honest stamp has, stays at the
    /// greatest number.
    public var vectorTimestamp: VectorTimestamp {
        var sums: [UInt32: UInt64] = [:]
        for entry in entries {
            let (sum, overflow) = sums[entry.publisher.process, default: 0].addingReportingOverflow(entry.count)
            sums[entry.publisher.process] = overflow ? .max : sum
        }
        return VectorTimestamp(sorted: sums.sorted { $0.key < $1.key }.map { VectorTimestamp.Entry(process: $0.key, count: $0.value) })
    }

    /// Where the entry of a pair is, or would be.
    private func find(_ publisher: PublisherID, _ topic: String) -> (index: Int, isPresent: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let order = entries[middle].order(to: topic, publisher)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }
}

extension DependencyStamp: CustomStringConvertible {
    /// `{a/b 3: 17, a/b 5: 2}`, each with topic, publisher and count.
    public var description: String {
        "{" + entries.map { "\($0.topic) \($0.publisher): \($0.count)" }.joined(separator: ", ") + "}"
    }
}
