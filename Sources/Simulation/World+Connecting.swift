import Trace

/// How connections begin and end, on the client's side.
extension World {
    /// Connects a client that is away.
    func connect(_ number: Int) {
        let client = clients[number]
        guard client.link == nil else { return }
        let link = Link(client: number)
        client.link = link
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
        client.link = nil
        guard client.isConnected else { return }
        client.isConnected = false
        record(number) { $0.disconnected(process: $1, at: $2, reason: 0, byClient: byClient) }
        if !client.plan.keepsSession, client.plan.tellsUnknown, !client.plan.resendsIntoNewSession { abandon(number) }
    }

    /// CONNACK.
    func begin(_ number: Int, sessionPresent: Bool) {
        let client = clients[number]
        client.isConnected = true
        client.session = client.link?.session
        client.session?.resumedAt = sessionPresent ? now : nil
        let plan = client.plan
        record(number) {
            $0.connected(
                process: $1, at: $2, sessionPresent: sessionPresent, clean: !plan.keepsSession, isVersion5: plan.isVersion5)
        }
        if sessionPresent {
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
        send(.subscribe(SubscribePacket(filter: plan.filter, qos: plan.qos, sent: now)), toBroker: link)
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
        if let session = client.session, granted < 0x80, !isGranted(packet.filter, session),
            (session.withdrawn[packet.filter] ?? 0) < packet.sent
        {
            session.granted.append(.init(filter: packet.filter, qos: granted, from: now))
        }
        record(number) {
            $0.subscribed(
                process: $1, at: $2, filter: packet.filter, requested: packet.qos, granted: granted, sent: packet.sent)
        }
    }
}
