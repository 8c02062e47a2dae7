import Trace
import Verification

extension Oracle {
    private func taken(_ message: Message) -> UInt64 {
        message.qos > 0 && message.isTaken ? message.completed ?? .max : .max
    }

    private func isTakenOnce(_ message: Message) -> Bool {
        taken(message) != .max && (message.qos == 2 || (message.transmissions == 1 && !message.lostSession))
    }

    /// Whether the register surely held `one` for the last time before it held `other`.
    private func precedes(_ one: Message, _ other: Message) -> Bool {
        guard isTakenOnce(one) else { return false }
        if taken(one) < other.sent { return true }
        return one.publisher == other.publisher && one.qos == 1 && other.qos == 1 && one.sent < other.sent && isTakenOnce(other)
    }

    private func isForged(_ receipt: Receipt, _ session: Session) -> Bool {
        if session.isInherited { return false }
        if !receipt.message.retain { return true }
        let grants = matching(session, receipt.topic).flatMap(\.grants)
        if grants.contains(where: { $0.options.contains(.retainAsPublished) || !$0.isAnswered }) { return false }
        return grants.allSatisfy { $0.at < receipt.message.sent } && session.connections[receipt.connection].from < receipt.message.sent
    }

    private func retainedReceipts(_ session: Session) -> [Receipt] {
        session.receipts.filter {
            $0.retain && $0.message.outcome != .refused && $0.topic == $0.message.topic && isWanted(session, $0)
        }
    }

    mutating func judgeRetained(_ session: Session) {
        for receipt in retainedReceipts(session) where !isAtWrongQoS(session, receipt) {
            if isForged(receipt, session) {
                add(.retainFlagForged)
                continue
            }
            let asked = matching(session, receipt.topic).flatMap(\.grants).map(\.asked)
            guard !session.isInherited, !asked.contains(where: { $0 == nil }), let first = asked.compactMap({ $0 }).min() else { continue }
            let later = messages.filter {
                $0.retain && $0.topic == receipt.topic && taken($0) < first && precedes(receipt.message, $0)
            }
            let last = later.filter { entry in !later.contains { precedes(entry, $0) } }
            if last.isEmpty { continue }
            add(last.allSatisfy(\.isEmpty) ? .retainedNotCleared : .retainedStale)
        }
    }

    mutating func judgeRetainedDue(_ session: Session) {
        guard isAlive(session) else { return }
        for topic in Set(messages.map(\.topic)) {
            let came = retainedReceipts(session).contains { $0.topic == topic && (isAtWrongQoS(session, $0) || !isForged($0, session)) }
            if came || session.corruptRetained.contains(topic) { continue }
            let isDue = session.subscriptions.indices.contains { brings(session, $0, topic) }
            if !isDue { continue }
            if isQuiescent { add(.retainedMissing) } else { hasDoubt = true }
        }
    }

    /// Whether a subscription had to bring the retained message of a topic.
    private func brings(_ session: Session, _ number: Int, _ topic: String) -> Bool {
        let subscription = session.subscriptions[number]
        guard let grant = subscription.grants.first(where: \.isAnswered) else { return false }
        guard Self.matches(subscription.filter, topic), !subscription.isShared, subscription.end == nil, grant.qos < 0x80,
            !grant.options.contains(.noRetained), let asked = grant.asked
        else { return false }
        if grant.options.contains(.retainedIfNew) {
            let isRepeated = session.subscriptions[..<number].contains { $0.filter == subscription.filter }
            if isRepeated || session.isInherited || !subscription.grants[0].isAnswered { return false }
        }
        let hasRetainedWill = steps.contains { if case .will(topic, _, true, _) = $0.action { true } else { false } }
        let before = messages.filter { $0.retain && $0.topic == topic && $0.sent <= grant.at && $0.outcome != .refused }
        guard !hasRetainedWill, let last = before.last, !last.isEmpty, taken(last) < asked, min(last.qos, grant.qos) > 0 else {
            return false
        }
        if grant.options.contains(.noLocal), last.publisher == session.subscriber { return false }
        return before.allSatisfy { $0.name == last.name || precedes($0, last) }
    }
}
