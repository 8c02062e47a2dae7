import Causality

/// Where faults of delivery strike the broker.
extension World {
    /// Whether it is a live copy of what somebody published, and not a copy from the past, a will or an empty message.
    func isOrdinary(_ packet: PublishPacket) -> Bool {
        !packet.retain && !messages[packet.message].isWill && !messages[packet.message].isEmpty
    }

    /// Whether the broker loses a message that it should put into a session's queue.
    func swallows(_ packet: PublishPacket, _ session: BrokerSession) -> Bool {
        let message = messages[packet.message]
        guard packet.qos > 0, isOrdinary(packet) else { return false }
        let wanted: Fault? =
            switch injection.fault {
            case .dropAfterPuback where message.qos == 1: .dropAfterPuback
            case .dropAfterPubcomp where message.qos == 2: .dropAfterPubcomp
            case .dropFirst where !messages[..<packet.message].contains(where: message.sharesStream): .dropFirst
            case .dropLast: .dropLast
            case .restless: .restless
            case .drainTimedOut: .drainTimedOut
            default: nil
            }
        guard let wanted else { return false }
        if injection.isReady(wanted, now) {
            injection.strike(session, packet.message)
        } else {
            // From the first one on, the rest of the stream goes too.
            guard [.dropLast, .restless, .drainTimedOut].contains(wanted), injection.session === session, let first = injection.message,
                message.sharesStream(with: messages[first])
            else { return false }
        }
        injection.lose(packet.message, session)
        return true
    }

    /// Whether the broker forgets the copy for one of several filters.
    func leavesOut(_ packet: PublishPacket, _ session: BrokerSession) -> Bool {
        guard packet.qos > 0, isOrdinary(packet), injection.isReady(.copyLeftOut, now) else { return false }
        injection.strike(session, packet.message)
        return true
    }

    /// The packets that go into a session's queue when one is forwarded: as a rule that one.
    func reordered(_ packet: PublishPacket, _ session: BrokerSession) -> [PublishPacket] {
        let message = messages[packet.message]
        guard isOrdinary(packet) else { return [packet] }
        if packet.qos == 2, injection.isReady(.qos2TwiceToSubscriber, now) {
            injection.strike(session, packet.message)
            return [packet, packet]
        }
        for (fault, count) in [(Fault.swapNeighbours, 1), (.overtakeSeveral, injection.extent)] {
            if injection.isReady(fault, now) {
                injection.strike(session, packet.message)
                injection.held = [packet]
                return []
            }
            guard injection.fault == fault, injection.session === session, let first = injection.held.first,
                message.sharesStream(with: messages[first.message])
            else { continue }
            if injection.held.count < count {
                injection.held.append(packet)
                return []
            }
            let late = injection.held
            injection.held = []
            return [packet] + late
        }
        return [packet]
    }

    /// How long a message of a stream is held back, with all that follow it in the stream.
    func delays(_ packet: PublishPacket, _ session: BrokerSession) -> UInt64? {
        guard packet.qos > 0, isOrdinary(packet) else { return nil }
        if injection.isReady(.delayedTopic, now) { injection.strike(session, packet.message) }
        guard injection.fault == .delayedTopic, injection.session === session, let first = injection.message,
            messages[packet.message].sharesStream(with: messages[first])
        else { return nil }
        return UInt64(injection.extent) * 20_000_000
    }

    /// The stamp of a message: as it is, or altered.
    func altered(_ stamp: VectorTimestamp, of process: UInt32) -> VectorTimestamp {
        guard injection.isReady(.stampAltered, now) else { return stamp }
        var changed = stamp
        let others = stamp.entries.map(\.process).filter { $0 != process }
        if others.isEmpty || random.chance(40) {
            changed[process] += UInt64(random.pick(1...3))
        } else if random.chance(50) {
            changed[random.element(of: others)] = 0
        } else {
            changed[random.element(of: others)] += 1
        }
        injection.strike()
        return changed
    }

    /// Puts a message behind another one that nobody sent.
    func addForged(_ packet: PublishPacket, _ session: BrokerSession) {
        guard let link = session.link, isOrdinary(packet) else { return }
        var forged = packet
        forged.isFaulty = true
        if injection.isReady(.deliverForeign, now) {
            forged.payload = .foreign
        } else if injection.isReady(.deliverUnsent, now) {
            var message = messages[packet.message]
            let client = clients[message.client].plan
            if random.chance(50) {
                message.attempt += 1
            } else {
                message.sequence = UInt64(client.publishes.count) + 1000 + UInt64(random.pick(1...3))
            }
            forged.message = messages.count
            messages.append(message)
        } else {
            return
        }
        injection.strike(session, forged.message)
        if forged.qos > 0 {
            session.waiting.append(.init(packet: forged))
            pump(session)
        } else {
            transmit(forged, link)
        }
    }

