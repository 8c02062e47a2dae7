import Trace

extension RunIndex {
    /// The retained message of a topic that a new subscription had to bring: it was surely in the register from before SUBSCRIBE was sent, and
    /// nothing that may have replaced it was sent before SUBACK came.
    /// - Parameter process: the subscriber.
    func retainedDue(_ topic: UInt32, to grant: Subscription.Grant, of process: Int) -> RetainedTable.Entry? {
        guard let asked = grant.sent, !wills.retainedTopics.contains(topic), let all = retained.topics[topic],
            all.allSatisfy({ shareClock($0, process) && !state($0).isBlurred })
        else { return nil }
        let before = all.filter { sent($0) <= grant.from && state($0).outcome != .refused }
        guard let last = before.max(by: { (sent($0), $0.position) < (sent($1), $1.position) }), !last.isEmpty, taken(last) < asked,
            before.allSatisfy({ ($0.publisher == last.publisher && $0.position == last.position) || precedes($0, last) })
        else { return nil }
        return last
    }
}

extension Settlement {
    /// Reports the retained messages that new subscriptions did not bring [MQTT-3.3.1-6; 3.3.1-9 of MQTT 5.0].
    mutating func settleRetained() {
        guard !index.retained.isEmpty, index.doubts.damages.isEmpty else { return }
        for session in index.sessions.indices where index.sessions[session].livedToEnd {
            var reported: Set<UInt32> = []
            for (position, subscription) in index.sessions[session].subscriptions.enumerated() {
                guard !subscription.isShared, subscription.end == .max, bringsRetained(session, position) else { continue }
                for topic in index.filters.topics[subscription.filter] where index.retained.topics[topic] != nil {
                    settleRetained(session, topic, subscription, &reported)
                }
            }
        }
    }

    private func bringsRetained(_ session: Int, _ position: Int) -> Bool {
        let own = index.sessions[session]
        let subscription = own.subscriptions[position]
        guard let grant = subscription.firstAnswered, !grant.options.contains(.noRetained) else { return false }
        guard grant.options.contains(.retainedIfNew) else { return true }
        // Whether one that was withdrawn still stood is not known, nor what became of one without an answer.
        return !own.isInherited && subscription.grants[0].isAnswered
            && !own.subscriptions[..<position].contains { $0.filter == subscription.filter }
    }

    private mutating func settleRetained(_ session: Int, _ topic: UInt32, _ subscription: Subscription, _ reported: inout Set<UInt32>) {
        let process = index.sessions[session].process
        let key = DeliveryPass.SessionTopic(session: session, topic: topic)
        guard let grant = subscription.firstAnswered, grant.qos < 0x80, !reported.contains(topic), !pass.retainedArrivals.contains(key),
            let due = index.retainedDue(topic, to: grant, of: process),
            min(due.qos, grant.qos) > (index.mutant == .retainedDueAtQoS2Only ? 1 : 0),
            !(grant.options.contains(.noLocal) && index.publishes.publishers[due.publisher].process == process)
        else { return }
        reported.insert(topic)
        guard doubts.isQuiescent else {
            doubts.unprovenUnseen += 1
            return
        }
        findings.add(
            .retainedMissing,
            Finding(kind: .retainedMissing, subscriber: process, publisher: due.publisher, attempt: due.position, topic: topic))
    }
}
