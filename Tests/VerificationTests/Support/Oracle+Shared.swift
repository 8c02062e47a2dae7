import Trace
import Verification

extension Oracle {
    mutating func judgeGroups() {
        let filters = Set(sessions.flatMap(\.subscriptions).filter(\.isShared).map(\.filter))
        for filter in filters {
            let members = sessions.filter { $0.subscriptions.contains { $0.filter == filter && !$0.possible.isEmpty } }
            let others = sessions.filter { session in session.isInherited && !members.contains { isSame($0, session) } }
            for topic in Set(messages.map(\.topic)) where Self.matches(filter, topic) {
                var credit = members.reduce(0) { $0 + ($1.corrupt[topic] ?? 0) }
                for message in messages where message.topic == topic {
                    let pure = members.filter { group($0, topic) == filter }
                    let mixed = members.filter { group($0, topic) != filter } + others
                    judgeGroupCopies(message, pure)
                    judgeGroupLoss(
                        message, filter, members, isElsewhere: mixed.contains { hasArrived(message, $0) },
                        arrived: pure.contains { hasArrived(message, $0) }, &credit)
                }
            }
        }
    }

    private func isSame(_ one: Session, _ other: Session) -> Bool {
        one.subscriber == other.subscriber && one.connections[0].from == other.connections[0].from
    }

    private mutating func judgeGroupCopies(_ message: Message, _ members: [Session]) {
        if members.contains(where: { hasArrived(message, $0) }) { totals.delivered += 1 }
        let receivers = members.filter { !live($0, message).isEmpty }
        if receivers.count < 2 { return }
        let most = receivers.map { session -> Int? in
            let packets = live(session, message).map(\.qos)
            return packets.contains(1) ? nil : limits(session, message, packet: packets[0], at: .max, isTimed: true)?.together
        }
        var excess = 0
        if !most.contains(where: { $0 == nil }) {
            let legal = zip(receivers, most).map { min(live($0, message).count, $1!) }
            excess = max(0, legal.reduce(0, +) - most.map { $0! }.max()!)
        }
        add(.sharedDuplicate, excess)
        totals.duplicates += excess
        totals.redelivered += receivers.count - 1 - excess
        if expectations.redelivery == .forbidden { add(.redelivered, max(0, receivers.count - 1 - excess)) }
    }

    private mutating func judgeGroupLoss(
        _ message: Message, _ filter: String, _ members: [Session], isElsewhere: Bool, arrived: Bool, _ credit: inout Int
    ) {
        guard message.isOwed else { return }
        let stayed = members.filter(isAlive).flatMap(\.subscriptions).filter { $0.filter == filter }.compactMap {
            granted($0, sent: message.sent, accepted: end ?? .max - 1)
        }
        guard let granted = stayed.max() else { return }
        let effective = min(granted, message.qos)
        let isDue = effective > 0 && !members.contains { mayHold(message, filter, $0) }
        if isDue { totals.due += 1 }
        if arrived || isElsewhere { return }
        if isDue {
            if credit > 0 {
                credit -= 1
                return
            }
            totals.lost += 1
            if isQuiescent { add(.sharedLost) } else { hasDoubt = true }
        } else if effective == 0 {
            totals.dropped += 1
        }
    }

    /// Whether a member may have been given a message that it need not show.
    private func mayHold(_ message: Message, _ filter: String, _ member: Session) -> Bool {
        let next = sessions.filter { $0.subscriber == member.subscriber }.map { $0.connections[0].from }
            .filter { $0 > member.connections[0].from }.min()
        return member.subscriptions.contains { subscription in
            guard subscription.filter == filter, !subscription.possible.isEmpty,
                message.sent <= min(subscription.gone ?? .max, next ?? .max), message.completed! >= subscription.grants[0].asked ?? 0
            else { return false }
            let effective = subscription.possible.map { min($0, message.qos) }
            if mayBeDropped(message, subscription) || subscription.end != nil || member.wasForgotten { return true }
            if isAlive(member) { return false }
            return member.connections.last!.isKept || effective.contains(2)
        }
    }

    /// Whether a grant that held while a message was under way may have been for QoS 0. A SUBACK ends the time of the grants before it.
    private func mayBeDropped(_ message: Message, _ subscription: Subscription) -> Bool {
        subscription.grants.indices.contains { place in
            let grant = subscription.grants[place]
            let replaced = subscription.grants[(place + 1)...].first { $0.isAnswered && $0.qos < 0x80 }?.at ?? .max
            return grant.possible.map { min($0, message.qos) }.contains(0) && grant.asked ?? 0 <= message.completed!
                && message.sent <= replaced
        }
    }
}
