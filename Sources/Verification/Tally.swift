import Trace

/// Counts by stream, summed by publishing group and QoS at the end.
struct Tally {
    var due: [Int]
    var delivered: [Int]
    var lost: [Int]
    var unseen: [Int]
    var dropped: [Int]
    var duplicates: [Int]
    var redelivered: [Int]
    var repeated: [Int]

    init(_ index: RunIndex) {
        let zeros = Array(repeating: 0, count: index.publishes.streams.count)
        (due, delivered, lost, unseen, dropped, duplicates) = (zeros, zeros, zeros, zeros, zeros, zeros)
        (redelivered, repeated) = (zeros, zeros)
    }

    /// Adds the counts of another shard.
    mutating func add(_ other: Tally) {
        for counter in [\Tally.due, \.delivered, \.lost, \.unseen, \.dropped, \.duplicates, \.redelivered, \.repeated] {
            for stream in other[keyPath: counter].indices { self[keyPath: counter][stream] += other[keyPath: counter][stream] }
        }
    }

    /// The parts in the order of the first process of each group, then by QoS.
    func parts(_ index: RunIndex) -> [CheckReport.Part] {
        var groups: [String: UInt32] = [:]
        for process in index.processes where process.publisher != nil {
            groups[process.group] = min(groups[process.group] ?? .max, process.id)
        }
        var totals: [Key: DeliveryTotals] = [:]
        var refusals: [Key: [UInt8: Int]] = [:]
        for (number, stream) in index.publishes.streams.enumerated() {
            let publisher = index.publishes.publishers[stream.publisher]
            let key = Key(group: index.processes[publisher.process].group, qos: Int(stream.qos))
            var sum = DeliveryTotals()
            for position in stream.attempts {
                let state = publisher.states[Int(position)]
                if state.hasLeft { sum.published += 1 }
                switch state.outcome {
                case .acked: sum.acked += 1
                // As the table has it, what was withheld was refused.
                case .refused, .withheld: sum.refused += 1
                case .unknown, nil: sum.unknown += 1
                }
            }
            sum.due = due[number]
            sum.delivered = delivered[number]
            sum.lost = lost[number]
            sum.unseen = unseen[number]
            sum.dropped = dropped[number]
            sum.duplicates = duplicates[number]
            sum.redelivered = redelivered[number]
            sum.repeated = repeated[number]
            totals[key, default: DeliveryTotals()] += sum
            refusals[key, default: [:]].merge(index.refusals[UInt32(number)] ?? [:], uniquingKeysWith: +)
        }
        return totals.sorted {
            (groups[$0.key.group] ?? 0, $0.key.qos) < (groups[$1.key.group] ?? 0, $1.key.qos)
        }.map { key, totals in
            let reasons = (refusals[key] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return .init(
                group: key.group, qos: key.qos, totals: totals, refusals: reasons.map { .init(reason: Int($0.key), count: $0.value) })
        }
    }

    private struct Key: Hashable {
        var group: String
        var qos: Int
    }
}
