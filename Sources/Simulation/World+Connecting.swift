import Trace

/// How connections begin and end, on the client's side.
extension World {
    /// Connects a client that is away.
    func connect(_ number: Int) {
        let client = clients[number]
        guard client.link == nil, !client.isRetired, !client.isGone else { return }
        client.connects += 1
        let link = Link(client: number, isKept: client.plan.keepsSession && (!client.plan.becomesKept || client.connects > 1))
        client.link = link
        link.will = registerWill(client)
        send(.connect, toBroker: link)
    }

    /// The network connection breaks.
    func cut(_ number: Int) {
        guard let link = clients[number].link else { return }
        link.losesInFlight = random.chance(60)
        if shape.lateUnknowns, link.losesInFlight { scheduleLateEffects(number) }
        drop(number, byClient: false)
        scheduleNotice(link)
    }

    /// The client sends DISCONNECT.
    func leave(_ number: Int) {
        guard let link = clients[number].link, clients[number].isConnected else { return }
        send(.disconnect, toBroker: link)
        drop(number, byClient: true)
    }

    /// The client's end of its connection closes.
    func drop(_ number: Int, byClient: Bool) {
        let client = clients[number]
        guard let link = client.link else { return }
        link.isOpenAtClient = false
        link.endedAt = now
        link.wasEndedByClient = byClient
        client.link = nil
        // A clean session ends with its connection on the client's side too.
        if !link.isKept { client.incoming.removeAll() }
        guard client.isConnected else {
            // Nobody knows what the broker made of a CONNECT without an answer.
            return record(number) { $0.disconnected(process: $1, at: $2, reason: 0, byClient: byClient) }
        }
        client.isConnected = false
        let reason: UInt8 = client.isRetired && client.plan.isVersion5 ? 0x8E : 0
        record(number) { $0.disconnected(process: $1, at: $2, reason: reason, byClient: byClient) }
        for packet in link.unanswered {
            client.session?.unanswered.append((packet.filter, packet.sent, now))
            client.session?.grants.append(
                .init(filter: packet.filter, qos: packet.qos, isAnswered: false, options: packet.options, sent: packet.sent, at: now))
            recordSubscribe(number, packet, TraceEvent.Subscribed.unanswered)
        }
        if !link.isKept, client.plan.tellsUnknown, !client.plan.resendsIntoNewSession { abandon(number) }
    }

    /// CONNACK.
    func begin(_ number: Int, sessionPresent: Bool) {
        let client = clients[number]
        guard let link = client.link else { return }
        client.isConnected = true
        client.connectedAt = now
        link.connectedAt = now
        client.lastEnd = client.previousLink?.endedAt ?? 0
        client.previousLink = link
        if sessionPresent {
            link.session?.wasResumed = true
            link.session?.resumes.append((client.lastEnd, now))
        }
        // A CONNECT without an answer may have begun the session that is present now: it has packet identifiers of its own.
        if client.session !== link.session {
            client.unacknowledged.removeAll()
            client.settled.removeAll()
            // Nor does it know what is in flight to the broker.
            if sessionPresent {
                for flying in client.inFlight { messages[flying.message].lostSession = true }
            }
        }
        client.session = link.session
        client.session?.resumedAt = sessionPresent ? now : nil
        let plan = client.plan
        record(number) {
            $0.connected(process: $1, at: $2, sessionPresent: sessionPresent, clean: !link.isKept, isVersion5: plan.isVersion5)
        }
        if let will = link.will.map({ messages[$0] }) {
            record(number) {
                $0.will(
                    process: $1, at: $2, topic: $0.topic(will.topic), qos: will.qos, retain: will.retain, sequence: will.sequence,
                    attempt: will.attempt)
            }
        }
        if sessionPresent, link.isKept {
            resend(number)
            // What was asked for and not answered is asked for again.
            for filter in client.wanted where !isGranted(plan.filters[filter].filter, client.session) { sendSubscribe(number, filter) }
        } else {
            client.session?.wasBegun = true
            client.incoming.removeAll()
            for flying in client.inFlight { messages[flying.message].lostSession = true }
            if plan.resendsIntoNewSession { resend(number) } else { abandon(number) }
            for filter in client.wanted { sendSubscribe(number, filter) }
        }
        publishWaiting(number)
    }

