import Trace

/// The truth about retained messages, wills and groups: how often a fault shows, 0 where it does not.
extension World {
    func countOfRegisters(_ fault: Fault) -> Int {
        guard injection.hasStruck else { return 0 }
        switch fault {
        case .retainedStale, .retainedNotCleared: return staleCopies()
        case .retainedDropped: return isRetainedMissing() ? 1 : 0
        case .retainForged: return forgedFlags()
        case .willDropped: return sessionsWithoutWill()
        case .willTwice: return willsTooMany()
        case .willAfterDisconnect: return deliveries.count { $0.message == injection.message }
        case .sharedTwice: return sharedCopies() == 2 ? 1 : 0
        case .sharedLost: return lostShares()
        case .sharedToStranger: return deliveries.count { $0.isFaulty }
        default: return 0
        }
    }

    /// Whether the broker took a retained message exactly once, and when at the latest.
    private func takenOnce(_ message: Message) -> UInt64? {
        guard message.qos > 0, message.outcome == .acked, message.qos == 2 || message.transmissions == 1, !message.lostSession else {
            return nil
        }
        return message.completed
    }

    /// Whether what was in a register had surely taken the place of all others that were sent until a moment, and was there before another.
    private func isSurelyLast(_ register: Int, sentUntil last: UInt64, takenBefore asked: UInt64) -> Bool {
        let own = messages[register]
        guard let taken = takenOnce(own), taken < asked else { return false }
        return messages.indices.allSatisfy { number in
            let other = messages[number]
            guard number != register, other.retain, !other.isWill, other.topic == own.topic, other.sent <= last else { return true }
            return other.outcome == .refused || takenOnce(other).map { $0 < own.sent } ?? false
        }
    }

    private func staleCopies() -> Int {
        guard let session = injection.session, let register = injection.register, let old = injection.message else { return 0 }
        // What was asked for in a session that began without an answer, only the broker knows.
        guard session.wasBegun else { return 0 }
        let asked = (session.answered + session.unanswered).filter { TopicFilter.matches($0.filter, messages[old].topic) }.map(\.sent).min()
        guard let asked, isSurelyLast(register, sentUntil: asked, takenBefore: asked) else { return 0 }
        return deliveries.count { $0.isFaulty && $0.retain }
    }

    private func isRetainedMissing() -> Bool {
        guard let session = injection.session, let register = injection.register, let packet = injection.subscribe,
            clients[session.client].session === session, clients[session.client].wasConnectedAtEnd,
            let answered = session.answered.first(where: { $0.filter == packet.filter }), answered.sent == packet.sent,
            session.granted.contains(where: { $0.filter == packet.filter && $0.from == answered.at && $0.to == .max })
        else { return false }
        // Behind a SUBSCRIBE without an answer, or in a session that began without one, nobody knows whether this one is new.
        let isKnown = session.wasBegun && !session.unanswered.contains { $0.filter == packet.filter }
        if packet.options.contains(.retainedIfNew), !isKnown { return false }
        let isSilent = !deliveries.contains { $0.session === session && $0.retain && $0.topic == messages[register].topic }
        return isSilent && isSurelyLast(register, sentUntil: answered.at, takenBefore: answered.sent)
    }

    /// Live copies with the RETAIN flag that nothing explains, where the flag has no other effect.
    private func forgedFlags() -> Int {
        guard let session = injection.session, let number = injection.message else { return 0 }
        let message = messages[number]
        let asPublished = plan.clients[session.client].filters.contains { $0.options.contains(.retainAsPublished) }
        let arrived = deliveries.filter { $0.session === session && $0.message == number }
        guard arrived.count == 1, arrived[0].isFaulty, !(message.retain && asPublished) else { return 0 }
        if session.unanswered.contains(where: { TopicFilter.matches($0.filter, message.topic) }) { return 0 }
        let latest = session.answered.filter { TopicFilter.matches($0.filter, message.topic) }.map(\.at).max() ?? .max
        return !message.retain || message.sent > max(latest, arrived[0].connectedAt) ? 1 : 0
    }

    /// Sessions to which a will was due: they had subscribed when its connection surely stood, and stayed to the end. The next CONNECT may have
    /// overtaken a DISCONNECT, and then nobody knows which of the two the broker saw.
    private func sessionsWithoutWill() -> Int {
        guard let link = injection.struckLink, !link.wasEndedByClient, let will = injection.message, let from = link.connectedAt,
            let to = link.endedAt
        else { return 0 }
        let signs = messages.filter {
            $0.client == link.client && $0.qos > 0 && $0.outcome == .acked && $0.sent > from && $0.completed ?? .max <= to
        }
        let alive = signs.map(\.sent).max() ?? from
        return clients.count { client in
            guard client.wasConnectedAtEnd, let session = client.session else { return false }
            return session.granted.contains {
                TopicFilter.matches($0.filter, messages[will].topic) && $0.from < alive && $0.to == .max
                    && min($0.qos, messages[will].qos, session.lowest(of: $0.filter, sent: alive, completed: .max)) > 0
            }
        }
    }

    private func willsTooMany() -> Int {
        var seen: [BrokerSession] = []
        var count = 0
        for delivery in deliveries where delivery.message == injection.message && !delivery.retain && delivery.qos != 1 {
            if seen.contains(where: { $0 === delivery.session }) { count += 1 } else { seen.append(delivery.session) }
        }
        return count
    }

    /// How many members got the message of a group, if each copy counts.
    private func sharedCopies() -> Int {
        guard let number = injection.message, messages[number].transmissions == 1, !messages[number].lostSession else { return 0 }
        return clients.count { client in
            client.plan.group == "members"
                && deliveries.contains { $0.message == number && $0.session.client == clients.firstIndex { $0 === client } && $0.qos != 1 }
        }
    }

    /// Messages that went with a member's session, although another member was there for them all along.
    private func lostShares() -> Int {
        injection.casualties.count { number, _ in
            let message = messages[number]
            let hasSurvivor = clients.contains { client in
                guard client.plan.group == "members", client.wasConnectedAtEnd, let session = client.session else { return false }
                return session.granted.contains {
                    $0.from < message.sent && $0.to == .max
                        && min($0.qos, session.lowest(of: $0.filter, sent: message.sent, completed: .max)) > 0
                }
            }
            let hasArrived = deliveries.contains { $0.message == number && plan.clients[$0.session.client].group == "members" }
            return message.isAccepted && hasSurvivor && !hasArrived && !mayHaveGoneAtQoS0(message)
        }
    }

    /// Whether a member's SUBSCRIBE that got no answer may have been granted QoS 0 while a message was under way: what went there need not have arrived.
    private func mayHaveGoneAtQoS0(_ message: Message) -> Bool {
        begun.contains { session in
            guard plan.clients[session.client].group == "members" else { return false }
            return session.grants.indices.contains { place in
                let grant = session.grants[place]
                let next = session.grants[(place + 1)...].first { $0.filter == grant.filter && $0.isAnswered }
                return !grant.isAnswered && grant.sent <= message.completed ?? .max && message.sent <= next?.at ?? .max
            }
        }
    }
}
