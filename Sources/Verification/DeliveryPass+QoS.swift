import Trace

/// By which subscriptions a message may have come, and at which QoS.
extension DeliveryPass {
    /// A message on its way to a process.
    @inline(__always)
    func passage(of event: TraceEvent.Delivered, _ publisher: Int, _ position: Int, to process: Int) -> Passage {
        let table = index.publishes.publishers[publisher]
        let qos = index.publishes.streams[Int(table.stream[position])].qos
        // When a message in a register was sent says nothing of the subscription that brings it.
        if event.retain { return Passage(qos: qos, sent: nil, received: event.at) }
        let isComparable = index.shareClock(table.process, process) && index.mutant != .everyGrantHolds
        return Passage(
            qos: qos, sent: isComparable ? table.sent[position] : nil, received: event.at,
            isOwn: table.process == process && index.mutant != .noLocalIsNoMatter)
    }

    /// The QoS at which it may come; none where no subscription can have brought it.
    @inline(__always)
    func reach(_ match: TopicMatch, _ passage: Passage, _ session: Int) -> QoSSet {
        if index.mutant == .routingHasNoTime {
            return match.reach(Passage(qos: passage.qos, sent: nil, received: .max, isOwn: passage.isOwn), index.sessions[session])
        }
        return match.reach(passage, index.sessions[session])
    }

    /// Whether a packet has another QoS than its message can have come at [MQTT-3.8.4-6; -8 of 5.0].
    @inline(__always)
    func isWrong(_ event: TraceEvent.Delivered, _ reach: QoSSet, _ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int)
        -> Bool
    {
        if reach.isEmpty || index.mutant == .anyQoSWillDo { return false }
        guard !reach.contains(event.qos) || (expectations.overlappingSubscriptions == .once && match.plainFilters.count > 1) else {
            return false
        }
        return !mayHaveOthers(session) && !expected(event, reach, match, session, publisher, position).contains(event.qos)
    }

    /// The QoS at which a message may come, where the broker is expected to send one copy: that has the greatest QoS of all subscriptions that match
    /// [MQTT-3.3.5-1]. What comes from a register comes by the one that was asked for.
    func expected(
        _ event: TraceEvent.Delivered, _ reach: QoSSet, _ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int
    ) -> QoSSet {
        guard expectations.overlappingSubscriptions == .once, !match.isShared, !event.retain else { return reach }
        return reach.from(surelyGranted(match, session, publisher, position))
    }

    /// The greatest QoS at which a message surely had to come by one of several filters; 0 where that is not known.
    private func surelyGranted(_ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int) -> UInt8 {
        let table = index.publishes.publishers[publisher]
        let process = index.sessions[session].process
        guard match.plainFilters.count > 1, index.shareClock(table.process, process) else { return 0 }
        let (sent, accepted) = (table.sent[position], table.completed(position))
        let granted = match.plain.compactMap { number -> UInt8? in
            let subscription = index.sessions[session].subscriptions[number]
            if table.process == process, subscription.grants.contains(where: { $0.options.contains(.noLocal) }) { return nil }
            return subscription.surelyGranted(sent: sent, accepted: accepted)
        }
        return min(granted.max() ?? 0, index.publishes.streams[Int(table.stream[position])].qos)
    }

    /// Notes whether a live copy came below the greatest QoS that was granted. One of its copies has to have that.
    mutating func noteLevel(
        of qos: UInt8, _ number: Int, _ rank: Int, _ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int
    ) {
        guard match.plainFilters.count > 1, expectations.overlappingSubscriptions != .once,
            match.onlyQoS(index.publishes.streams[states[number].stream].qos) == nil
        else { return }
        states[number].note(rank, isBelow: qos < surelyGranted(match, session, publisher, position))
    }

    /// Takes a message that came in a way that says nothing of order and copies.
    mutating func setAside(_ number: Int, _ rank: Int, _ match: TopicMatch) {
        let stream = index.publishes.streams[states[number].stream]
        causal.merge(stream.publisher, Int(stream.attempts[rank]), at: index.sessions[states[number].session].process)
        if match.group == nil, !states[number].hasArrived(rank), states[number].aside[rank] != true {
            tally.delivered[states[number].stream] += 1
        }
        states[number].arriveAside(rank, asRetained: true)
    }
}

extension Settlement {
    /// Reports the messages of which every copy came below the QoS that one of several filters was granted.
    mutating func settleLevels(_ state: StreamState) {
        let session = index.sessions[state.session]
        let stream = index.publishes.streams[state.stream]
        let publisher = index.publishes.publishers[stream.publisher]
        guard !state.below.isEmpty, session.livedToEnd, doubts.isQuiescent, !pass.mayHaveOthers(state.session),
            !index.processes[publisher.process].isDamaged, index.mutant != .anyQoSWillDo
        else { return }
        let match = pass.match(session: state.session, topic: stream.topic)
        for rank in state.below.sorted() {
            let position = Int(stream.attempts[rank])
            // A copy that did not come at all is missing: one fault, one violation.
            guard publisher.states[position].isAccepted(qos: stream.qos), !lacksCopy(state.session, state.stream, rank, state, match)
            else { continue }
            let granted = match.plain.compactMap {
                session.subscriptions[$0].surelyGranted(sent: publisher.sent[position], accepted: publisher.completed(position))
            }.max()
            findings.add(
                .wrongQoS,
                Finding(
                    kind: .wrongQoS, subscriber: session.process, publisher: stream.publisher, attempt: position, topic: stream.topic,
                    detail: .below(min(granted ?? 0, stream.qos))))
        }
    }
}
