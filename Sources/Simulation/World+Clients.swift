import Causality
import Trace

/// What clients do while they are connected.
extension World {
    func receiveAtClient(_ packet: Packet, _ link: Link) {
        let number = link.client
        switch packet {
        case .connack(let sessionPresent): begin(number, sessionPresent: sessionPresent)
        case .publish(let packet): receive(packet, number)
        case .puback(let id, let reason): complete(number, id, reason)
        case .pubrec(let id, let reason): receivePubrec(number, id, reason)
        case .pubcomp(let id): complete(number, id, 0)
        case .pubrel(let id): receivePubrel(number, id)
        case .suback(let packet, let granted): takeGrant(number, packet, granted)
        case .connect, .subscribe, .unsubscribe, .disconnect: break
        }
    }

    /// Publishes what waits, as far as the connection and the window allow.
    func publishWaiting(_ number: Int) {
        let client = clients[number]
        while client.isConnected, let next = client.waiting.first, next.qos == 0 || client.inFlight.count < client.plan.window {
            client.waiting.removeFirst()
            publish(number, next)
        }
    }

    private func publish(_ number: Int, _ plan: PublishPlan) {
        let client = clients[number]
        guard let link = client.link else { return }
        client.sequence += 1
        client.stamp.increment(client.plan.process)
        client.due.increment(client.plan.process)
        client.counts[.published, default: 0] += 1
        let message = Message(
            client: number, process: client.plan.process, topic: plan.topic, qos: plan.qos, retain: plan.retain, sequence: client.sequence,
            attempt: 1, stamp: altered(client.stamp, of: client.plan.process), due: client.due, sent: now,
            isEmpty: plan.isEmpty)
        messages.append(message)
        if let note = plan.note { shop.noteOfMessage[messages.count - 1] = note }
        expect(messages.count - 1)
        let intended = clock(plan.at, on: client.plan.host)
        record(number) { writer, process, at in
            writer.published(
                process: process, at: at, topic: writer.topic(message.topic), qos: message.qos, retain: message.retain,
                sequence: message.sequence, attempt: message.attempt, intended: intended, stamp: message.stamp, isEmpty: message.isEmpty)
        }
        var packet = PublishPacket(message: messages.count - 1, topic: plan.topic, qos: plan.qos, retain: plan.retain)
        if plan.qos > 0 {
            packet.id = client.takeID()
            client.inFlight.append(.init(message: packet.message, id: packet.id))
        } else {
            finish(number, packet.message, .acked, 0)
        }
        send(.publish(packet), toBroker: link)
    }

    private func receivePubrec(_ number: Int, _ id: UInt16, _ reason: UInt8) {
        let client = clients[number]
        guard let index = client.inFlight.firstIndex(where: { $0.id == id }), let link = client.link else { return }
        if reason >= 0x80 { return complete(number, id, reason) }
        client.inFlight[index].isReleased = true
        send(.pubrel(id), toBroker: link)
    }

    private func complete(_ number: Int, _ id: UInt16, _ reason: UInt8) {
        let client = clients[number]
        guard let index = client.inFlight.firstIndex(where: { $0.id == id }) else { return }
        let flying = client.inFlight.remove(at: index)
        finish(number, flying.message, reason >= 0x80 ? .refused : .acked, reason)
        publishWaiting(number)
    }

    private func finish(_ number: Int, _ message: Int, _ outcome: PublishOutcome, _ reason: UInt8) {
        messages[message].outcome = outcome
        messages[message].completed = now
        clients[number].counts[outcome == .acked ? .acked : .refused, default: 0] += 1
        let key = messages[message]
        record(number) {
            $0.completed(process: $1, at: $2, sequence: key.sequence, attempt: key.attempt, outcome: outcome, reason: reason)
        }
    }

    private func receive(_ packet: PublishPacket, _ number: Int) {
        let client = clients[number]
        guard let link = client.link else { return }
        switch packet.qos {
        case 0:
            deliver(packet, number)
        case 1:
            deliver(packet, number)
            if client.plan.acknowledgesAfter == 0 {
                acknowledge(packet.id, on: link)
            } else {
                schedule(.acknowledge(link, packet.id), after: UInt64(client.plan.acknowledgesAfter) * 1000)
            }
        default:
            if !client.incoming.contains(where: { $0.id == packet.id }) {
                client.incoming.append(packet)
                if !client.plan.deliversOnRelease { deliver(packet, number) }
            }
            send(.pubrec(packet.id, reason: 0), toBroker: link)
        }
    }

    private func receivePubrel(_ number: Int, _ id: UInt16) {
        let client = clients[number]
        guard let link = client.link else { return }
        if let index = client.incoming.firstIndex(where: { $0.id == id }) {
            let packet = client.incoming.remove(at: index)
            if client.plan.deliversOnRelease { deliver(packet, number) }
        }
        noteAcknowledgement(number, id)
        send(.pubcomp(id), toBroker: link)
    }

    /// PUBACK for a packet, if its connection still stands.
    func acknowledge(_ id: UInt16, on link: Link) {
        guard link.isOpenAtClient else { return }
        noteAcknowledgement(link.client, id)
        send(.puback(id, reason: 0), toBroker: link)
    }

    private func noteAcknowledgement(_ number: Int, _ id: UInt16) {
        if let message = clients[number].unacknowledged.removeValue(forKey: id) { clients[number].settled[id] = message }
        if clients[number].plan.showsPackets { record(number) { $0.acknowledged(process: $1, at: $2, packetID: id) } }
    }

    /// Hands a message to the application.
    private func deliver(_ packet: PublishPacket, _ number: Int) {
        let client = clients[number]
        guard let session = client.session else { return }
        noteArrival(packet, client)
        let dup = client.plan.showsPackets ? packet.dup : nil
        deliveries.append(
            Delivery(
                at: now, session: session, message: packet.message, topic: packet.topic, qos: packet.qos, retain: packet.retain,
                payload: packet.payload, isFaulty: packet.isFaulty, connectedAt: client.connectedAt, dup: packet.dup,
                resumedAt: session.resumedAt))
        guard packet.payload == .whole else {
            return record(number) { writer, process, at in
                writer.deliveredUnreadable(
                    process: process, at: at, topic: writer.topic(packet.topic), qos: packet.qos, retain: packet.retain, dup: dup,
                    packetID: packet.id, cause: packet.payload == .corrupt ? .corrupt : .foreign)
            }
        }
        let message = messages[packet.message]
        record(number) { writer, process, at in
            writer.delivered(
                process: process, at: at, publisher: message.process, sequence: message.sequence, attempt: message.attempt,
                topic: writer.topic(packet.topic), qos: packet.qos, retain: packet.retain, dup: dup, packetID: packet.id)
        }
        client.counts[.delivered, default: 0] += 1
        takeIn(packet, number)
    }

    /// Notes which message has a packet identifier at the application, and whether another one still had it.
    private func noteArrival(_ packet: PublishPacket, _ client: Client) {
        guard packet.qos > 0 else { return }
        if let before = client.unacknowledged[packet.id], before != packet.message { collisions += 1 }
        // A copy that crossed its acknowledgement on the way holds the identifier no longer.
        if client.settled[packet.id] == packet.message { return }
        client.settled[packet.id] = nil
        client.unacknowledged[packet.id] = packet.message
    }
}
