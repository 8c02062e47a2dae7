import Trace

/// Where faults strike sessions, packets, retained messages, wills and groups.
extension World {
    /// Whether an older connection stays open beside the one that takes its session over.
    func leavesOpen(_ old: Link, _ new: Link) -> Bool {
        guard old.client != new.client, !new.isKept, injection.isReady(.takeoverLeavesOpen, now) else { return false }
        injection.strike(old.session)
        return true
    }

    /// Whether the broker says that it has a session which it cannot have.
    func claimsSession(_ link: Link) -> Bool {
        if !link.isKept, injection.isReady(.presentForClean, now) {
            injection.strike(link.session)
            return true
        }
        let client = clients[link.client]
        if link.isKept, client.plan.becomesKept, client.connects == 2, client.session != nil, !client.plan.isVersion5,
            injection.isReady(.endedSessionResumed, now)
        {
            injection.strike(link.session)
            injection.struckLink = link
            return true
        }
        return false
    }

    /// The broker may have nothing but the name of a session left.
    func emptySession(_ session: BrokerSession) {
        let client = plan.clients[session.client]
        guard client.publishes.isEmpty, client.relay == nil, injection.isReady(.stateGone, now) else { return }
        injection.strike(session)
        injection.lostAt = clients[session.client].previousLink?.endedAt ?? 0
        injection.emptiedAt = now
        session.subscriptions.removeAll()
        session.inFlight.removeAll()
        session.waiting.removeAll()
    }

    /// Whether a packet that is sent again on a resumed connection has no DUP flag.
    func forgetsDup(_ entry: BrokerSession.Outgoing, _ session: BrokerSession) -> Bool {
        guard entry.wasSent, entry.packet.qos == 1, isOrdinary(entry.packet), injection.isReady(.resumeWithoutDup, now),
            deliveries.contains(where: { $0.session === session && $0.message == entry.packet.message })
        else { return false }
        injection.strike(session, entry.packet.message)
        return true
    }

    /// Whether the DUP flag of a publisher's PUBLISH goes to a subscriber.
    func passesDupOn(_ packet: PublishPacket, _ session: BrokerSession, _ qos: UInt8) -> Bool {
        guard packet.dup, qos > 0, isOrdinary(packet), !messages[packet.message].wasRouted, injection.isReady(.dupPassedOn, now) else {
            return false
        }
        injection.strike(session, packet.message)
        return true
    }

    /// Whether a live message gets the RETAIN flag.
    func forgesRetain(_ packet: PublishPacket, _ session: BrokerSession) -> Bool {
        guard injection.isReady(.retainForged, now), session.resumedAt == nil, !messages[packet.message].isWill,
            !messages[packet.message].isEmpty
        else { return false }
        injection.strike(session, packet.message)
        return true
    }

    /// The PUBACKs that leave when one is due: as a rule that one.
    func pubacks(_ packet: PublishPacket, _ link: Link) -> [UInt16] {
        if injection.isReady(.pubacksSwapped, now) {
            injection.strike(link.session)
            injection.heldPubacks = [(packet.id, packet.message)]
            return []
        }
        guard injection.fault == .pubacksSwapped, injection.session === link.session, !injection.heldPubacks.isEmpty else {
            return [packet.id]
        }
        if injection.heldPubacks.count < injection.extent {
            injection.heldPubacks.append((packet.id, packet.message))
            return []
        }
        let held = injection.heldPubacks
        injection.heldPubacks = []
        injection.swapped = [packet.message] + held.map(\.message)
        return [packet.id] + held.map(\.id)
    }

    /// The packet identifier for the next packet of a session: as a rule one that is free.
    func identifier(_ packet: PublishPacket, _ session: BrokerSession) -> UInt16 {
        if packet.qos == 1, isOrdinary(packet), let taken = session.inFlight.last(where: { $0.packet.qos == 1 && isOrdinary($0.packet) }),
            plan.clients[session.client].showsPackets,
            plan.clients[session.client].acknowledgesAfter > 0, injection.isReady(.idReused, now)
        {
            injection.strike(session, packet.message)
            return taken.packet.id
        }
        return session.takeID(upTo: plan.lastPacketID)
    }

    /// The retained message that a subscription brings for a topic, whatever the register has; `nil` for none.
    func bringsRetained(_ message: Int, _ topic: String, _ session: BrokerSession, _ packet: SubscribePacket) -> Int? {
        let former = (formerlyRetained[topic] ?? []).filter { $0 != message && !messages[$0].isEmpty && !messages[$0].isWill }
        if let old = former.last, injection.isReady(messages[message].isEmpty ? .retainedNotCleared : .retainedStale, now) {
            injection.strike(session, old)
            injection.register = message
            return old
        }
        if messages[message].isEmpty { return nil }
        let isNew = !session.answered.contains { $0.filter == packet.filter }
        if min(messages[message].qos, packet.qos) > 0, isNew, !messages[message].isWill, injection.isReady(.retainedDropped, now) {
            injection.strike(session, message)
            injection.register = message
            injection.subscribe = packet
            return nil
        }
        return message
    }

