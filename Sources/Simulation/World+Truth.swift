import Trace
import Verification

/// What really happened, told from the model and not from the trace.
extension World {
    /// What the checker must say about this run; `nil` where the fault found no place, or one at which it shows nothing.
    func expected() -> Expected? {
        guard let fault = injection.fault else { return .nothing }
        switch fault {
        case .dropAfterPuback, .dropAfterPubcomp, .dropFirst, .dropLast, .crashWithoutSync: return expectedLoss(fault)
        case .copyLeftOut: return counted(fault, copiesLeftOut())
        case .dropAtCap:
            let counts = missing()
            return counts.isEmpty ? nil : Expected(charged: counts.values.reduce(0, +))
        case .dropBeyondCount:
            // What is lost for sure is covered first, so one that is lost remains only where all are.
            let counts = missing()
            guard counts.count == 1, let lost = counts[.lost] else { return nil }
            return Expected(violations: [.lost: 1], charged: lost - 1)
        case .deliverUnsent, .deliverForeign: return expectedDeliveries(fault)
        case .flipByte, .otherTopic, .toStranger:
            // A good copy of the same message on a later connection would look late: nobody knows that the bad one was its first.
            let isWhole = deliveries.contains { !$0.isFaulty && $0.session === injection.session && $0.message == injection.message }
            return isWhole ? nil : expectedDeliveries(fault)
        case .deliverRefused:
            guard let message = injection.message, messages[message].outcome == .refused else { return nil }
            return counted(fault, deliveries.count { $0.message == message })
        case .qos2TwiceOnResend, .qos2TwiceOnRelease, .qos2IDsForgotten, .qos2TwiceToSubscriber, .qos0Twice:
            // To who subscribed in between, the second copy is the first, and behind later messages: that is disorder and no duplicate.
            let isInOrder = messages.indices.flatMap(receivers).allSatisfy { disorder($0, lastCopies: false).isEmpty }
            return isInOrder ? counted(fault, copiesTooMany()) : nil
        case .forbiddenRedelivery: return counted(fault, furtherCopies())
        case .swapNeighbours, .overtakeSeveral, .resendReversed, .newBeforeResend, .resendInPart: return expectedDisorder(fault)
        case .stampAltered:
            // Whoever receives a message that counts its publisher's messages wrongly passes that on.
            var expected = counted(fault, messages.count { $0.stamp != $0.due })
            expected?.isDoubted = true
            return expected
        case .delayedTopic: return counted(fault, wireInversions())
        case .inboxTooEager: return counted(fault, processedInversions())
        case .lostUpdate, .staleRead, .badWrite, .doubleUnlock, .releaseByOther, .releaseOfNothing, .tokenReuse, .unloggedSection,
            .finalValueOff, .counterLies, .orderForgotten, .cancelledAndPacked, .requestDoneTwice, .reservedUnseen, .ghostShipped,
            .actedUnheard, .soldTwice, .stockLeaks, .stockMiscounted, .ordersMiscounted:
            return counted(fault, injection.hasStruck ? 1 : 0)
        case .lostThenCompensated: return counted(fault, injection.hasStruck && injection.lost == 0 ? 2 : 0)
        case .tokenRegression: return counted(fault, injection.hasStruck ? injection.extent - 1 : 0)
        case .overlap, .neverReleased: return counted(fault, overlaps(fault))
        case .clockSkewed:
            if plan.clients.allSatisfy({ $0.host == 0 }) { return nil }
            return crossesClocks() ? .doubt : .nothing
        case .presentForClean, .endedSessionResumed, .stateGone, .takeoverLeavesOpen, .qos1TwiceWithoutDup, .resumeWithoutDup, .dupPassedOn,
            .dupOnQoS0, .pubacksSwapped, .idReused, .liveResend, .toWithdrawn, .ownMessageBack, .qosLowered, .qosRaised:
            return counted(fault, countOfSessions(fault))
        case .retainedStale, .retainedNotCleared, .retainedDropped, .retainForged, .willDropped, .willTwice, .willAfterDisconnect,
            .sharedTwice, .sharedLost, .sharedToStranger:
            return counted(fault, countOfRegisters(fault))
        case .sessionForgotten: return injection.session?.wasBegun == true ? .only(.sessionLost, 1) : nil
        case .restless, .drainTimedOut, .tornEnd, .tornMiddle: return .doubt
        }
    }

    private func counted(_ fault: Fault, _ count: Int) -> Expected? {
        guard let kind = fault.expectedClass, count > 0 else { return nil }
        return .only(kind, count)
    }

