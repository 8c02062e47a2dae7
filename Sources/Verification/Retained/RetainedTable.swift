import Trace

/// What was published with the RETAIN flag, by topic: the register of each topic holds the last of them [MQTT-3.3.1-5].
struct RetainedTable {
    private(set) var topics: [UInt32: [Entry]] = [:]
    /// The topics on which somebody published an empty payload, which cannot be recognised when it is delivered.
    private(set) var emptied: Set<UInt32> = []
    private var attempts: Set<Key> = []

    /// One publish with the RETAIN flag.
    struct Entry {
        var publisher: Int
        var position: Int
        var qos: UInt8
        /// Whether it clears the register [MQTT-3.3.1-6].
        var isEmpty: Bool
    }

    private struct Key: Hashable {
        var publisher: Int
        var position: Int
    }

    /// Whether nobody published with the RETAIN flag.
    var isEmpty: Bool { topics.isEmpty }

    /// Takes a publish that the table of publishes took last.
    mutating func take(_ event: TraceEvent.Published, _ publisher: Int, topic: UInt32, _ publishes: PublishTable, _ mutant: Mutant?) {
        if event.isEmpty { emptied.insert(topic) }
        guard event.retain, !(event.isEmpty && mutant == .clearIsNoRetainedMessage) else { return }
        let position = publishes.publishers[publisher].states.count - 1
        topics[topic, default: []].append(.init(publisher: publisher, position: position, qos: event.qos, isEmpty: event.isEmpty))
        attempts.insert(Key(publisher: publisher, position: position))
    }

    /// Whether an attempt was published with the RETAIN flag.
    func contains(_ publisher: Int, _ position: Int) -> Bool {
        attempts.contains(Key(publisher: publisher, position: position))
    }
}

extension RunIndex {
    func sent(_ entry: RetainedTable.Entry) -> UInt64 { publishes.publishers[entry.publisher].sent[entry.position] }

    func state(_ entry: RetainedTable.Entry) -> AttemptState { publishes.publishers[entry.publisher].states[entry.position] }

    /// When the broker had surely taken a retained message; the end of time where that is not known. That a message at QoS 0 was written
    /// says nothing of the broker.
    func taken(_ entry: RetainedTable.Entry) -> UInt64 {
        guard entry.qos > 0, state(entry).isTaken(qos: entry.qos) else { return .max }
        return publishes.publishers[entry.publisher].completed(entry.position)
    }

    /// Whether two processes' times can be compared: that of a retained message's publisher, and another.
    func shareClock(_ entry: RetainedTable.Entry, _ process: Int) -> Bool {
        shareClock(publishes.publishers[entry.publisher].process, process)
    }

    /// Whether the broker surely took `one` for the last time before it took `other`: `one` was acknowledged before `other` was sent, or both
    /// are of one publisher at QoS 1. What was written twice may be taken twice, the second time after the acknowledgement.
    func precedes(_ one: RetainedTable.Entry, _ other: RetainedTable.Entry) -> Bool {
        guard isTakenOnce(one) else { return false }
        if shareClock(one, publishes.publishers[other.publisher].process), taken(one) < sent(other) { return true }
        return one.publisher == other.publisher && one.qos == 1 && other.qos == 1 && one.position < other.position && isTakenOnce(other)
    }

    private func isTakenOnce(_ entry: RetainedTable.Entry) -> Bool {
        guard taken(entry) != .max else { return false }
        return entry.qos == 2 || (state(entry).transmissions == 1 && !state(entry).lostSession)
    }
}
