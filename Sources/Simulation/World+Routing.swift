/// The model broker: who gets a message, and how it goes out.
extension World {
    /// Forwards a message to every session that wants it.
    func route(_ packet: PublishPacket) {
        messages[packet.message].wasRouted = true
        for session in sessions {
            let matching = session.matching(packet.topic)
            guard let most = matching.map(\.qos).max() else {
                forwardToStranger(packet, session)
                continue
            }
            for qos in shape.copiesForEach ? matching.map(\.qos) : [most] {
                var copy = packet
                copy.qos = min(packet.qos, qos)
                copy.dup = false
                copy.retain = false
                copy.id = 0
                forward(copy, session)
            }
        }
        crash()
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
            next.packet.id = session.takeID(upTo: plan.lastPacketID)
            next.wasSent = true
            session.inFlight.append(next)
            transmit(next.packet, link)
        }
    }

    func transmit(_ packet: PublishPacket, _ link: Link) {
        for packet in tampered(packet, link.session) { send(.publish(packet), toClient: link) }
    }
}