    private func expectedDeliveries(_ fault: Fault) -> Expected? {
        counted(fault, deliveries.count { $0.isFaulty })
    }

    /// Whether a message was owed to a session that lived to the end.
    func isOwed(_ number: Int, _ session: BrokerSession) -> Bool {
        let message = messages[number]
        let client = clients[session.client]
        guard client.session === session, client.wasConnectedAtEnd, message.isAccepted else {
            return isOvertaken(number, session)
        }
        return session.surelyGranted(message).map { min($0, message.qos) > 0 } ?? false
    }

    /// Whether a message was owed to a session that ended before, of one connection, as a later one of its stream came.
    private func isOvertaken(_ number: Int, _ session: BrokerSession) -> Bool {
        let message = messages[number]
        let came = deliveries.filter {
            $0.session === session && $0.payload == .whole && !$0.retain && messages[$0.message].sharesStream(with: message)
        }
        let isEnded = clients[session.client].session !== session || !clients[session.client].wasConnectedAtEnd
        guard isEnded, session.wasBegun, session.resumes.isEmpty, message.isAccepted, !message.isConcurrent, message.transmissions == 1,
            came.contains(where: { $0.message > number }), let granted = session.surelyGranted(message), min(granted, message.qos) > 0
        else { return false }
        return came.allSatisfy { $0.qos == min(granted, message.qos) }
    }

    private func expectedLoss(_ fault: Fault) -> Expected? {
        let counts = missing()
        // A session of which nothing comes any more looks as if the broker had forgotten it.
        if fault == .crashWithoutSync, injection.casualties.contains(where: { looksForgotten($0.session) }) { return nil }
        if injection.casualties.contains(where: { looksEmpty($0.session) }) { return nil }
        guard let kind = fault.expectedClass, counts.count == 1, let count = counts[kind] else { return nil }
        var expected = Expected.only(kind, count)
        if kind == .lost { expected.atBeginning = missingAtBeginning() }
        if fault == .dropFirst, expected.atBeginning == 0 { return nil }
        return expected
    }

    private func looksForgotten(_ session: BrokerSession) -> Bool {
        let missing = injection.casualties.count { $0.session === session && isOwed($0.message, session) }
        let again = session.renewed(after: injection.emptiedAt)
        return missing >= 2
            && !deliveries.contains { $0.session === session && $0.at > injection.emptiedAt && messages[$0.message].sent < again }
    }

    /// Whether nothing came behind a resume that was sent before the client subscribed anew, of two messages and more: the broker may just as well
    /// have had nothing but the name of the session left.
    private func looksEmpty(_ session: BrokerSession) -> Bool {
        session.resumes.contains { resume in
            let again = session.renewed(after: resume.at)
            let missing = injection.casualties.count { number, other in
                other === session && messages[number].sent > resume.lost && messages[number].sent < again && isOwed(number, session)
            }
            return missing >= 2 && !deliveries.contains { $0.session === session && $0.at > resume.at && messages[$0.message].sent < again }
        }
    }

    /// What the broker lost of what was owed, by whether something later of the stream arrived.
    private func missing() -> [ViolationClass: Int] {
        var counts: [ViolationClass: Int] = [:]
        for (number, session) in injection.casualties {
            let arrived = arrivals(session, of: number)
            if arrived.contains(number) || !isOwed(number, session) { continue }
            counts[arrived.contains { $0 > number } ? .lost : .unseen, default: 0] += 1
        }
        return counts
    }

    /// How many copies are missing of a message that came, and behind which another of its stream did.
    private func copiesLeftOut() -> Int {
        guard let number = injection.message, let session = injection.session, isOwed(number, session) else { return 0 }
        let message = messages[number]
        let arrived = deliveries.filter { $0.session === session && $0.message == number }
        guard clients[session.client].session === session, clients[session.client].wasConnectedAtEnd, !arrived.isEmpty,
            message.process != plan.clients[session.client].process,
            arrived.allSatisfy({ !$0.retain && $0.payload == .whole }), arrivals(session, of: number).contains(where: { $0 > number })
        else { return 0 }
        return session.filtersSurelyGranted(message) - arrived.count { $0.qos > 0 }
    }

    private func missingAtBeginning() -> Int {
        injection.casualties.count { number, session in
            let arrived = arrivals(session, of: number)
            return isOwed(number, session) && arrived.min().map { $0 > number } ?? false
        }
    }

    /// What arrived at a session of the stream of a message.
    private func arrivals(_ session: BrokerSession, of number: Int) -> [Int] {
        deliveries.filter {
            $0.session === session && $0.payload == .whole && messages[$0.message].sharesStream(with: messages[number])
        }.map(\.message)
    }

