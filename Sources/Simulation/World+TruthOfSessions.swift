import Trace

/// The truth about sessions and packets: how often a fault shows, 0 where it does not.
extension World {
    func countOfSessions(_ fault: Fault) -> Int {
        guard injection.hasStruck else { return 0 }
        let session = injection.session
        switch fault {
        case .presentForClean: return session?.wasBegun == true ? 1 : 0
        case .endedSessionResumed: return injection.struckLink?.connectedAt != nil ? 1 : 0
        case .stateGone: return session.map(showsItsEmptiness) == true ? 1 : 0
        case .takeoverLeavesOpen:
            let taken = clients.first { $0.plan.twin != nil }?.connectedAt ?? .max
            return deliveries.contains {
                $0.session === session && $0.payload == .whole && messages[$0.message].sent > taken && !messages[$0.message].isWill
            }
                ? 1 : 0
        case .qos1TwiceWithoutDup, .resumeWithoutDup: return isWrittenOnce() ? deliveries.count { $0.isFaulty } : 0
        case .dupPassedOn: return firstCopiesWithDup()
        case .dupOnQoS0: return showsPackets() ? deliveries.count { $0.isFaulty } : 0
        case .pubacksSwapped: return swappedAcknowledgements()
        case .idReused:
            let arrived = injection.message.map { message in deliveries.contains { $0.session === session && $0.message == message } }
            return arrived == true ? collisions : 0
        case .toWithdrawn: return deliveriesToWithdrawn()
        case .ownMessageBack: return deliveriesBack()
        case .qosLowered, .qosRaised: return deliveriesAtWrongQoS()
        case .liveResend: return showsPackets() ? deliveries.count { $0.isFaulty } : 0
        default: return 0
        }
    }

    private func showsPackets() -> Bool {
        injection.session.map { plan.clients[$0.client].showsPackets } ?? false
    }

    /// Whether there was reason for one packet only: the publisher wrote the message once, and one subscription matches.
    private func isWrittenOnce() -> Bool {
        guard let session = injection.session, let number = injection.message, showsPackets() else { return false }
        let message = messages[number]
        return message.transmissions == 1 && !message.lostSession
            && session.granted.count { TopicFilter.matches($0.filter, message.topic) } == 1
            && !session.withdrawn.keys.contains { TopicFilter.matches($0, message.topic) }
    }

    /// Whether at least two messages were owed to a session since its connection had ended, nothing before that, and nothing came any more.
    private func showsItsEmptiness(_ session: BrokerSession) -> Bool {
        let isSilent = !deliveries.contains { $0.session === session && $0.at > injection.emptiedAt }
        // What waited to come again went with it, and then an earlier message may have come again alone.
        guard session.wasResumed, isSilent, session.renewed(after: injection.lostAt) == .max, disorder(session).isEmpty else {
            return false
        }
        let missing = messages.indices.filter { number in
            isOwed(number, session) && !deliveries.contains { $0.session === session && $0.message == number }
        }
        return missing.count >= 2 && missing.allSatisfy { messages[$0].sent > injection.lostAt }
    }

    /// Copies with DUP that were the first of their message on a connection on which none can have been before.
    private func firstCopiesWithDup() -> Int {
        guard showsPackets() else { return 0 }
        return deliveries.indices.count { place in
            let delivery = deliveries[place]
            let isFirst = !deliveries[..<place].contains { $0.session === delivery.session && $0.message == delivery.message }
            return delivery.isFaulty && delivery.dup && isFirst
                && (delivery.resumedAt.map { messages[delivery.message].sent > $0 } ?? true)
        }
    }

    /// PUBACKs that came after that of a later message, all on one connection and each for a message that was written once.
    private func swappedAcknowledgements() -> Int {
        let swapped = injection.swapped
        let times = swapped.map { messages[$0].completed ?? .max }
        let isPlain = swapped.allSatisfy { messages[$0].outcome == .acked && messages[$0].transmissions == 1 && !messages[$0].lostSession }
        return isPlain && times == times.sorted() ? max(0, swapped.count - 1) : 0
    }
}
