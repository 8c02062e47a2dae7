import Trace

/// The sessions that subscribed to one shared filter: a group, of which one member gets each message [MQTT-4.8.2-4, -5].
struct SharedGroup {
    let filter: Int
    /// The sessions that were members, with their subscriptions to the filter.
    private(set) var members: [Member] = []
    /// Sessions whose subscriptions may be older than the trace, so that they may be members too.
    private(set) var strangers: [Int] = []
    /// Where a message may be that no member got.
    private(set) var refuges: [Refuge] = []

    struct Member {
        var session: Int
        var subscriptions: [Int]
    }

    /// A member that may have been given messages that it has not received and need not have: one that left the group, whose session waits
    /// for it, whose session was forgotten, or to which effective QoS 0 was granted. What QoS 2 gave to a session that ended goes to nobody
    /// else [MQTT-4.8.2-5].
    struct Refuge {
        var process: Int
        /// The span in which it may have been given messages.
        var from: UInt64
        var to: UInt64
        /// Only for messages whose effective QoS for this member is the given one; `nil` for all.
        var qos: UInt8?
        var granted: UInt8
    }

    init(_ filter: Int, _ index: RunIndex) {
        self.filter = filter
        for session in index.sessions.indices {
            let subscriptions = index.sessions[session].subscriptions
            let own = subscriptions.indices.filter {
                subscriptions[$0].filter == filter && !subscriptions[$0].everGranted.isEmpty
            }
            if !own.isEmpty {
                members.append(Member(session: session, subscriptions: own))
                for subscription in own { addRefuges(session, subscriptions[subscription], index) }
            } else if index.sessions[session].isInherited {
                strangers.append(session)
            }
        }
        // Whichever file tells of whom.
        members.sort {
            (index.processes[index.sessions[$0.session].process].id, $0.session) < (
                index.processes[index.sessions[$1.session].process].id, $1.session
            )
        }
    }

    private mutating func addRefuges(_ number: Int, _ subscription: Subscription, _ index: RunIndex) {
        let session = index.sessions[number]
        let end = min(subscription.gone ?? .max, Self.surelyEnded(number, index))
        func add(_ qos: UInt8?, granted: UInt8) {
            refuges.append(
                Refuge(process: session.process, from: subscription.grants.first?.sent ?? 0, to: end, qos: qos, granted: granted))
        }
        for granted in [0, 1, 2] as [UInt8] {
            for span in subscription.spans(granting: granted, until: end) {
                refuges.append(Refuge(process: session.process, from: span.from, to: span.to, qos: 0, granted: granted))
            }
        }
        if subscription.end < .max || session.wasForgotten { add(nil, granted: 2) }
        if session.livedToEnd { return }
        if session.connections.last?.keeping != nil {
            add(nil, granted: 2)
        } else {
            for granted in [0, 1, 2] as [UInt8] where subscription.everGranted.contains(granted) { add(2, granted: granted) }
        }
    }

    /// When the broker had surely ended a session: when the client's next one began. Before that it may not have noticed.
    private static func surelyEnded(_ session: Int, _ index: RunIndex) -> UInt64 {
        let all = index.processes[index.sessions[session].process].sessions
        guard let place = all.firstIndex(of: session), place + 1 < all.count else { return .max }
        return index.sessions[all[place + 1]].connections.first?.from ?? .max
    }

    /// A member that was there for a message all along: it had subscribed before the message was sent, and stayed to the end of the drain.
    /// - Returns: its session and the effective QoS.
    func survivor(sent: UInt64, qos: UInt8, of publisher: Int, _ index: RunIndex) -> (session: Int, effective: UInt8)? {
        var found: (session: Int, effective: UInt8)?
        for member in members where index.sessions[member.session].livedToEnd {
            let process = index.sessions[member.session].process
            guard index.shareClock(publisher, process) else { continue }
            let end = index.processes[process].clock.flatMap { index.drainEnd[$0] } ?? .max - 1
            for position in member.subscriptions {
                let subscription = index.sessions[member.session].subscriptions[position]
                guard let granted = subscription.surelyGranted(sent: sent, accepted: end) else { continue }
                let effective = min(qos, granted)
                if effective > found?.effective ?? 0 || found == nil { found = (member.session, effective) }
                if effective == qos { return found }
            }
        }
        return found
    }

    /// Whether a message that no member got may rest with one that need not have got it.
    func hasRefuge(sent: UInt64, accepted: UInt64, qos: UInt8, of publisher: Int, _ index: RunIndex) -> Bool {
        refuges.contains { refuge in
            if let wanted = refuge.qos, min(qos, refuge.granted) != wanted { return false }
            guard index.shareClock(publisher, refuge.process) else { return true }
            return sent <= refuge.to && accepted >= refuge.from
        }
    }
}

extension Subscription {
    /// The spans in which it may have granted a QoS: from each SUBSCRIBE that may have been answered so to the next SUBACK, after which what was
    /// granted before says nothing.
    fileprivate func spans(granting qos: UInt8, until end: UInt64) -> [(from: UInt64, to: UInt64)] {
        grants.indices.filter { grants[$0].qos < 0x80 && grants[$0].possible.contains(qos) }.map { place in
            let next = grants[(place + 1)...].first { $0.isAnswered && $0.qos < 0x80 }
            return (grants[place].sent ?? grants[0].sent ?? 0, min(end, next?.from ?? end))
        }
    }
}