    /// Live copies by session and message, in the order of arrival.
    func copies(_ session: BrokerSession, _ message: Int) -> [Delivery] {
        deliveries.filter { $0.session === session && $0.message == message && !$0.retain && $0.payload == .whole }
    }

    private func receivers(of message: Int) -> [BrokerSession] {
        var found: [BrokerSession] = []
        for delivery in deliveries where delivery.message == message && !found.contains(where: { $0 === delivery.session }) {
            found.append(delivery.session)
        }
        return found
    }

    /// Copies beyond what their QoS allows, of messages that came to sessions once at one effective QoS.
    private func copiesTooMany() -> Int {
        var count = 0
        for number in messages.indices where !messages[number].isWill {
            let message = messages[number]
            // What a session that began without an answer has subscribed to, only the broker knows.
            for session in receivers(of: number) where session.wasBegun {
                let arrived = copies(session, number)
                guard arrived.count > 1, let qos = arrived.map(\.qos).max(), qos != 1 else { continue }
                let allowed = message.qos == 1 || message.qos == 2 && message.lostSession ? message.transmissions : 1
                count += max(0, arrived.count - allowed)
            }
        }
        return count
    }

    private func furtherCopies() -> Int {
        messages.indices.filter { !messages[$0].isWill && !messages[$0].isEmpty }.reduce(0) { sum, number in
            sum + receivers(of: number).reduce(0) { $0 + max(0, copies($1, number).count - 1) }
        }
    }

    private func expectedDisorder(_ fault: Fault) -> Expected? {
        guard let session = injection.session else { return nil }
        let counts = disorder(session)
        guard let kind = fault.expectedClass, counts.count == 1, let count = counts[kind] else { return nil }
        return .only(kind, count)
    }

    /// First copies that came after the first copy of a later message, and messages that were not repeated after an earlier one was.
    func disorder(_ session: BrokerSession, lastCopies: Bool = true) -> [ViolationClass: Int] {
        var counts: [ViolationClass: Int] = [:]
        func count(_ sent: UInt64, _ resumedAt: UInt64?) {
            counts[resumedAt.map { sent < $0 } ?? false ? .reorderAfterResume : .reorder, default: 0] += 1
        }
        var arrived: [Int: [(position: Int, delivery: Delivery)]] = [:]
        for (position, delivery) in deliveries.enumerated()
        where delivery.session === session && !delivery.retain && delivery.payload == .whole {
            arrived[delivery.message, default: []].append((position, delivery))
        }
        let numbers = arrived.keys.sorted()
        let isAlive = clients[session.client].session === session && clients[session.client].wasConnectedAtEnd
        /// At effective QoS 0 the first copy may be lost, and what was sent again at QoS 1 then comes alone. So it does where the first copy was
        /// forwarded before the client had subscribed. At QoS 2 the broker knows the packet and forwards it once.
        func hasPlace(_ number: Int) -> Bool {
            let message = messages[number]
            let mayHaveMissed = arrived[number]?.first?.delivery.qos == 0 || session.surelyGranted(message) == nil
            let isAlone = message.qos == 1 && message.transmissions > 1 && mayHaveMissed
            return !message.isConcurrent && !message.isWill && !isAlone
        }
        /// Without what the broker may have sent again on a live connection, as far as PUBACKs allowed.
        func counted(_ number: Int) -> [(position: Int, delivery: Delivery)] {
            let own = arrived[number] ?? []
            return own.indices.filter { place in
                !own[..<place].contains { $0.delivery.connectedAt == own[place].delivery.connectedAt }
                    || plan.clients[session.client].isVersion5 || plan.clients[session.client].showsPackets && !own[place].delivery.dup
            }.map { own[$0] }
        }
        for number in numbers where hasPlace(number) {
            guard let own = arrived[number], let first = own.first, let last = own.last else { continue }
            let stream = numbers.filter { $0 != number && messages[$0].sharesStream(with: messages[number]) }
            if stream.contains(where: { $0 > number && arrived[$0]?.first.map { $0.position < first.position } ?? false }) {
                count(messages[number].sent, first.delivery.resumedAt)
            }
            let repeats = stream.filter { $0 < number && hasPlace($0) }.flatMap { counted($0).dropFirst() }
            if lastCopies, isAlive, let later = repeats.filter({ $0.position > last.position }).max(by: { $0.position < $1.position }) {
                count(messages[number].sent, later.delivery.resumedAt)
            }
        }
        return counts
    }
}
