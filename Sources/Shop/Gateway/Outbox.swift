internal import DequeModule
internal import HeapModule
internal import MQTT
internal import Trace

/// Every event that somebody has still to answer, and which of them are to be sent next. What is in here is in the store as well.
///
/// Nothing here takes longer because more is on its way: a service that is behind is asked all this for every batch.
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

    /// When the answer to a publish is overdue. It means nothing any more once the event is answered, or has another number.
    private struct Deadline: Comparable {
        var at: UInt64
        var sequence: UInt64

        static func < (left: Deadline, right: Deadline) -> Bool { (left.at, left.sequence) < (right.at, right.sequence) }
    }

    /// How long an answer may take at the first time, in nanoseconds.
    private let resendAfter: UInt64

    private var items: [String: Item] = [:]
    /// The events by the number of their latest publish.
    private var ids: [UInt64: String] = [:]
    /// The numbers that are to be sent, in order.
    private var queue = Deque<UInt64>()
    /// Every publish up to this number has been acknowledged.
    private(set) var acknowledged: UInt64
    private var acknowledgedAbove: Set<UInt64> = []
    /// Events that may be taken out, by id.
    private var finished: [String] = []
    private var deadlines = Heap<Deadline>()
    /// Events without an answer.
    private(set) var unanswered = 0

    init(acknowledged: UInt64, resendAfter: UInt64) {
        self.acknowledged = acknowledged
        self.resendAfter = resendAfter
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
        follow(entry.sequence)
    }

    private mutating func insert(_ item: Item) {
        if items.updateValue(item, forKey: item.entry.event.id) == nil, !item.entry.isAnswered { unanswered += 1 }
        ids[item.entry.sequence] = item.entry.event.id
    }

    /// Something happened to a publish: perhaps it has left and is acknowledged now, so that only its answer is missing, or not even that.
    private mutating func follow(_ sequence: UInt64) {
        guard isAcknowledged(sequence), let id = ids[sequence], let item = items[id] else { return }
        if item.entry.isAnswered { return finished.append(id) }
        guard let deadline = item.deadline(resendAfter) else { return }
        deadlines.insert(Deadline(at: deadline, sequence: sequence))
        // Most are answered long before.
        guard deadlines.count > 2 * items.count + 64 else { return }
        deadlines = Heap(deadlines.unordered.filter { isAwaited($0.sequence) })
    }

    /// Whether a publish is the latest of an event that is not answered.
    private func isAwaited(_ sequence: UInt64) -> Bool { ids[sequence].flatMap { items[$0] }.map { !$0.entry.isAnswered } ?? false }

    /// The next one to send.
    func next() -> OutboxEntry? {
        queue.first.flatMap { ids[$0] }.flatMap { items[$0]?.entry }
    }

    /// The next one has been handed to the session.
    mutating func sent(at now: UInt64) {
        guard let sequence = queue.popFirst(), let id = ids[sequence] else { return }
        items[id]?.sent = now
        follow(sequence)
    }

    /// The outcome of a publish.
    mutating func completed(_ sequence: UInt64, _ outcome: MQTT.PublishOutcome) {
        // What the broker refuses is sent again under a new number when its time is over, like what got lost.
        acknowledgedAbove.insert(sequence)
        while acknowledgedAbove.remove(acknowledged + 1) != nil { acknowledged += 1 }
        follow(sequence)
    }

    /// Whether a publish has its outcome.
    func isAcknowledged(_ sequence: UInt64) -> Bool { sequence <= acknowledged || acknowledgedAbove.contains(sequence) }

    /// Takes out what can never be sent.
    mutating func giveUp(_ entry: OutboxEntry) {
        guard let item = items.removeValue(forKey: entry.event.id) else { return }
        ids[item.entry.sequence] = nil
        if !item.entry.isAnswered { unanswered -= 1 }
        queue.removeAll { $0 == item.entry.sequence }
        completed(item.entry.sequence, .refused(reason: 0))
    }

    /// Somebody has stored an event.
    /// - Parameter party: who says so. Nobody answers for another.
    /// - Returns: whether this is news.
    mutating func answer(_ id: String, from party: Party) -> Bool {
        guard let item = items[id], !item.entry.isAnswered, item.entry.event.topic.to == party else { return false }
        items[id]?.entry.isAnswered = true
        unanswered -= 1
        follow(item.entry.sequence)
        return true
    }

    /// Takes out what nobody needs any more: it is answered, and its publish has its outcome.
    mutating func settle() -> [String] {
        var settled: [String] = []
        // What has another number meanwhile is finished when that is acknowledged.
        for id in finished {
            guard let item = items[id], isAcknowledged(item.entry.sequence) else { continue }
            items[id] = nil
            ids[item.entry.sequence] = nil
            settled.append(id)
        }
        finished = []
        return settled.sorted()
    }

    /// The events whose answer is overdue, at the first time after ``resendAfter`` and each time after twice as long, by the number of their latest
    /// publish. Those still on their way to the broker are not.
    mutating func overdue(at now: UInt64) -> [OutboxEntry] {
        var due: [Deadline] = []
        while let first = deadlines.min, first.at <= now {
            deadlines.removeMin()
            if isAwaited(first.sequence) { due.append(first) }
        }
        // They stay overdue until they are sent again.
        deadlines.insert(contentsOf: due)
        return due.compactMap { ids[$0.sequence].flatMap { items[$0]?.entry } }.sorted { $0.sequence < $1.sequence }
    }

    /// When the first of ``overdue(at:)`` will be.
    mutating func nextOverdue() -> UInt64? {
        while let first = deadlines.min, !isAwaited(first.sequence) { deadlines.removeMin() }
        return deadlines.min?.at
    }
}
