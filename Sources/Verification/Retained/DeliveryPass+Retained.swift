import Trace

extension DeliveryPass {
    /// Judges a delivery with the RETAIN flag: may it carry the flag, and was the message still in its topic's register?
    mutating func judgeRetained(_ session: Int, _ match: TopicMatch, _ finding: Finding) {
        guard let publisher = finding.publisher, let attempt = finding.attempt else { return }
        let key = SessionTopic(session: session, topic: finding.topic)
        if isForged(session, match, publisher, attempt, finding) {
            add(.retainFlagForged, finding)
            return
        }
        retainedArrivals.insert(key)
        guard let later = replacement(of: publisher, attempt, session, match, finding) else { return }
        let isCleared = later.allSatisfy(\.isEmpty)
        add(
            isCleared ? .retainedNotCleared : .retainedStale, finding,
            .replacedBy(publisher: later[0].publisher, attempt: later[0].position))
    }

    /// Whether the flag is wrong: the message was never retained, or it was sent when every matching subscription was acknowledged, so that none
    /// of them can have brought it from the register [MQTT-3.3.1-9]; a subscription may ask for the flag as it was published.
    private func isForged(_ session: Int, _ match: TopicMatch, _ publisher: Int, _ attempt: Int, _ finding: Finding) -> Bool {
        guard !mayHaveOthers(session) else { return false }
        let table = index.publishes.publishers[publisher]
        if !index.retained.contains(publisher, attempt), !table.states[attempt].isBlurred { return true }
        let subscriptions = match.subscriptions.map { index.sessions[session].subscriptions[$0] }
        guard !subscriptions.isEmpty, index.shareClock(table.process, finding.subscriber) else { return false }
        let grants = subscriptions.flatMap(\.grants)
        // A SUBSCRIBE without an answer may have brought it all the same, also on a later connection.
        guard !grants.contains(where: { $0.options.contains(.retainAsPublished) || !$0.isAnswered }) else { return false }
        let latest = max(grants.map(\.from).max() ?? 0, connection(of: finding.subscriber)?.from ?? .max)
        return index.mutant == .trustsRetainFlag ? false : table.sent[attempt] > latest
    }

    /// The messages that had surely taken this one's place before the session asked for any matching subscription: those that no other
    /// of them replaced. `nil` where there is none.
    private func replacement(
        of publisher: Int, _ attempt: Int, _ session: Int, _ match: TopicMatch, _ finding: Finding
    ) -> [RetainedTable.Entry]? {
        let entries = index.retained.topics[finding.topic] ?? []
        guard let own = entries.first(where: { $0.publisher == publisher && $0.position == attempt }),
            !mayHaveOthers(session), let asked = firstAsked(session, match)
        else { return nil }
        let later = entries.filter {
            index.taken($0) < asked && index.shareClock($0, finding.subscriber)
                && (index.mutant == .staleComparesBackwards ? index.precedes($0, own) : index.precedes(own, $0))
        }
        let last = later.filter { entry in !later.contains { index.precedes(entry, $0) } }
        return last.isEmpty ? nil : last
    }

    /// When the session sent its first SUBSCRIBE that matches; `nil` where the trace does not say it of one of them.
    private func firstAsked(_ session: Int, _ match: TopicMatch) -> UInt64? {
        var first: UInt64?
        for grant in match.subscriptions.flatMap({ index.sessions[session].subscriptions[$0].grants }) {
            guard let sent = grant.sent else { return nil }
            first = min(first ?? .max, sent)
        }
        return first
    }
}
