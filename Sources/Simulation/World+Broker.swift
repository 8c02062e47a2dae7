/// The model broker: sessions and the flows of each QoS.
extension World {
    func receiveAtBroker(_ packet: Packet, _ link: Link) {
        if case .connect = packet { return accept(link) }
        guard let session = link.session else { return }
        switch packet {
        case .publish(let packet): take(packet, session, link)
        case .pubrel(let id): release(id, session, link)
        case .puback(let id, _), .pubcomp(let id):
            session.inFlight.removeAll { $0.packet.id == id }
            pump(session)
        case .pubrec(let id, _):
            if let index = session.inFlight.firstIndex(where: { $0.packet.id == id }) { session.inFlight[index].isReceived = true }
            send(.pubrel(id), toClient: link)
        case .subscribe(let packet):
            subscribe(session, packet, link)
        case .unsubscribe(let filter):
            session.subscriptions.removeAll { $0.filter == filter }
        case .disconnect:
            withdrawWill(link)
            close(link)
        case .connect, .connack, .suback: break
        }
    }

    private func accept(_ link: Link) {
        let client = clients[link.client]
        let identity = client.plan.twin ?? link.client
        var known = sessions.first { (plan.clients[$0.client].twin ?? $0.client) == identity }
        // The new connection takes the place of one that the broker still believes in.
        if let old = known?.link, !leavesOpen(old, link) { takeOver(old, link) }
        if known?.isKept == false { known = nil }
        if let found = known, !link.isKept || forgetsSession(found) {
            sessions.removeAll { $0 === found }
            known = nil
        }
        let isPresent = known != nil
        let session = known ?? BrokerSession(client: link.client, isKept: link.isKept)
        if injection.fault == .sessionForgotten, injection.session == nil, injection.hasStruck { injection.session = session }
        if !isPresent {
            sessions.append(session)
            begun.append(session)
        }
        session.client = link.client
        session.link = link
        link.session = session
        send(.connack(sessionPresent: isPresent || claimsSession(link)), toClient: link)
        if isPresent {
            emptySession(session)
            resume(session, link)
        }
    }

    private func takeOver(_ old: Link, _ link: Link) {
        close(old)
        guard old.client != link.client else { return }
        clients[old.client].isRetired = true
        schedule(.clientNotices(old), after: max(old.lastArrivalAtClient, now) - now + random.microseconds(1...2000))
    }

    /// The broker's end of a connection closes.
    func close(_ link: Link) {
        guard link.isOpenAtBroker else { return }
        link.isOpenAtBroker = false
        guard let session = link.session, session.link === link else { return }
        session.link = nil
        if !session.isKept { sessions.removeAll { $0 === session } }
        publishWill(link)
        if !session.isKept { redistribute(session) }
    }

    /// Sends again what was in flight, in order [MQTT-4.4.0-1], then what waits.
    private func resume(_ session: BrokerSession, _ link: Link) {
        forgetIncoming(session)
        for entry in resending(session) {
            if entry.isReceived {
                send(.pubrel(entry.packet.id), toClient: link)
            } else {
                var packet = entry.packet
                let forgets = forgetsDup(entry, session)
                packet.isFaulty = packet.isFaulty || forgets
                packet.dup = entry.wasSent && !forgets
                transmit(packet, link)
            }
        }
        for index in session.inFlight.indices { session.inFlight[index].wasSent = true }
        pump(session)
    }

    /// A PUBLISH from a client.
    private func take(_ packet: PublishPacket, _ session: BrokerSession, _ link: Link) {
        if refuses(packet, link) {
            send(packet.qos == 1 ? .puback(packet.id, reason: 0x97) : .pubrec(packet.id, reason: 0x97), toClient: link)
            return
        }
        switch packet.qos {
        case 0:
            route(packet)
        case 1:
            route(packet)
            for id in pubacks(packet, link) {
                if random.chance(shape.latePubacks) {
                    schedule(.pubackLate(link, id), after: random.microseconds(200...6000))
                } else {
                    send(.puback(id, reason: 0), toClient: link)
                }
            }
        default:
            let isKnown = session.incoming.contains { $0.id == packet.id } && !repeatsKnown(packet)
            if !isKnown {
                session.incoming.removeAll { $0.id == packet.id }
                session.incoming.append((packet.id, packet.message))
                if !plan.routesOnRelease { route(packet) }
            }
            send(.pubrec(packet.id, reason: 0), toClient: link)
        }
    }

    private func release(_ id: UInt16, _ session: BrokerSession, _ link: Link) {
        if let index = session.incoming.firstIndex(where: { $0.id == id }) {
            let message = session.incoming.remove(at: index).message
            session.released[id] = message
            if plan.routesOnRelease { routeAgain(message) }
        } else if let message = session.released[id], repeatsReleased(message) {
            routeAgain(message)
        }
        send(.pubcomp(id), toClient: link)
    }

    private func routeAgain(_ number: Int) {
        let message = messages[number]
        route(PublishPacket(message: number, topic: message.topic, qos: message.qos, retain: message.retain))
    }

    /// An MQTT 5 broker refuses now and then.
    private func refuses(_ packet: PublishPacket, _ link: Link) -> Bool {
        guard packet.qos > 0, clients[link.client].plan.isVersion5 else { return false }
        // What is sent again is judged as it was the first time.
        if packet.dup { return messages[packet.message].isRefused }
        if routesRefused(packet) {
            messages[packet.message].isRefused = true
            route(packet)
            return true
        }
        messages[packet.message].isRefused = random.chance(shape.refusals)
        return messages[packet.message].isRefused
    }
}
