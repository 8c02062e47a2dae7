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

    /// Whether a session may have subscriptions that the trace does not show.
    func mayHaveOthers(_ session: Int) -> Bool {
        index.sessions[session].isInherited || index.processes[index.sessions[session].process].isDamaged
    }

    /// A message came that no subscription of the session wants: that of a group that it is no member of, or of nobody's.
    mutating func addUnmatched(_ finding: Finding, _ session: Int) {
        guard let filter = index.filters.shared.first(where: { index.filters.matches($0, finding.topic) }) else {
            return add(.misrouted, finding, .notSubscribed)
        }
        if index.mutant == .everybodyIsMember { return }
        add(.sharedNonmember, finding, .group(filter: filter, other: nil))
    }
}
