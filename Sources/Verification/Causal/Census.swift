/// Counts how many pairs of messages are concurrent, and how long the longest causal chain is.
///
/// The size of a message's past is the sum of its vector timestamp. So the number of ordered pairs is the sum of these sizes, each without
/// the message itself: exact, in one look at each stamp, and no pair needs to be drawn.
struct Census {
    let messages: Int
    let orderedPairs: Int
    let longestChain: Int
    let mostHops: Int

    init(_ stamps: StampTable, _ publishes: PublishTable) {
        messages = publishes.publishers.reduce(0) { $0 + $1.states.count }
        orderedPairs = stamps.publishers.reduce(0) { $0 + $1.orderedPairs }
        let chains = Chains(stamps, publishes)
        longestChain = chains.longest
        mostHops = chains.mostHops
    }

    var report: CausalityReport.Census {
        let pairs = messages * (messages - 1) / 2
        let concurrent = max(0, pairs - orderedPairs)
        return .init(
            messages: messages, pairs: pairs, concurrentPairs: concurrent,
            concurrentShare: pairs == 0 ? 0 : Double(concurrent) / Double(pairs), longestChain: longestChain, mostHops: mostHops)
    }
}

/// The lengths of the longest causal chains that end in each message.
private struct Chains {
    private(set) var longest = 0
    private(set) var mostHops = 0
    private var lengths: [[UInt32]]
    private var hops: [[UInt32]]
    /// How many messages each publisher published.
    private let counts: [Int]

    init(_ stamps: StampTable, _ publishes: PublishTable) {
        lengths = Array(repeating: [], count: stamps.publishers.count)
        hops = lengths
        counts = publishes.publishers.map(\.states.count)
        var publisherOf: [UInt32: Int] = [:]
        for (number, publisher) in stamps.publishers.enumerated() { publisherOf[publisher.process] = number }
        for (number, publisher) in publishes.publishers.enumerated() {
            longest = max(longest, Self.free(stamps, number, publisher.states.count))
        }
        for (number, position) in Self.order(stamps, publishes) {
            let table = stamps.publishers[number]
            let first = table.firstForeign
            var length = position == first ? UInt32(first) : lengths[number][position - first - 1]
            var hop = position == first ? 0 : hops[number][position - first - 1]
            for change in table.changes(at: position) where change.count > 0 {
                guard let other = publisherOf[change.process] else { continue }
                let (otherLength, otherHops) = end(stamps, other, Int(change.count) - 1)
                length = max(length, otherLength)
                hop = max(hop, otherHops + 1)
            }
            lengths[number].append(length + 1)
            hops[number].append(hop)
            longest = max(longest, Int(length) + 1)
            mostHops = max(mostHops, Int(hop))
        }
    }

    /// The publishes before a publisher's first foreign entry: their chain is their own row.
    private static func free(_ stamps: StampTable, _ number: Int, _ count: Int) -> Int {
        min(stamps.publishers[number].firstForeign, count)
    }

    private func end(_ stamps: StampTable, _ number: Int, _ position: Int) -> (UInt32, UInt32) {
        let first = stamps.publishers[number].firstForeign
        // Only a wrong stamp names a message that is not there, or not yet.
        guard position < counts[number] else { return (0, 0) }
        if position < first { return (UInt32(position + 1), 0) }
        guard position - first < lengths[number].count else { return (0, 0) }
        return (lengths[number][position - first], hops[number][position - first])
    }

    /// The messages with foreign entries, causes before effects: the past of an effect is the greater one.
    private static func order(_ stamps: StampTable, _ publishes: PublishTable) -> [(Int, Int)] {
        var all: [(size: Int, number: Int, position: Int)] = []
        for (number, publisher) in stamps.publishers.enumerated() where !publisher.isPure {
            var sum = 0
            // A stamp only falls where it is wrong; the publisher's own order holds all the same.
            var greatest = 0
            var last: [UInt32: UInt32] = [:]
            for position in publisher.firstForeign..<publishes.publishers[number].states.count {
                for change in publisher.changes(at: position) {
                    sum += Int(change.count) - Int(last[change.process] ?? 0)
                    last[change.process] = change.count
                }
                greatest = max(greatest, sum + position)
                all.append((greatest, number, position))
            }
        }
        all.sort { ($0.size, $0.number, $0.position) < ($1.size, $1.number, $1.position) }
        return all.map { ($0.number, $0.position) }
    }
}
