extension DeliveryPass {
    /// Whether no subscription of a session can have brought a message. One that was withdrawn may have, unless it was a shared one and the
    /// message was sent when the broker had surely taken note of the withdrawal.
    @inline(__always)
    func isUnmatched(_ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int) -> Bool {
        match.subscriptions.isEmpty || (index.sessions[session].hasWithdrawnShared && hasLeft(match, session, publisher, position))
    }

    private func hasLeft(_ match: TopicMatch, _ session: Int, _ publisher: Int, _ position: Int) -> Bool {
        let table = index.publishes.publishers[publisher]
        guard index.shareClock(table.process, index.sessions[session].process) else { return false }
        return match.subscriptions.allSatisfy {
            let subscription = index.sessions[session].subscriptions[$0]
            return subscription.isShared && table.sent[position] > subscription.gone ?? .max
        }
    }

    /// A message came that no subscription of the session wants: that of a group that it is no member of, or of nobody's.
    mutating func addUnmatched(_ finding: Finding, _ session: Int) {
        if mayHaveAsked(finding, session) { return }
        guard let filter = index.filters.shared.first(where: { index.filters.matches($0, finding.topic) }) else {
            return add(.misrouted, finding, .notSubscribed)
        }
        if index.mutant == .everybodyIsMember { return }
        add(.sharedNonmember, finding, .group(filter: filter, other: nil))
    }

    /// Whether a client may have subscribed to a topic in this session without an answer: on a connection that ended before SUBACK, behind which the
    /// broker may send what matches, and even before it [MQTT-3.8.4-2]. That it may have is to be seen from another of its sessions, or from
    /// what it withdrew.
    private func mayHaveAsked(_ finding: Finding, _ session: Int) -> Bool {
        let process = index.processes[finding.subscriber]
        let own = index.sessions[session]
        let end = process.clock.flatMap { index.drainEnd[$0] } ?? .max
        guard own.connections.contains(where: { $0.to < end }), index.mutant != .whatIsNotAnsweredWasNotAsked else { return false }
        let answered = Set(own.subscriptions.map(\.filter))
        return process.sessions.map { index.sessions[$0] }.contains { other in
            let asked = other.subscriptions.filter { $0.possibleGrants.contains { _ in true } }.map(\.filter) + other.withdrawn.keys
            return asked.contains { !answered.contains($0) && index.filters.matches($0, finding.topic) }
        }
    }
}
