import Trace

extension Settlement {
    /// Reports what sessions missed that ended before the drain. What they were owed at their end went with them. But a message that a later one of
    /// its stream overtook on one connection cannot be under way any more: the broker sends them in order [MQTT-4.6.0-5, -6].
    mutating func settleEnded() {
        if index.mutant == .endedSessionsLoseNothing { return }
        var all: [DeliveryPass.SessionTopic: [Missing]] = [:]
        for state in pass.states where !index.sessions[state.session].livedToEnd {
            let missing = missingBefore(state)
            if missing.isEmpty { continue }
            all[.init(session: state.session, topic: index.publishes.streams[state.stream].topic), default: []] += missing
        }
        for (key, missing) in all.sorted(by: { ($0.key.session, $0.key.topic) < ($1.key.session, $1.key.topic) }) {
            for entry in missing { tally.due[entry.stream] += 1 }
            report(missing.sorted { ($0.stream, $0.rank) < ($1.stream, $1.rank) }, key.session, key.topic)
        }
    }

    /// What was due before the last live message of a stream, and did not come.
    private mutating func missingBefore(_ state: StreamState) -> [Missing] {
        let session = index.sessions[state.session]
        let stream = index.publishes.streams[state.stream]
        let publisher = index.publishes.publishers[stream.publisher]
        guard !state.gaps.isEmpty, session.connections.count == 1, !session.isInherited,
            index.shareClock(publisher.process, session.process), let qos = state.seen.only, qos > 0
        else { return [] }
        let match = pass.match(session: state.session, topic: stream.topic)
        if match.isShared { return [] }
        let subscriptions = match.plain.map { session.subscriptions[$0] }.filter {
            publisher.process != session.process || !$0.grants.contains { $0.options.contains(.noLocal) }
        }
        var missing: [Missing] = []
        let lowest = state.lowestArrived
        state.forEachMissing(of: state.end) { rank in
            let position = Int(stream.attempts[rank])
            let attempt = publisher.states[position]
            // What was written again may come at any time, and what came at another QoS has another order.
            guard attempt.isAccepted(qos: stream.qos), !attempt.isConcurrent(qos: stream.qos), attempt.transmissions == 1,
                let granted = subscriptions.compactMap({
                    $0.surelyGranted(sent: publisher.sent[position], accepted: publisher.completed(position))
                }).max(), min(granted, stream.qos) == qos
            else { return }
            missing.append(Missing(stream: state.stream, rank: rank, isTail: false, isPrefix: rank < lowest))
        }
        return missing
    }
}
