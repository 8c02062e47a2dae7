internal import DequeModule
internal import MQTT
internal import Trace

/// Every event that somebody has still to answer, and which of them are to be sent next. What is in here is in the store as well.
struct Outbox {
    private struct Item {
        var entry: OutboxEntry
        /// When it was sent last, in nanoseconds of the monotonic clock; `nil` while it waits to be sent.
        var sent: UInt64?
        /// How often it was sent again. Each time it waits twice as long: who is slow to answer is not helped by more to answer.
        var repeats = 0

        func deadline(_ after: UInt64) -> UInt64? {
            entry.isAnswered ? nil : sent.map { $0 + after << UInt64(min(repeats, 5)) }
        }
    }

    private var items: [String: Item] = [:]
    /// The events by the number of their latest publish.
    private var ids: [UInt64: String] = [:]
    /// The numbers that are to be sent, in order.
    private var queue = Deque<UInt64>()
    /// Every publish up to this number has been acknowledged.
    private(set) var acknowledged: UInt64
    private var acknowledgedAbove: Set<UInt64> = []
    /// Events that are answered and still here.
    private var answered: Set<String> = []
    /// Events without an answer.
    private(set) var unanswered = 0

    init(acknowledged: UInt64) {
        self.acknowledged = acknowledged
    }

    var isEmpty: Bool { items.isEmpty }
    /// How many wait to be sent.
    var waiting: Int { queue.count }

    /// Takes an event that is stored, to be sent, or to be sent again under the number that it has now.
    mutating func enqueue(_ entry: OutboxEntry) {
        var item = Item(entry: entry)
        if let before = items[entry.event.id] {
            ids[before.entry.sequence] = nil
            item.repeats = before.repeats + 1
            item.entry.isAnswered = before.entry.isAnswered
        }
        insert(item)
        queue.append(entry.sequence)
    }

    /// Takes an event of an earlier life that the broker has acknowledged: it is not sent before its time is over.
    mutating func restore(_ entry: OutboxEntry, at now: UInt64) {
        insert(Item(entry: entry, sent: now))
    }

    private mutating func insert(_ item: Item) {
        if items.updateValue(item, forKey: item.entry.event.id) == nil {
            if item.entry.isAnswered { answered.insert(item.entry.event.id) } else { unanswered += 1 }
        }
        ids[item.entry.sequence] = item.entry.event.id
    }

    /// The next one to send.
    func next() -> OutboxEntry? {
        queue.first.flatMap { ids[$0] }.flatMap { items[$0]?.entry }
    }

    /// The next one has been handed to the session.
    mutating func sent(at now: UInt64) {
        guard let sequence = queue.popFirst(), let id = ids[sequence] else { return }
        items[id]?.sent = now
    }

    /// The outcome of a publish.
    mutating func completed(_ sequence: UInt64, _ outcome: MQTT.PublishOutcome) {
        // What the broker refuses is sent again under a new number when its time is over, like what got lost.
        acknowledgedAbove.insert(sequence)
        while acknowledgedAbove.remove(acknowledged + 1) != nil { acknowledged += 1 }
    }

    /// Whether a publish has its outcome.
    func isAcknowledged(_ sequence: UInt64) -> Bool { sequence <= acknowledged || acknowledgedAbove.contains(sequence) }

    /// Takes out what can never be sent.
    mutating func giveUp(_ entry: OutboxEntry) {
        guard let item = items.removeValue(forKey: entry.event.id) else { return }
        ids[item.entry.sequence] = nil
        if answered.remove(entry.event.id) == nil { unanswered -= 1 }
        queue.removeAll { $0 == item.entry.sequence }
        completed(item.entry.sequence, .refused(reason: 0))
    }

    /// Somebody has stored an event.
    /// - Parameter party: who says so. Nobody answers for another.
    /// - Returns: whether this is news.
    mutating func answer(_ id: String, from party: Party) -> Bool {
        guard let item = items[id], !item.entry.isAnswered, item.entry.event.topic.to == party else { return false }
        items[id]?.entry.isAnswered = true
        answered.insert(id)
        unanswered -= 1
        return true
    }

    /// Takes out what nobody needs any more: it is answered, and its publish has its outcome.
    mutating func settle() -> [String] {
        let settled = answered.filter { id in items[id].map { isAcknowledged($0.entry.sequence) } ?? true }
        for id in settled {
            if let item = items.removeValue(forKey: id) { ids[item.entry.sequence] = nil }
        }
        answered.subtract(settled)
        return settled.sorted()
    }

    /// The events whose answer is overdue, `after` so many nanoseconds at the first time and each time twice as many, by the number of their latest publish. Those still on their way to the broker are not.
    func overdue(at now: UInt64, after: UInt64) -> [OutboxEntry] {
        items.values
            .filter { item in
                guard let deadline = item.deadline(after), isAcknowledged(item.entry.sequence) else { return false }
                return now >= deadline
            }
            .map(\.entry).sorted { $0.sequence < $1.sequence }
    }

    /// When the first of ``overdue(at:after:)`` will be.
    func nextOverdue(after: UInt64) -> UInt64? {
        items.values.compactMap { isAcknowledged($0.entry.sequence) ? $0.deadline(after) : nil }.min()
    }
}
