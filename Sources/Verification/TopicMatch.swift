import Trace

/// How the subscriptions of one session match one topic.
struct TopicMatch {
    /// The matching subscriptions, as positions in the session; those that granted nothing are left out.
    var subscriptions: [Int] = []
    /// Those of them that are not shared.
    var plain: [Int] = []
    /// Whether one of them is shared, so that other members may get the message instead.
    var isShared: Bool { plain.count < subscriptions.count }
    /// The shared filter, where the session gets messages on the topic as a member of one group and in no other way.
    var group: Int?
    /// The filters that match and are not shared, each with its subscriptions: one that was withdrawn and renewed is one filter.
    private(set) var plainFilters: [Filter] = []
    /// The same of the shared ones.
    private(set) var sharedFilters: [Filter] = []
    /// The QoS that the subscriptions granted, where none of them ever changed or was withdrawn.
    private var fixed: QoSSet?
    /// When all of them had been asked for.
    private var fixedFrom: UInt64 = 0

    struct Filter {
        var number: Int
        var subscriptions: [Int]
    }

    init(_ session: Session, _ topic: UInt32, _ filters: FilterTable) {
        for (index, subscription) in session.subscriptions.enumerated()
        where filters.matches(subscription.filter, topic) && !subscription.everGranted.isEmpty {
            subscriptions.append(index)
            if subscription.isShared {
                Self.add(index, subscription.filter, to: &sharedFilters)
            } else {
                plain.append(index)
                Self.add(index, subscription.filter, to: &plainFilters)
            }
        }
        if plain.isEmpty, sharedFilters.count == 1 { group = sharedFilters[0].number }
        var granted = QoSSet()
        for subscription in subscriptions.map({ session.subscriptions[$0] }) {
            guard subscription.isFixed else { return }
            granted.formUnion(subscription.everGranted)
            fixedFrom = max(fixedFrom, subscription.grants[0].sent ?? 0)
        }
        fixed = granted
    }

    private static func add(_ subscription: Int, _ filter: Int, to filters: inout [Filter]) {
        if let place = filters.firstIndex(where: { $0.number == filter }) {
            filters[place].subscriptions.append(subscription)
        } else {
            filters.append(Filter(number: filter, subscriptions: [subscription]))
        }
    }

    /// How many ways there are for a message to the session, each of which may bring a copy.
    func ways(_ expectations: Expectations) -> Int {
        (expectations.overlappingSubscriptions == .once ? min(1, plainFilters.count) : plainFilters.count) + sharedFilters.count
    }

    /// The one QoS at which every copy of a message of some QoS comes; `nil` where that may differ.
    func onlyQoS(_ qos: UInt8) -> UInt8? { fixed?.limited(to: qos).only }

    /// The QoS at which a message may come by one of the subscriptions.
    @inline(__always)
    func reach(_ message: Passage, _ session: Session) -> QoSSet {
        if let fixed, message.received >= fixedFrom { return fixed.limited(to: message.qos) }
        return reach(subscriptions, message, session)
    }

    /// The same by some of them.
    func reach(_ some: [Int], _ message: Passage, _ session: Session) -> QoSSet {
        var granted = QoSSet()
        for number in some { granted.formUnion(session.subscriptions[number].mayGrant(message)) }
        return granted.limited(to: message.qos)
    }
}

/// What decides which subscriptions can have brought a message: when it was sent, and when it came.
struct Passage {
    /// The QoS of the publish.
    var qos: UInt8
    /// When it was sent; `nil` where the subscriber's clock does not tell, or where the message came from a register, for which that does not
    /// matter.
    var sent: UInt64?
    /// When it was received.
    var received: UInt64
    /// Whether its receiver published it.
    var isOwn = false
}

extension Subscription {
    /// Every QoS that was or may have been granted at any time.
    var everGranted: QoSSet {
        var granted = QoSSet()
        for grant in grants where grant.qos < 0x80 { granted.formUnion(grant.possible) }
        return granted
    }

    /// Whether it was granted once, and stayed as it was.
    var isFixed: Bool {
        grants.count == 1 && grants[0].isAnswered && gone == nil && !grants[0].options.contains(.noLocal)
    }

    /// The QoS that may have been granted when the broker forwarded a message. A SUBSCRIBE takes the place of the one before [MQTT-3.8.4-3], so what
    /// was granted before the last SUBACK that came before the message was sent says nothing; nor does what was asked for only after the message had
    /// come, nor what the broker had surely taken note of as withdrawn [MQTT-3.10.4-2].
    func mayGrant(_ message: Passage) -> QoSSet {
        var granted = QoSSet()
        var first = 0
        if let sent = message.sent {
            if let gone, sent > gone { return granted }
            first = grants.lastIndex { $0.isAnswered && $0.qos < 0x80 && $0.from < sent } ?? 0
        }
        for grant in grants[first...] where grant.qos < 0x80 && grant.sent ?? 0 <= message.received {
            // [MQTT-3.8.3-3] of MQTT 5.0.
            if message.isOwn, grant.options.contains(.noLocal) { continue }
            granted.formUnion(grant.possible)
        }
        return granted
    }
}

extension Subscription.Grant {
    /// The QoS that the broker may have granted: without SUBACK that is any up to the one asked for.
    var possible: QoSSet { isAnswered ? QoSSet(qos) : QoSSet(upTo: qos) }
}
