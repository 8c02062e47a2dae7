internal import Causality
internal import MQTT
internal import Workload

/// What a subscriber can be known to wait for while the run goes on: a message that the broker has acknowledged, whose topic one of its filters matches,
/// and behind which nothing of the same publisher has come to it.
///
/// It says too little rather than too much. What overtakes a message ends the wait for it, as the broker may have dropped it; of a shared
/// subscription nobody knows whose turn it is; and at QoS 0 nothing is due.
struct DueDeliveries {
    /// The latest message of a publisher that the broker has acknowledged.
    struct Acknowledged: Sendable {
        var publisher: UInt32
        var name: String
        var sequence: UInt64
        var topic: String
    }

    private struct Awaited {
        var publisher: UInt32
        var sequence: UInt64
        var text: String
    }

    /// The filters that the broker granted more than QoS 0: those without wildcards, and the others.
    private var topics: [String] = []
    private var patterns: [TopicFilter] = []
    /// The greatest number that came of each publisher.
    private var latest: [UInt32: UInt64] = [:]
    /// The same of the publisher from whom the latest message came. Many come from one, and need no look into ``latest`` then.
    private var present: (publisher: UInt32, sequence: UInt64) = (0, 0)
    private var awaited: Awaited?
    private var subscriptions = 0
    /// As a publisher: the greatest number above QoS 0 that the broker acknowledged; 0 before the first.
    private(set) var acknowledged: UInt64 = 0

    /// The subscriptions are acknowledged, in a session that had none.
    mutating func subscribed(_ filters: [String], _ answers: [SubscriptionAnswer]) {
        subscriptions += 1
        (topics, patterns, latest, awaited) = ([], [], [:], nil)
        present = (0, 0)
        for (text, answer) in zip(filters, answers) {
            guard case .granted(let qos) = answer, qos != .atMostOnce, let filter = TopicFilter(text), !filter.isShared else { continue }
            if text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
                patterns.append(filter)
            } else {
                topics.append(text)
            }
        }
    }

    /// Whether the look before found something.
    var isAwaiting: Bool { awaited != nil }

    /// A live message came.
    @inline(__always)
    mutating func came(_ sequence: UInt64, of publisher: UInt32) {
        if topics.isEmpty, patterns.isEmpty { return }
        if publisher != present.publisher {
            note(present)
            present = (publisher, latest[publisher] ?? 0)
        }
        if sequence > present.sequence { present.sequence = sequence }
    }

    private mutating func note(_ one: (publisher: UInt32, sequence: UInt64)) {
        if one.sequence > 0 { latest[one.publisher] = one.sequence }
    }

    /// The broker acknowledged a publish above QoS 0.
    mutating func acknowledged(_ sequence: UInt64) { acknowledged = max(acknowledged, sequence) }

    /// Looks for something that is due.
    /// - Parameters:
    ///   - name: what the client is called.
    ///   - budget: how many publishers may still be looked at; counted down.
    /// - Returns: what is awaited, in a few words, and whether what was awaited before has come.
    mutating func look(_ name: String, _ published: PublishedTopics, budget: inout Int) -> (text: String?, hasCome: Bool) {
        var hasCome = false
        if let awaited {
            if !isDue(awaited.sequence, of: awaited.publisher) {
                self.awaited = nil
                hasCome = true
            }
        }
        if awaited == nil { find(name, published, &budget) }
        return (awaited?.text, hasCome)
    }

    private mutating func find(_ name: String, _ published: PublishedTopics, _ budget: inout Int) {
        for topic in topics {
            budget -= 1
            for one in published.byTopic[topic, default: []] where isDue(one.sequence, of: one.publisher) { return wait(for: one, name) }
        }
        for pattern in patterns {
            budget -= published.all.count
            for one in published.all where isDue(one.sequence, of: one.publisher) && pattern.matches(one.topic) {
                return wait(for: one, name)
            }
        }
    }

    private mutating func wait(for message: Acknowledged, _ name: String) {
        awaited = Awaited(
            publisher: message.publisher, sequence: message.sequence,
            text: "\(name) has not received message \(message.sequence) of \(message.name), which the broker has acknowledged")
    }

    /// In a session that is not the first, what was sent before the subscription is not due, so only what comes behind something that came is.
    private func isDue(_ sequence: UInt64, of publisher: UInt32) -> Bool {
        guard let came = publisher == present.publisher && present.sequence > 0 ? present.sequence : latest[publisher] else {
            return subscriptions == 1
        }
        return came < sequence
    }
}

/// What all publishers of a run have got acknowledged last.
struct PublishedTopics: Sendable {
    let all: [DueDeliveries.Acknowledged]
    let byTopic: [String: [DueDeliveries.Acknowledged]]

    init(_ all: [DueDeliveries.Acknowledged]) {
        self.all = all
        byTopic = Dictionary(grouping: all, by: \.topic)
    }
}

/// Looks for due deliveries where a group would otherwise seem to wait for nothing. Only while it receives nothing, so a run that moves pays nothing.
actor DueWatch {
    /// The steps of each group at the look before.
    private var steps: [Int] = []

    /// Completes what the groups owe by what is owed to their subscribers.
    func complete(_ strands: [Strand], of workers: [LoadWorker]) async -> [Strand] {
        let before = steps
        steps = strands.map(\.steps)
        guard before.count == strands.count else { return strands }
        let silent = Set(strands.indices.filter { strands[$0].owed == nil && strands[$0].steps == before[$0] })
        if silent.isEmpty { return strands }
        var all: [DueDeliveries.Acknowledged] = []
        for worker in workers { all += await worker.acknowledged }
        let published = PublishedTopics(all)
        var strands = strands
        for worker in workers {
            for (group, text) in await worker.due(published, in: silent) where strands[group].owed == nil { strands[group].owed = text }
        }
        return strands
    }
}