    /// Whether the broker sends a message to its publisher, whatever that asked for.
    func sendsBack(_ packet: PublishPacket, _ session: BrokerSession) -> Bool {
        if injection.isBack(packet.message, session) { return true }
        guard isOrdinary(packet), session.link != nil, session.matching(packet.topic).allSatisfy({ $0.options.contains(.noLocal) }),
            injection.isReady(.ownMessageBack, now)
        else { return false }
        injection.strike(session, packet.message)
        return true
    }

    /// A message may go out at another QoS than it should.
    func changeQoS(_ packet: inout PublishPacket, _ session: BrokerSession) {
        guard isOrdinary(packet), session.link != nil else { return }
        if packet.qos > 0, injection.isReady(.qosLowered, now) {
            packet.qos = UInt8(random.pick(0...Int(packet.qos) - 1))
        } else if packet.qos < 2, injection.isReady(.qosRaised, now) {
            packet.qos = UInt8(random.pick(Int(packet.qos) + 1...2))
        } else {
            return
        }
        packet.isFaulty = true
        injection.strike(session, packet.message)
    }

    /// A message goes to who withdrew the subscription that matches, and has asked for something else since.
    func forwardToWithdrawn(_ packet: PublishPacket, _ session: BrokerSession) {
        let sent = messages[packet.message].sent
        let isNoticed = session.withdrawn.contains { filter, at in
            !filter.hasPrefix("$share/") && TopicFilter.matches(filter, packet.topic)
                && session.answered.contains { $0.sent > at && $0.at < sent && $0.sent > clients[session.client].connectedAt }
                && at > clients[session.client].connectedAt
        }
        guard isOrdinary(packet), session.link != nil, isNoticed, injection.isReady(.toWithdrawn, now) else { return }
        injection.strike(session, packet.message)
        var stray = packet
        stray.isFaulty = true
        stray.dup = false
        stray.id = 0
        if stray.qos > 0 {
            session.waiting.append(.init(packet: stray))
            pump(session)
        } else if let link = session.link {
            transmit(stray, link)
        }
    }

    /// Deliveries of a message to who had withdrawn every subscription that matches, as the broker knew.
    func deliveriesToWithdrawn() -> Int {
        guard let session = injection.session, let number = injection.message, session.wasBegun else { return 0 }
        let message = messages[number]
        let held = Set(session.grants.map(\.filter)).filter {
            TopicFilter.matches(BrokerSession.Held(filter: $0, qos: 0).plain, message.topic)
        }
        let received = deliveries.last { $0.isFaulty }?.at ?? .max
        // All of them, and none asked for anew, be it only for a while in which the message was under way.
        let areGone = held.allSatisfy { filter in
            guard let at = session.withdrawn[filter] else { return false }
            return session.grants.filter { $0.filter == filter }.allSatisfy {
                $0.isAnswered && $0.at < at && ($0.at < message.sent || $0.sent > received)
            }
        }
        return areGone ? deliveries.count { $0.isFaulty } : 0
    }

    /// Deliveries at a QoS at which no subscription can have brought them.
    func deliveriesAtWrongQoS() -> Int {
        guard let session = injection.session, let number = injection.message, session.wasBegun else { return 0 }
        return deliveries.count { $0.isFaulty && !session.rightQoS(messages[number], at: $0.at).contains($0.qos) }
    }

    /// Deliveries of a message to its publisher, which no subscription without No Local can have brought.
    func deliveriesBack() -> Int {
        guard let session = injection.session, session.wasBegun else { return 0 }
        return deliveries.count { $0.isFaulty }
    }

    /// How often a will is published.
    func copiesOfWill(_ will: Int) -> Int {
        if let link = injection.link, messages[will].qos > 0, !clients[link.client].plan.isVersion5, injection.isReady(.willDropped, now) {
            injection.strike(nil, will)
            injection.struckLink = link
            return 0
        }
        if injection.isReady(.willTwice, now) {
            injection.strike(nil, will)
            return 2
        }
        return 1
    }

    /// Whether DISCONNECT leaves the will in place. Where a CONNECT follows, that may have come first and published it rightly.
    func keepsWill(_ link: Link) -> Bool {
        guard let will = link.will, clients[link.client].isGone, injection.isReady(.willAfterDisconnect, now) else { return false }
        injection.strike(nil, will)
        return true
    }

    /// Whether two members of a group get one message.
    func sharesTwice(_ packet: PublishPacket, _ candidates: [BrokerSession]) -> Bool {
        guard candidates.count > 1, packet.qos != 1, isOrdinary(packet), injection.isReady(.sharedTwice, now) else { return false }
        injection.strike(nil, packet.message)
        return true
    }

    /// Whether a message that a member had not acknowledged goes with the member's session.
    func losesShare(_ message: Int, _ session: BrokerSession) -> Bool {
        if injection.isReady(.sharedLost, now) { injection.strike(session, message) }
        guard injection.fault == .sharedLost, injection.session === session else { return false }
        injection.lose(message, session)
        return true
    }
}
