import Trace
import Verification

/// At which QoS, and how often, a message may come.
extension Oracle {
    /// The QoS at which a subscription may bring a message. Of a message from a register, and of a will, nobody knows when it was sent.
    private func may(_ subscription: Subscription, _ message: Message, at: UInt64, isTimed: Bool, to subscriber: String) -> Set<UInt8> {
        var grants = subscription.grants.filter { $0.qos < 0x80 }
        if isTimed {
            if message.sent > subscription.gone ?? .max { return [] }
            if let inForce = grants.lastIndex(where: { $0.isAnswered && $0.at < message.sent }) { grants = Array(grants[inForce...]) }
            if message.publisher == subscriber { grants = grants.filter { !$0.options.contains(.noLocal) } }
        }
        return Set(grants.filter { $0.asked ?? 0 <= at }.flatMap(\.possible).map { min($0, message.qos) })
    }

    func reach(_ session: Session, _ message: Message, at: UInt64, isTimed: Bool) -> Set<UInt8> {
        matching(session, message.topic).reduce(into: []) {
            $0.formUnion(may($1, message, at: at, isTimed: isTimed, to: session.subscriber))
        }
    }

    /// Whether a delivery has another QoS than it can have come at.
    func isAtWrongQoS(_ session: Session, _ receipt: Receipt) -> Bool {
        let message = receipt.message
        guard !session.isInherited, message.outcome != .refused, receipt.topic == message.topic else { return false }
        var right = reach(session, message, at: receipt.at, isTimed: !receipt.retain)
        if right.isEmpty { return false }
        let filters = Set(plain(session, message.topic).map(\.filter))
        if expectations.overlappingSubscriptions == .once, filters.count > 1, !receipt.retain,
            !matching(session, message.topic).contains(where: \.isShared),
            let most = surely(session, message)
        {
            right = right.filter { $0 >= most }
        }
        return !right.contains(receipt.qos)
    }

    /// How many copies may come at one QoS, and at QoS 0 and 2 together; nil where there is no limit.
    func limits(_ session: Session, _ message: Message, packet: UInt8, at: UInt64, isTimed: Bool) -> (copies: Int, together: Int)? {
        let all = matching(session, message.topic)
        if session.isInherited || all.isEmpty || packet == 1 { return nil }
        let each = message.qos == 1 || message.qos == 2 && message.lostSession ? message.transmissions : 1
        var own: [(Int, Int)] = []
        var ofGroups = (0, 0)
        for filter in Set(all.map(\.filter)) {
            let qos = all.filter { $0.filter == filter }.reduce(into: Set<UInt8>()) {
                $0.formUnion(may($1, message, at: at, isTimed: isTimed, to: session.subscriber))
            }
            let limit = (qos.contains(packet) ? each : 0, qos.contains(0) || qos.contains(2) ? each : 0)
            if filter.hasPrefix("$share/") {
                ofGroups = (ofGroups.0 + limit.0, ofGroups.1 + limit.1)
            } else {
                own.append(limit)
            }
        }
        if expectations.overlappingSubscriptions == .once {
            return (ofGroups.0 + (own.map(\.0).max() ?? 0), ofGroups.1 + (own.map(\.1).max() ?? 0))
        }
        return own.reduce(ofGroups) { ($0.0 + $1.0, $0.1 + $1.1) }
    }

    /// Whether the copy at a place is one more than its QoS allows.
    func isTooMany(_ session: Session, _ copies: [Receipt], _ place: Int) -> Bool {
        let copy = copies[place]
        guard let limit = limits(session, copy.message, packet: copy.qos, at: copy.at, isTimed: true) else { return false }
        let before = copies[...place]
        return before.count { $0.qos == copy.qos } > limit.copies || before.count { $0.qos != 1 } > limit.together
    }

    /// The copies that are none too many.
    func legal(_ session: Session, _ copies: [Receipt]) -> [Receipt] {
        copies.indices.filter { $0 == 0 || !isTooMany(session, copies, $0) }.map { copies[$0] }
    }
}