    /// A CONNECT registers a will under the next number of its client.
    private func registerWill(_ client: Client) -> Int? {
        guard let will = client.plan.will else { return nil }
        client.sequence += 1
        let number = client.plan.twin ?? clients.firstIndex { $0 === client } ?? 0
        messages.append(
            Message(
                client: number, process: client.plan.process, topic: will.topic, qos: will.qos, retain: will.retain,
                sequence: client.sequence, attempt: 1, stamp: client.stamp, due: client.due, sent: now, isWill: true))
        return messages.count - 1
    }

    /// What was in flight is given up; nobody knows whether it took effect.
    private func abandon(_ number: Int) {
        let client = clients[number]
        for flying in client.inFlight {
            let message = messages[flying.message]
            if message.outcome == nil, client.plan.tellsUnknown {
                messages[flying.message].outcome = .unknown
                record(number) {
                    $0.completed(
                        process: $1, at: $2, sequence: message.sequence, attempt: message.attempt, outcome: .unknown, reason: 0)
                }
            }
        }
        client.inFlight.removeAll()
    }

    /// What is in flight is sent again, in order [MQTT-4.4.0-1].
    private func resend(_ number: Int) {
        let client = clients[number]
        guard let link = client.link else { return }
        for flying in client.inFlight {
            if flying.isReleased {
                send(.pubrel(flying.id), toBroker: link)
                continue
            }
            messages[flying.message].transmissions += 1
            let message = messages[flying.message]
            record(number) { $0.resent(process: $1, at: $2, sequence: message.sequence, attempt: message.attempt) }
            send(
                .publish(
                    PublishPacket(
                        message: flying.message, topic: message.topic, qos: message.qos, dup: true, retain: message.retain, id: flying.id)),
                toBroker: link)
        }
    }

    private func isGranted(_ filter: String, _ session: BrokerSession?) -> Bool {
        session?.granted.contains { $0.filter == filter && $0.to == .max } ?? false
    }

    func subscribe(_ number: Int, _ filter: Int) {
        let client = clients[number]
        if !client.wanted.contains(filter) { client.wanted.append(filter) }
        if client.isConnected { sendSubscribe(number, filter) }
    }

    private func sendSubscribe(_ number: Int, _ filter: Int) {
        guard let link = clients[number].link else { return }
        let plan = clients[number].plan.filters[filter]
        let qos = random.chance(shape.changesQoS) ? UInt8(random.pick(0...2)) : plan.qos
        let packet = SubscribePacket(filter: plan.filter, qos: qos, options: plan.options, sent: now)
        link.unanswered.append(packet)
        send(.subscribe(packet), toBroker: link)
    }

    /// A client that is away withdraws nothing.
    func unsubscribe(_ number: Int, _ filter: Int) {
        let client = clients[number]
        guard client.isConnected, let link = client.link, let session = client.session else { return }
        client.wanted.removeAll { $0 == filter }
        let name = client.plan.filters[filter].filter
        for index in session.granted.indices where session.granted[index].filter == name && session.granted[index].to == .max {
            session.granted[index].to = now
        }
        session.withdrawn[name] = now
        record(number) { $0.unsubscribed(process: $1, at: $2, filter: name) }
        send(.unsubscribe(name), toBroker: link)
    }

    func takeGrant(_ number: Int, _ packet: SubscribePacket, _ granted: UInt8) {
        let client = clients[number]
        client.link?.unanswered.removeAll { $0.filter == packet.filter && $0.sent == packet.sent }
        client.session?.answered.append((packet.filter, packet.sent, now))
        client.session?.grants.append(
            .init(filter: packet.filter, qos: granted, isAnswered: true, options: packet.options, sent: packet.sent, at: now))
        if let session = client.session, granted < 0x80, !isGranted(packet.filter, session),
            (session.withdrawn[packet.filter] ?? 0) < packet.sent
        {
            session.granted.append(.init(filter: packet.filter, qos: granted, from: now))
        }
        recordSubscribe(number, packet, granted)
    }

    private func recordSubscribe(_ number: Int, _ packet: SubscribePacket, _ granted: UInt8) {
        let sent = clock(packet.sent, on: clients[number].plan.host)
        record(number) {
            $0.subscribed(
                process: $1, at: $2, filter: packet.filter, requested: packet.qos, granted: granted, options: packet.options, sent: sent)
        }
    }
}
