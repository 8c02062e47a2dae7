import Trace

/// What a delivery is: of a message of the run, of one that nobody published, or of none that can be read; and what it is judged by.
extension DeliveryPass {
    mutating func deliver(_ event: TraceEvent.Delivered, _ process: Int, _ delivery: Place) {
        if cursors[process].session < 0 {
            cursors[process].session = 0
            findPlainSession(of: process)
        }
        let session = index.processes[process].sessions[cursors[process].session]
        guard let topic = index.knownTopic(event.topic, in: delivery.file) else { return }
        guard let publisher = index.number(of: event.publisher).flatMap({ index.processes[$0].publisher }),
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else {
            causal.blur(process)
            if !deliverWill(event, process, topic, delivery) { deliverUnpublished(event, process, topic, delivery) }
            return
        }
        if isForetold(publisher, position, in: delivery.file), index.mutant != .writersAreRight { doubts.foretold += 1 }
        if cursors[process].connection > 0 { noteArrival(session, process, publisher, position) }
        if !index.seats.isEmpty, judgeTakeover(publisher, position, process, delivery) { return }
        let stream = index.publishes.publishers[publisher].stream[position]
        let attempt = index.publishes.publishers[publisher].states[position]
        let rank = Int(index.publishes.publishers[publisher].rank[position])
        let published = index.publishes.streams[Int(stream)].topic
        let finding = Finding(
            kind: .lost, subscriber: process, publisher: publisher, attempt: position, topic: published, delivery: delivery)
        if attempt.outcome == .refused, index.mutant != .refusedMayArrive {
            notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
            causal.stray(publisher, position, at: process)
            return add(.abortedRead, finding)
        }
        let isRepeated = !index.repeated.isEmpty && index.repeated.contains(.init(publisher: publisher, position: position))
        if topic != published, index.mutant != .topicIsNotCompared, index.topics.isKnown[Int(topic)], index.topics.isKnown[Int(published)],
            !isRepeated
        {
            notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
            causal.stray(publisher, position, at: process)
            add(.misrouted, finding, .deliveredOn(topic))
            let number = state(session, stream)
            return states[number].arriveAside(rank, asRetained: false)
        }
        let match = match(session: session, topic: topic)
        let passage = passage(of: event, publisher, position, to: process)
        let reach = reach(match, passage, session)
        if reach.isEmpty, index.topics.isKnown[Int(topic)] {
            guard mayHaveOthers(session) || index.mutant == .anySubscriptionWillDo else {
                notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
                causal.stray(publisher, position, at: process)
                return addUnmatched(finding, session)
            }
            doubts.unmatchedInherited += 1
        }
        let number = state(session, stream)
        let isFirst = !states[number].hasArrived(rank) && states[number].aside[rank] == nil
        if !isRepeated, isWrong(event, reach, match, session, publisher, position) {
            add(.wrongQoS, finding, .qos(event.qos, expected: expected(event, reach, match, session, publisher, position)))
            if event.retain { retainedArrivals.insert(SessionTopic(session: session, topic: finding.topic)) }
            judgePacket(event, number, rank, isFirst: isFirst, isReported: true, match, finding)
            return setAside(number, rank, match)
        }
        if event.retain {
            retainedDeliveries += 1
            judgeRetained(session, match, finding)
            judgePacket(event, number, rank, isFirst: isFirst, isReported: false, match, finding)
            // What a subscription brings of older messages has no order among live ones and is no further copy of them.
            return setAside(number, rank, match)
        }
        noteLevel(of: event.qos, number, rank, match, session, publisher, position)
        let isReported = judgeCopy(number, rank, attempt, match, passage, event, finding)
        judgePacket(event, number, rank, isFirst: isFirst, isReported: isReported, match, finding)
        enterLane(number, topic, match)
    }

    private mutating func deliverUnpublished(
        _ event: TraceEvent.Delivered, _ process: Int, _ topic: UInt32, _ delivery: Place
    ) {
        notePacket(
            event.packetID, process, PacketTable.Entry.unknown,
            Finding(kind: .unexpected, subscriber: process, topic: topic, delivery: delivery))
        let session = index.processes[process].sessions[cursors[process].session]
        if isUnwanted(session, topic, process, delivery) { return }
        // A retained message may be older than the run.
        if event.retain {
            strangers[topic, default: 0] += 1
            return
        }
        if index.mutant == .unknownNumbersAreLate { return }
        guard let publisher = index.number(of: event.publisher), index.processes[publisher].isPresent else {
            doubts.strangers += 1
            return
        }
        guard !index.processes[publisher].isDamaged else {
            doubts.unprovenUnexpected += 1
            return
        }
        let finding = Finding(
            kind: .unexpected, subscriber: process, publisher: index.processes[publisher].publisher, topic: topic, delivery: delivery)
        add(.unexpected, finding, .number(sequence: event.sequence, attempt: event.attempt))
    }

    mutating func deliverUnreadable(_ event: TraceEvent.DeliveredUnreadable, _ process: Int, _ delivery: Place) {
        if cursors[process].session < 0 { cursors[process].session = 0 }
        let session = index.processes[process].sessions[cursors[process].session]
        guard let topic = index.knownTopic(event.topic, in: delivery.file) else { return }
        let finding = Finding(kind: .corrupt, subscriber: process, topic: topic, delivery: delivery)
        notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
        if cursors[process].connection > 0 { resumed.take(session: session, connection: cursors[process].connection, sent: 0) }
        switch event.cause {
        case .corrupt:
            if index.mutant != .corruptIsHarmless { add(.corrupt, finding) }
            if event.qos > 0 { corrupt[SessionTopic(session: session, topic: topic), default: 0] += 1 }
            if event.retain { retainedArrivals.insert(SessionTopic(session: session, topic: topic)) }
        case .stranger:
            if !isUnwanted(session, topic, process, delivery) { strangers[topic, default: 0] += 1 }
        case .foreign:
            if isUnwanted(session, topic, process, delivery) { return }
            // It may be older than the run.
            if event.retain { strangers[topic, default: 0] += 1 }
            // An empty payload that somebody published cannot be recognised.
            if !index.doubts.damages.isEmpty {
                doubts.unprovenUnexpected += 1
            } else if !event.retain, index.mutant != .foreignIsHarmless, !index.retained.emptied.contains(topic) {
                add(.unexpected, finding, .foreign)
            }
        }
    }

    /// Whether a message that nobody of the run published is one that the session has no subscription for, whoever sent it and whenever: the broker had no
    /// reason to bring it. Reports it then.
    private mutating func isUnwanted(_ session: Int, _ topic: UInt32, _ process: Int, _ delivery: Place) -> Bool {
        guard index.topics.isKnown[Int(topic)], !mayHaveOthers(session), index.mutant != .anySubscriptionWillDo,
            match(session: session, topic: topic).subscriptions.isEmpty
        else { return false }
        add(.misrouted, Finding(kind: .misrouted, subscriber: process, topic: topic, delivery: delivery), .notSubscribed)
        return true
    }
}
