import Trace

/// How many copies of a message may come, and in which order the messages of one stream.
extension DeliveryPass {
    /// Judges a copy as live traffic brings it: a further one by their number, a first one by the order of its stream and by its causes.
    /// - Returns: whether it is a copy too many.
    mutating func judgeCopy(
        _ number: Int, _ rank: Int, _ attempt: AttemptState, _ match: TopicMatch, _ passage: Passage, _ event: TraceEvent.Delivered,
        _ finding: Finding
    ) -> Bool {
        let stream = states[number].stream
        let qos = index.publishes.streams[stream].qos
        let session = index.sessions[states[number].session]
        let highest = states[number].end - 1
        states[number].see(event.qos)
        if states[number].hasArrived(rank) {
            let overlapping = index.mutant == .overlapGivesOneCopy ? Expectations(overlappingSubscriptions: .once) : expectations
            let limit = CopyLimit(packet: event.qos, passage, attempt, match, session, overlapping)
                .limited(by: index.mutant, event.qos, attempt)
            let ways = match.ways(expectations)
            let isCounted = ways > 1 || limit.copies ?? 1 > 1 || match.onlyQoS(qos) == nil
            let copies = isCounted ? states[number].countCopy(rank, at: event.qos) : .two(at: event.qos)
            if let excess = limit.excess(copies, at: event.qos) {
                tally.duplicates[stream] += 1
                add(event.qos == 2 ? .duplicateQoS2 : .duplicateQoS0, finding, .copies(excess.copies, allowed: excess.allowed))
                return true
            }
            // One for each filter is no redelivery, unless it says that it is one.
            if copies.all <= ways, event.dup != true {
                tally.repeated[stream] += 1
                return false
            }
            tally.redelivered[stream] += 1
            if expectations.redelivery == .forbidden, index.mutant != .redeliveryIsNeverForbidden { add(.redelivered, finding) }
            if !mayComeLate(attempt, qos, at: event.qos), !mayHaveMissedFirst(states[number], rank, match), !mayHideFirst(session, passage)
            {
                let resumedAt = resumedAt(finding.subscriber)
                if mayBeLiveResend(states[number], rank, event.dup, finding.subscriber) {
                    states[number].replay.refresh(rank, highest: highest)
                } else {
                    states[number].replay.take(rank, highest: highest, resumedAt: resumedAt)
                }
            }
            return expectations.redelivery == .forbidden
        }
        if match.group == nil, states[number].aside[rank] != true { tally.delivered[stream] += 1 }
        states[number].arrive(rank)
        if match.onlyQoS(qos) == nil { states[number].noteFirst(rank, at: event.qos) }
        let isConcurrent =
            mayComeLate(attempt, qos, at: event.qos) || mayHaveMissedFirst(states[number], rank, match) || mayHideFirst(session, passage)
        judgeCause(number, isJudged: !isConcurrent && !match.isShared && rank > states[number].highestOfAll, finding)
        guard !match.isShared else { return false }
        if rank > highest {
            states[number].replay.take(rank, highest: highest, resumedAt: resumedAt(finding.subscriber))
        } else {
            states[number].replay.takeLate(rank, resumedAt: resumedAt(finding.subscriber))
        }
        // There is no order between copies of different QoS.
        let level = index.mutant == .ordersAcrossQoS ? 0 : event.qos
        guard !(isConcurrent && rank < states[number].highest(at: level)),
            states[number].isLate(rank, at: level, overwriting: index.mutant == .lateOverwritesLast)
        else { return false }
        let other = Int(index.publishes.streams[stream].attempts[states[number].highest(at: level)])
        var late = finding
        late.other = other
        let sent = finding.attempt.map { index.publishes.publishers[index.publishes.streams[stream].publisher].sent[$0] } ?? 0
        add(isAfterResume(sent, resumedAt(finding.subscriber), finding) ? .reorderAfterResume : .reorder, late)
        return false
    }

    /// Whether a message may come for the first time after later ones. At effective QoS 0 the first copy may be lost, and what the publisher sent
    /// again at QoS 1 then comes alone. At QoS 2 the broker knows the packet and forwards it once.
    private func mayComeLate(_ attempt: AttemptState, _ qos: UInt8, at packet: UInt8) -> Bool {
        let mayBeLost = qos == 1 || index.mutant == .resendsAtQoS2AreForwarded
        switch index.mutant {
        case .unknownKeepsOrder: return false
        case .ordersResendsAtQoS0: return attempt.isConcurrent(qos: qos)
        default: return attempt.isConcurrent(qos: qos) || mayBeLost && packet == 0 && attempt.transmissions > 1
        }
    }

    /// Whether a gap of the trace may hide that a message had come before: then nobody knows whether this is its first copy.
    @inline(__always)
    private func mayHideFirst(_ session: Session, _ passage: Passage) -> Bool {
        guard session.isInherited, let seenFrom = session.seenFrom, index.mutant != .gapsHideNothing else { return false }
        return passage.sent.map { $0 <= seenFrom } ?? true
    }
}
