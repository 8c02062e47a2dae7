/// How the subscriptions of one session match one topic.
struct TopicMatch {
    /// The matching subscriptions, as positions in the session; those that granted nothing are left out.
    var subscriptions: [Int] = []
    /// Those of them that are not shared.
    var plain: [Int] = []
    /// Whether one of them is shared, so that other members may get the message instead.
    var isShared: Bool { plain.count < subscriptions.count }
    /// How many filters match that are not shared, and how many that are.
    private var plainFilters = 0
    private var sharedFilters = 0
    /// The shared filter, where the session gets messages on the topic as a member of one group and in no other way.
    var group: Int?
    /// Every QoS that one of them granted at any time.
    private var grants: Set<UInt8> = []

    init(_ session: Session, _ topic: UInt32, _ filters: FilterTable) {
        for (index, subscription) in session.subscriptions.enumerated()
        where filters.matches(subscription.filter, topic) && subscription.possibleGrants.contains(where: { _ in true }) {
            subscriptions.append(index)
            if !subscription.isShared { plain.append(index) }
            grants.formUnion(subscription.possibleGrants)
        }
        plainFilters = Set(plain.map { session.subscriptions[$0].filter }).count
        sharedFilters = Set(subscriptions.map { session.subscriptions[$0].filter }).count - plainFilters
        guard plain.isEmpty, let first = subscriptions.first.map({ session.subscriptions[$0].filter }) else { return }
        if subscriptions.allSatisfy({ session.subscriptions[$0].filter == first }) { group = first }
    }

    /// How many ways there are for a message to the session, each of which may bring a copy.
    func ways(_ expectations: Expectations) -> Int {
        (expectations.overlappingSubscriptions == .once ? min(1, plainFilters) : plainFilters) + sharedFilters
    }

    /// Whether every copy of a stream comes at one QoS. MQTT keeps no order between copies of different QoS [MQTT-4.6.0-5, -6].
    func hasOneQoS(_ stream: PublishTable.Stream, _ session: Session, _ expectations: Expectations) -> Bool {
        guard grants.count > 1, Set(grants.map { min($0, stream.qos) }).count > 1 else { return true }
        if expectations.overlappingSubscriptions != .once { return false }
        return subscriptions.allSatisfy { number in
            let subscription = session.subscriptions[number]
            return subscription.end == .max && Set(subscription.grants.map(\.qos)).count == 1
                && subscription.grants[0].isAnswered && subscription.grants[0].from < stream.firstSent
        }
    }

    /// Whether a message may come for the first time after later ones: at effective QoS 0 the first copy may be lost, and what the
    /// publisher sent again then comes alone. What a session from before the trace was granted may be QoS 0 as well.
    func mayComeLate(_ attempt: AttemptState, qos: UInt8) -> Bool {
        attempt.isConcurrent(qos: qos) || attempt.transmissions > 1 && min(grants.max() ?? 0, qos) == 0
    }
}

/// How many copies of one attempt a session may get: the upper bounds of CHECKING section 2 [MQTT-4.3.1, -4.3.2, -4.3.3].
struct CopyLimit {
    /// `nil` where there is no limit.
    var copies: Int?
    /// The highest QoS at which a copy may have come.
    var effectiveQoS: UInt8

    /// - Parameters:
    ///   - qos: the QoS of the publish.
    ///   - attempt: what became of it.
    ///   - match: the subscriptions that may have matched.
    ///   - session: theirs.
    init(qos: UInt8, attempt: AttemptState, match: TopicMatch, session: Session, expectations: Expectations) {
        var sum = 0
        var most = 0
        var shared = 0
        effectiveQoS = 0
        var isUnlimited = session.isInherited || match.subscriptions.isEmpty
        for index in match.subscriptions {
            var limit = 0
            for granted in session.subscriptions[index].possibleGrants {
                let effective = min(qos, granted)
                effectiveQoS = max(effectiveQoS, effective)
                guard let copies = Self.copies(qos: qos, effective: effective, attempt) else {
                    isUnlimited = true
                    continue
                }
                limit = max(limit, copies)
            }
            if session.subscriptions[index].isShared {
                // A copy for each group, whatever else the session has subscribed to; one that was withdrawn and renewed is the same.
                shared = match.group == nil ? shared + limit : max(shared, limit)
            } else {
                sum += limit
                most = max(most, limit)
            }
        }
        copies = isUnlimited ? nil : shared + (expectations.overlappingSubscriptions == .once ? most : sum)
    }

    private static func copies(qos: UInt8, effective: UInt8, _ attempt: AttemptState) -> Int? {
        if qos == 0 { return 1 }
        // Resends and losses of the session may be missing from the trace.
        if effective == 1 || attempt.isBlurred { return nil }
        // A new session does not know the packet identifiers of the old one, so each writing may become a message of its own.
        if qos == 1 || attempt.lostSession { return attempt.transmissions }
        return 1
    }

    /// ``copies``, or what a defect of the checker makes of it.
    func copies(allowedBy mutant: Mutant?, _ attempt: AttemptState) -> Int? {
        switch mutant {
        case .oneCopyMore: copies.map { $0 + 1 }
        case .qos2LikeQoS1: effectiveQoS == 2 ? nil : copies
        case .resendsDoNotCount: attempt.transmissions > 1 ? copies.map { min(1, $0) } : copies
        default: copies
        }
    }
}
