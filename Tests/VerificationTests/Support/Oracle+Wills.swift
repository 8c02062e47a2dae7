import Trace
import Verification

extension Oracle {
    private enum End {
        case due(alive: UInt64)
        case possible
        case withdrawn
    }

    private struct Will {
        var owner: String
        var sequence: UInt64
        var topic: String
        var qos: UInt8
        var ends: [End]

        var possible: Int { ends.count { if case .withdrawn = $0 { false } else { true } } }
    }

    private func findWills() -> [Will] {
        var wills: [Will] = []
        for owner in Set(sessions.map(\.subscriber)).sorted() {
            let connections = sessions.filter { $0.subscriber == owner }.flatMap(\.connections).sorted { $0.from < $1.from }
            for (number, connection) in connections.enumerated() {
                guard let will = connection.will else { continue }
                let end = end(of: connection, owner, isLast: number == connections.count - 1)
                if let index = wills.firstIndex(where: { $0.owner == owner && $0.sequence == will.sequence }) {
                    wills[index].ends.append(end)
                } else {
                    wills.append(.init(owner: owner, sequence: will.sequence, topic: will.topic, qos: will.qos, ends: [end]))
                }
            }
        }
        return wills
    }

    private func end(of connection: Connection, _ owner: String, isLast: Bool) -> End {
        // The next CONNECT may overtake DISCONNECT.
        if connection.byClient, !(connection.isVersion5 && connection.reason != 0) {
            return isLast && !connection.wasTriedAgain ? .withdrawn : .possible
        }
        guard let to = connection.to, let end, to <= end, connection.hasEnd || !isLast, !connection.isVersion5 || isLast else {
            return .possible
        }
        let signs = messages.filter {
            $0.publisher == owner && $0.qos > 0 && $0.outcome == .acked && $0.sent > connection.from && $0.completed! <= to
        }
        return .due(alive: signs.map(\.sent).max() ?? connection.from)
    }

    mutating func judgeWills() {
        for will in findWills() {
            let message = Message(
                publisher: will.owner, topic: will.topic, qos: will.qos, sequence: will.sequence, attempt: 1, sent: 0, transmissions: 1,
                lostSession: false)
            for session in sessions {
                var live: [UInt8] = []
                let receipts = session.wills.filter { $0.owner == will.owner && $0.sequence == will.sequence }
                var arrived = 0
                for receipt in receipts {
                    if receipt.topic != will.topic {
                        add(.misrouted)
                        continue
                    }
                    let right = reach(session, message, at: receipt.at, isTimed: false)
                    if right.isEmpty {
                        if session.isInherited { hasDoubt = true } else { add(unwanted(receipt.topic)) }
                        if !session.isInherited { continue }
                    }
                    arrived += 1
                    if !right.isEmpty, !right.contains(receipt.qos), !session.isInherited {
                        add(.wrongQoS)
                        continue
                    }
                    if !receipt.retain { live.append(receipt.qos) }
                    if will.possible == 0 {
                        add(.willAfterDisconnect)
                    } else if !receipt.retain,
                        let limit = limits(session, message, packet: receipt.qos, at: receipt.at, isTimed: false)
                    {
                        let isTooMany =
                            live.count { $0 == receipt.qos } > limit.copies * will.possible
                            || live.count { $0 != 1 } > limit.together * will.possible
                        if isTooMany { add(.willDoubled) }
                    }
                }
                judgeMissing(will, session, arrived)
            }
        }
    }

    private mutating func judgeMissing(_ will: Will, _ session: Session, _ arrived: Int) {
        guard isAlive(session), session.corrupt[will.topic] == nil else { return }
        let due = will.ends.count { registration in
            guard case .due(let alive) = registration else { return false }
            return plain(session, will.topic).contains { min(granted($0, sent: alive, accepted: end) ?? 0, will.qos) > 0 }
        }
        let missing = max(0, due - arrived)
        if isQuiescent { add(.willMissing, missing) } else if missing > 0 { hasDoubt = true }
    }
}
