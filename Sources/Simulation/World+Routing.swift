import Trace

/// The model broker: who gets a message, and how it goes out.
extension World {
    /// Forwards a message to every session that wants it.
    func route(_ packet: PublishPacket) {
        var packet = packet
        let message = messages[packet.message]
        if message.isEmpty { packet.payload = .foreign }
        if packet.retain { retain(packet) }
        for session in sessions {
            let matching = session.matching(packet.topic).filter {
                !($0.options.contains(.noLocal) && plan.clients[session.client].process == message.process)
                    || sendsBack(packet, session)
            }
            guard let most = matching.map(\.qos).max() else {
                forwardToStranger(packet, session)
                forwardToWithdrawn(packet, session)
                continue
            }
            let forEach = shape.copiesForEach || shape.copiesAsItLikes && random.chance(50)
            for (place, qos) in (forEach ? matching.map(\.qos) : [most]).enumerated() {
                var copy = packet
                copy.qos = min(packet.qos, qos)
                copy.dup = passesDupOn(packet, session, copy.qos)
                copy.retain = forgesRetain(packet, session)
                copy.isFaulty = copy.dup || copy.retain || injection.isBack(packet.message, session)
                changeQoS(&copy, session)
                if packet.retain, matching.contains(where: { $0.options.contains(.retainAsPublished) }) { copy.retain = true }
                copy.id = 0
                if place > 0, leavesOut(copy, session) { continue }
                forward(copy, session)
            }
        }
        routeToGroups(packet)
        messages[packet.message].wasRouted = true
        crash()
    }

    /// Each group that matches gets one copy.
    private func routeToGroups(_ packet: PublishPacket) {
        var groups: [String] = []
        for held in sessions.flatMap(\.subscriptions) where held.isShared && TopicFilter.matches(held.plain, packet.topic) {
            if !groups.contains(held.filter) { groups.append(held.filter) }
        }
        for group in groups {
            var copy = packet
            copy.dup = false
            copy.retain = false
            copy.id = 0
            copy.group = group
            forward(copy, toGroup: group)
        }
    }

    /// A copy for a group goes to the next member in turn, to one that is connected if there is any.
    func forward(_ packet: PublishPacket, toGroup group: String) {
        let members = sessions.filter { $0.subscriptions.contains { $0.filter == group } }
        let present = members.filter { $0.link != nil }
        let candidates = present.isEmpty ? members : present
        guard !candidates.isEmpty else { return }
        let turn = turns[group, default: 0]
        turns[group] = turn + 1
        for number in 0..<(sharesTwice(packet, candidates) ? 2 : 1) {
            let session = candidates[(turn + number) % candidates.count]
            var copy = packet
            copy.qos = min(packet.qos, session.subscriptions.first { $0.filter == group }?.qos ?? 0)
            forward(copy, session)
        }
    }

    /// A member's session ended: others get what it had not acknowledged, but for what QoS 2 had given it already [MQTT-4.8.2-5].
    func redistribute(_ session: BrokerSession) {
        for entry in session.inFlight + session.waiting {
            guard let group = entry.packet.group, entry.packet.qos == 1 || !entry.wasSent else { continue }
            if losesShare(entry.packet.message, session) { continue }
            var copy = entry.packet
            copy.qos = messages[copy.message].qos
            copy.dup = false
            copy.id = 0
            forward(copy, toGroup: group)
        }
        session.inFlight.removeAll()
        session.waiting.removeAll()
    }

    /// The last retained message of a topic takes the place of the one before; an empty one clears it [MQTT-3.3.1-5 to -7].
    private func retain(_ packet: PublishPacket) {
        let place = retained.firstIndex { $0.topic == packet.topic }
        if let place {
            formerlyRetained[packet.topic, default: []].append(retained[place].message)
            retained[place].message = packet.message
        } else {
            retained.append((packet.topic, packet.message))
        }
    }

    /// A SUBSCRIBE: the subscription, SUBACK, and what is retained.
    func subscribe(_ session: BrokerSession, _ packet: SubscribePacket, _ link: Link) {
        let granted = random.chance(shape.lowersGrants) && packet.qos > 0 ? UInt8(random.pick(0...Int(packet.qos) - 1)) : packet.qos
        let held = BrokerSession.Held(filter: packet.filter, qos: granted, options: packet.options)
        let place = session.subscriptions.firstIndex { $0.filter == packet.filter }
        if let place { session.subscriptions[place] = held } else { session.subscriptions.append(held) }
        if !plan.retainedComesFirst { send(.suback(packet, granted: granted), toClient: link) }
        defer {
            if plan.retainedComesFirst { send(.suback(packet, granted: granted), toClient: link) }
        }
        if held.isShared || packet.options.contains(.noRetained) || place != nil && packet.options.contains(.retainedIfNew) { return }
        for entry in retained where TopicFilter.matches(packet.filter, entry.topic) {
            guard let number = bringsRetained(entry.message, entry.topic, session, packet) else { continue }
            let message = messages[number]
            if packet.options.contains(.noLocal), plan.clients[session.client].process == message.process { continue }
            var copy = PublishPacket(message: number, topic: message.topic, qos: min(message.qos, granted), retain: true)
            copy.isFaulty = number != entry.message
            forward(copy, session)
        }
        pump(session)
    }

    /// Puts a message into a session's queue; at QoS 0 it goes at once or not at all.
    func forward(_ packet: PublishPacket, _ session: BrokerSession) {
        if swallows(packet, session) { return }
        if let cap = plan.queueCap, packet.qos > 0, session.waiting.count >= cap {
            dropped += 1
            return injection.lose(packet.message, session)
        }
        for packet in reordered(packet, session) {
            if let delay = delays(packet, session) {
                schedule(.forwardLate(packet, session), after: delay)
                continue
            }
            if packet.qos > 0 {
                session.waiting.append(.init(packet: packet))
            } else if let link = session.link, !random.chance(shape.qos0Loss) {
                transmit(packet, link)
            } else {
                dropped += 1
            }
        }
        pump(session)
        addForged(packet, session)
    }

    /// Puts a message that was held back into a session's queue.
    func enqueue(_ packet: PublishPacket, _ session: BrokerSession) {
        session.waiting.append(.init(packet: packet))
        pump(session)
    }

    /// Fills the window from what waits.
    func pump(_ session: BrokerSession) {
        guard let link = session.link else { return }
        while session.inFlight.count < plan.window, !session.waiting.isEmpty {
            var next = session.waiting.removeFirst()
            next.packet.id = identifier(next.packet, session)
            next.wasSent = true
            session.inFlight.append(next)
            transmit(next.packet, link)
        }
    }

    func transmit(_ packet: PublishPacket, _ link: Link) {
        for packet in tampered(packet, link.session) { send(.publish(packet), toClient: link) }
    }
}
