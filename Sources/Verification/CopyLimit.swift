/// How many copies of one attempt a session may get: the upper bounds of docs/model.md [MQTT-4.3.1, -4.3.2, -4.3.3].
struct CopyLimit {
    /// How many copies may come as packets of the QoS in question; `nil` where there is no limit.
    private(set) var copies: Int?
    /// How many may come at QoS 0 and 2 together. A broker forwards a message once for each subscription, at one QoS.
    private(set) var together: Int?

    /// - Parameters:
    ///   - packet: the QoS of the packet.
    ///   - message: the message on its way.
    ///   - attempt: what became of its publish.
    ///   - match: the subscriptions that may have matched.
    ///   - session: theirs.
    init(
        packet: UInt8, _ message: Passage, _ attempt: AttemptState, _ match: TopicMatch, _ session: Session, _ expectations: Expectations
    ) {
        if session.isInherited || match.subscriptions.isEmpty || packet == 1 || attempt.isBlurred { return }
        var plain: [(Int, Int)] = []
        var shared = (0, 0)
        for filter in match.plainFilters {
            plain.append(Self.copies(packet, match.reach(filter.subscriptions, message, session), message.qos, attempt))
        }
        for filter in match.sharedFilters {
            // A copy for each group, whatever else the session has subscribed to.
            let limit = Self.copies(packet, match.reach(filter.subscriptions, message, session), message.qos, attempt)
            shared = (shared.0 + limit.0, shared.1 + limit.1)
        }
        let isOnce = expectations.overlappingSubscriptions == .once
        copies = shared.0 + (isOnce ? plain.map(\.0).max() ?? 0 : plain.reduce(0) { $0 + $1.0 })
        together = shared.1 + (isOnce ? plain.map(\.1).max() ?? 0 : plain.reduce(0) { $0 + $1.1 })
    }

    /// How many copies one filter brings as packets of one QoS, and at QoS 0 and 2 together.
    private static func copies(_ packet: UInt8, _ reach: QoSSet, _ qos: UInt8, _ attempt: AttemptState) -> (Int, Int) {
        var most = 0
        for effective in [0, 2] as [UInt8] where reach.contains(effective) { most = max(most, copies(qos, attempt)) }
        return (reach.contains(packet) ? copies(qos, attempt) : 0, most)
    }

    private static func copies(_ qos: UInt8, _ attempt: AttemptState) -> Int {
        // A new session does not know the packet identifiers of the old one, so each writing may become a message of its own.
        qos == 1 || qos == 2 && attempt.lostSession ? attempt.transmissions : 1
    }

    /// The limit, or what a defect of the checker makes of it.
    func limited(by mutant: Mutant?, _ packet: UInt8, _ attempt: AttemptState) -> CopyLimit {
        var limit = self
        switch mutant {
        case .oneCopyMore: (limit.copies, limit.together) = (copies.map { $0 + 1 }, together.map { $0 + 1 })
        case .qos2LikeQoS1 where packet == 2: (limit.copies, limit.together) = (nil, nil)
        case .resendsDoNotCount where attempt.transmissions > 1:
            (limit.copies, limit.together) = (copies.map { min(1, $0) }, together.map { min(1, $0) })
        default: break
        }
        return limit
    }

    /// The limit for what may have been sent several times.
    func times(_ count: Int, more: Int = 0) -> CopyLimit {
        var limit = self
        (limit.copies, limit.together) = (copies.map { $0 * count + more }, together.map { $0 * count + more })
        return limit
    }

    /// What is too many; `nil` where nothing is.
    func excess(_ counted: StreamState.Copies, at packet: UInt8) -> (copies: Int, allowed: Int)? {
        if let copies, counted[packet] > copies { return (counted[packet], copies) }
        if let together, counted.zero + counted.two > together { return (counted.zero + counted.two, together) }
        return nil
    }
}

extension StreamState.Copies {
    /// Two copies at one QoS.
    static func two(at qos: UInt8) -> Self {
        var copies = Self()
        copies[qos] = 2
        return copies
    }
}
