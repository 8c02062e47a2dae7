import Trace

/// One session of one subscriber: from a CONNACK without session-present to the next.
struct Session {
    let process: Int
    /// Whether its subscriptions may be older than what the trace shows: it resumed a session from before the run, or part of the
    /// trace is missing. What is due by the subscriptions that are shown is due all the same, but no delivery is too many.
    let isInherited: Bool
    /// Where a gap of the trace opened this session: the file and the chunk behind the gap.
    var cut: Cut?
    var connections: [Connection] = []
    var subscriptions: [Subscription] = []
    /// When UNSUBSCRIBE was last sent for each filter.
    var withdrawn: [Int: UInt64] = [:]
    /// Whether it was connected when the drain ended; found after the whole trace was read.
    var livedToEnd = false
    /// Whether the broker forgot it although it had to keep it, so that its next CONNACK is `session-lost`.
    var wasForgotten = false
    /// Whether it withdrew a subscription.
    var hasWithdrawn = false
    /// Where a gap of the trace may hide what the session got: before this moment.
    var seenFrom: UInt64?

    struct Cut: Equatable {
        var file: Int
        var chunk: Int
    }

    struct Connection {
        var from: UInt64
        var to = UInt64.max
        var endedByClient = false
        /// Whether it resumed the session.
        var isResume: Bool
        /// Its event, where the client asked for the session to outlive the connection.
        var keeping: Witness.Event?
        /// Its event.
        var event: Witness.Event
        /// The file that tells of it.
        var file: Int
        var isVersion5 = false
        /// Whether the trace says how it ended.
        var hasEnd = false
        /// The reason code of its end.
        var endReason: UInt8 = 0
        /// Whether another one was asked for behind it and ended before its CONNACK, so that nobody knows what became of the session.
        var wasTriedAgain = false
        /// When another connection of the same client, told of by another file, was accepted while this one stood.
        var takenOverAt: UInt64?
        /// The will that its CONNECT registered.
        var will: Will?
    }
}

/// One subscription of a session, from SUBACK to the sending of UNSUBSCRIBE.
struct Subscription {
    /// The number of the filter.
    let filter: Int
    let isShared: Bool
    /// When each SUBACK for this filter came and what it granted.
    var grants: [Grant]
    /// When it was withdrawn.
    var end = UInt64.max
    /// When the broker had surely taken note of that: a SUBACK for what was sent after UNSUBSCRIBE on the same connection.
    var gone: UInt64?

    struct Grant {
        var from: UInt64
        /// 0, 1, 2, or 0x80 and above. What was asked for, where no SUBACK came.
        var qos: UInt8
        /// The QoS that was asked for.
        var requested: UInt8
        /// When its SUBSCRIBE was sent, where the trace says so.
        var sent: UInt64?
        var options: SubscriptionOptions = []
        /// Whether SUBACK came; otherwise the connection ended before it, at ``from``, and nobody knows whether the broker has the subscription.
        var isAnswered = true
    }

    /// Whether nobody knows if it ever was: no SUBACK came, or it was an earlier session's that may hold for this one still.
    var isOnlyPossible: Bool { end == 0 || !grants.contains(where: \.isAnswered) }

    /// The first SUBSCRIBE for it that was answered.
    var firstAnswered: Grant? { grants.first(where: \.isAnswered) }

    /// The QoS that is surely granted to a message sent at `sent` and accepted at `accepted`; `nil` where the subscription may not
    /// have covered it. A SUBSCRIBE for the same filter that was sent in between took effect at an unknown moment before its SUBACK, so the lowest
    /// holds. What was asked for after the message was accepted takes nothing away from it, as UNSUBSCRIBE does not.
    func surelyGranted(sent: UInt64, accepted: UInt64) -> UInt8? {
        guard accepted < end, let first = grants.lastIndex(where: { $0.isAnswered && $0.from < sent }) else { return nil }
        var lowest = grants[first].qos
        for (place, grant) in grants[first...].enumerated() where place == 0 || grant.sent ?? 0 <= accepted {
            if grant.qos >= 0x80 { return nil }
            lowest = min(lowest, grant.possible.lowest ?? 0)
        }
        return lowest
    }
}

/// The filters of a run and the topics that each matches.
struct FilterTable {
    private(set) var names: [String] = []
    private var numbers: [ExactText: Int] = [:]
    /// The topics by filter; filled by ``match(_:)``.
    private(set) var topics: [[UInt32]] = []
    private var sets: [Set<UInt32>] = []
    /// Those of shared subscriptions; each is a group of its own, named by group and filter.
    private(set) var shared: [Int] = []

    mutating func identify(_ name: String) -> Int {
        if let number = numbers[ExactText(name)] { return number }
        numbers[ExactText(name)] = names.count
        if Self.isShared(name) { shared.append(names.count) }
        names.append(name)
        return names.count - 1
    }

    /// Whether a filter is that of a shared subscription: `$share/group/filter`.
    static func isShared(_ name: String) -> Bool { name.begins(with: "$share/") }

    mutating func match(_ tree: TopicTree) {
        topics = names.map { name in
            tree.topics(matching: Self.isShared(name) ? name.topicLevels.dropFirst(2).map(\.text).joined(separator: "/") : name)
        }
        sets = topics.map(Set.init)
    }

    func matches(_ filter: Int, _ topic: UInt32) -> Bool {
        sets[filter].contains(topic)
    }
}
