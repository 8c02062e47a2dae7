extension DeliveryPass {
    /// Whether the broker may have taken a message for the first time before the session had subscribed. At QoS 1 what the publisher writes
    /// again is forwarded again, and to this session then for the first time, behind what was sent in between. At QoS 2 the broker knows it.
    @inline(__always)
    func mayHaveMissedFirst(_ state: StreamState, _ rank: Int, _ match: TopicMatch) -> Bool {
        let stream = index.publishes.streams[state.stream]
        let publisher = index.publishes.publishers[stream.publisher]
        let position = Int(stream.attempts[rank])
        guard stream.qos == 1, publisher.states[position].transmissions > 1, index.mutant != .resendsKeepOrder else { return false }
        return mayHaveMissedFirst(state, rank, match, publisher, position)
    }

    private func mayHaveMissedFirst(
        _ state: StreamState, _ rank: Int, _ match: TopicMatch, _ publisher: Publisher, _ position: Int
    ) -> Bool {
        let session = index.sessions[state.session]
        let subscriptions = match.subscriptions.map { session.subscriptions[$0] }
        guard index.shareClock(publisher.process, session.process) else {
            // An earlier message of the stream shows that the subscription was there, if it was never withdrawn.
            let wasThere = state.firstLive.map { $0 < rank } ?? false
            return !wasThere || !subscriptions.contains { $0.end == .max }
        }
        let (sent, accepted) = (publisher.sent[position], publisher.completed(position))
        return !subscriptions.contains { $0.surelyGranted(sent: sent, accepted: accepted) != nil }
    }

    /// Whether a further copy of a message on one connection may be one that the broker sent again because it waited for PUBACK, as MQTT 3.1.1 lets
    /// it. PUBACKs that cross such copies on their way stop them at any message, so what is not repeated behind one was not passed over.
    /// MQTT 5.0 forbids it [MQTT-4.4.0-1], and a packet without DUP is one of its own.
    func mayBeLiveResend(_ state: StreamState, _ rank: Int, _ dup: Bool?, _ process: Int) -> Bool {
        if dup == false || connection(of: process)?.isVersion5 == true || index.mutant == .liveResendsKeepOrder { return false }
        return resumedAt(process).map { state.replay.hasCome(rank, resumedAt: $0) } ?? true
    }

    /// When the present connection of a process resumed its session; `nil` where it began it.
    func resumedAt(_ process: Int) -> UInt64? {
        let cursor = cursors[process]
        guard cursor.session >= 0, cursor.connection >= 0 else { return nil }
        let connections = index.sessions[index.processes[process].sessions[cursor.session]].connections
        guard cursor.connection < connections.count, connections[cursor.connection].isResume else { return nil }
        return connections[cursor.connection].from
    }

    /// Whether a message that came out of order was sent before the session was resumed.
    func isAfterResume(_ sent: UInt64, _ resumedAt: UInt64?, _ finding: Finding) -> Bool {
        guard let resumedAt, let publisher = finding.publisher, index.mutant != .resumeIsForgotten else { return false }
        if index.mutant == .resumeExplainsAll { return true }
        return sent < resumedAt || !index.shareClock(index.publishes.publishers[publisher].process, finding.subscriber)
    }
}
