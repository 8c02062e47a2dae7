extension DeliveryPass {
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