    /// Sends a message to a client that never asked for the like.
    func forwardToStranger(_ packet: PublishPacket, _ session: BrokerSession) {
        let isShared = sessions.contains { $0.subscriptions.contains { $0.isShared && TopicFilter.matches($0.plain, packet.topic) } }
        guard isOrdinary(packet), injection.isReady(isShared ? .sharedToStranger : .toStranger, now), session.link != nil,
            !clients[session.client].plan.filters.contains(where: {
                TopicFilter.matches(BrokerSession.Held(filter: $0.filter, qos: 0).plain, packet.topic)
            })
        else { return }
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

    /// The packets that leave when one is sent: as a rule that one.
    func tampered(_ packet: PublishPacket, _ session: BrokerSession?) -> [PublishPacket] {
        guard isOrdinary(packet) else { return [packet] }
        var changed = packet
        changed.isFaulty = true
        // A damaged repetition would look like one that did not come.
        if !packet.dup, injection.isReady(.flipByte, now) {
            changed.payload = .corrupt
            injection.strike(session, packet.message)
            return [changed]
        }
        if injection.isReady(.otherTopic, now) {
            changed.topic = random.element(of: ["plant", "plant/b", "plant/a/heat", "nowhere"].filter { $0 != packet.topic })
            injection.strike(session, packet.message)
            return [changed]
        }
        var again = packet
        again.isFaulty = true
        if packet.qos == 1, !packet.dup, injection.isReady(.qos1TwiceWithoutDup, now) {
            injection.strike(session, packet.message)
            return [packet, again]
        }
        if packet.qos == 1, let session, plan.clients[session.client].isVersion5, injection.isReady(.liveResend, now) {
            injection.strike(session, packet.message)
            again.dup = true
            return [packet, again]
        }
        if packet.qos == 0, injection.isReady(.dupOnQoS0, now) {
            injection.strike(session, packet.message)
            again.dup = true
            return [again]
        }
        if packet.qos == 0, injection.isReady(.qos0Twice, now) {
            injection.strike(session, packet.message)
            return [packet, packet]
        }
        return [packet]
    }

    /// Whether the broker refuses a publish and forwards it all the same.
    func routesRefused(_ packet: PublishPacket) -> Bool {
        guard isOrdinary(packet), injection.isReady(.deliverRefused, now) else { return false }
        injection.strike(nil, packet.message)
        return true
    }

    /// Whether the broker takes a PUBLISH that it knows by its identifier for a new one.
    func repeatsKnown(_ packet: PublishPacket) -> Bool {
        guard packet.dup, !plan.routesOnRelease, injection.isReady(.qos2TwiceOnResend, now) else { return false }
        injection.strike(nil, packet.message)
        return true
    }

    /// Whether the broker forwards a message again for a PUBREL that comes again.
    func repeatsReleased(_ message: Int) -> Bool {
        guard plan.routesOnRelease, injection.isReady(.qos2TwiceOnRelease, now) else { return false }
        injection.strike(nil, message)
        return true
    }

    /// The broker may forget which QoS 2 packets it has taken.
    func forgetIncoming(_ session: BrokerSession) {
        guard !session.incoming.isEmpty, !plan.routesOnRelease, injection.isReady(.qos2IDsForgotten, now) else { return }
        injection.strike(session)
        session.incoming.removeAll()
    }

    /// Whether the broker has forgotten a kept session, one that its client knows of: the CONNECT that began it may have gone unanswered.
    func forgetsSession(_ session: BrokerSession) -> Bool {
        guard clients[session.client].session === session, injection.isReady(.sessionForgotten, now) else { return false }
        injection.strike()
        return true
    }

    /// What is sent again when a session is resumed; the session's window is left in that order.
    func resending(_ session: BrokerSession) -> [BrokerSession.Outgoing] {
        func stream(_ entry: BrokerSession.Outgoing) -> Message { messages[entry.packet.message] }
        let flying = session.inFlight
        guard flying.allSatisfy({ isOrdinary($0.packet) }) else { return flying }
        let last = flying.lastIndex { late in
            flying.contains { $0.packet.message < late.packet.message && stream($0).sharesStream(with: stream(late)) }
        }
        if last != nil, injection.isReady(.resendReversed, now) {
            injection.strike(session)
            session.inFlight.reverse()
        }
        if let last, flying[last].packet.qos == 1, injection.isReady(.resendInPart, now),
            deliveries.contains(where: { $0.session === session && $0.message == flying[last].packet.message })
        {
            injection.strike(session)
            session.inFlight.remove(at: last)
        }
        if injection.isReady(.newBeforeResend, now), flying.count < plan.window,
            let new = session.waiting.firstIndex(where: { new in
                isOrdinary(new.packet) && flying.contains { stream($0).sharesStream(with: stream(new)) }
            })
        {
            injection.strike(session)
            var entry = session.waiting.remove(at: new)
            entry.packet.id = session.takeID(upTo: plan.lastPacketID)
            session.inFlight.insert(entry, at: 0)
        }
        return session.inFlight
    }

    /// The broker dies and comes back with its sessions, but without the messages in them.
    func crash() {
        guard injection.isReady(.crashWithoutSync, now), sessions.contains(where: { $0.isKept && $0.waiting.count >= 2 }) else { return }
        injection.strike()
        injection.emptiedAt = now
        for client in clients.indices {
            if let link = clients[client].link {
                drop(client, byClient: false)
                close(link)
            }
            schedule(.action(.connect(client)), after: random.microseconds(3000...30_000))
        }
        for session in sessions {
            // The identifiers of QoS 2 packets in flight survive: otherwise clients would take later packets for repetitions.
            for entry in session.inFlight + session.waiting where entry.packet.qos == 1 || !entry.wasSent {
                injection.lose(entry.packet.message, session)
            }
            session.inFlight.removeAll { $0.packet.qos == 1 }
            session.waiting.removeAll()
            if let link = session.link { close(link) }
        }
    }
}
