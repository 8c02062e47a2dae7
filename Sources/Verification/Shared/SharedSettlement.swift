import Trace

extension Settlement {
    /// Judges what the members of each group got between them. Nothing is said of the order in which different members got it.
    mutating func settleShared() {
        for filter in index.filters.shared {
            let group = SharedGroup(filter, index)
            for topic in index.filters.topics[filter] {
                var credit = group.members.reduce(0) { $0 + (pass.corrupt[.init(session: $1.session, topic: topic)] ?? 0) }
                for stream in streamsOfTopic[Int(topic)] { settle(group, Int(stream), topic, &credit) }
            }
        }
    }

    /// What one group got of one stream.
    private struct Arrivals {
        /// How many members got each message, each counted once.
        var members: [UInt16]
        /// Those of them that got it as a live message.
        var live: [UInt16]
        /// The messages that came to sessions that may have got them otherwise.
        var elsewhere: Set<Int> = []
        /// The members that get the topic in no other way.
        var receivers: [(session: Int, state: StreamState)] = []
    }

    private mutating func settle(_ group: SharedGroup, _ number: Int, _ topic: UInt32, _ credit: inout Int) {
        let stream = index.publishes.streams[number]
        let publisher = index.publishes.publishers[stream.publisher]
        let arrivals = arrivals(group, number, topic)
        let isComparable = group.members.contains { index.shareClock(publisher.process, index.sessions[$0.session].process) }
        if !group.members.isEmpty, !isComparable { doubts.incomparable += 1 }
        for (rank, attempt) in stream.attempts.enumerated() {
            let position = Int(attempt)
            if arrivals.members[rank] > 0 { tally.delivered[number] += 1 }
            if arrivals.live[rank] > 1 { judgeCopies(group, number, rank, arrivals, topic) }
            guard publisher.states[position].isAccepted(qos: stream.qos),
                let survivor = group.survivor(sent: publisher.sent[position], qos: stream.qos, of: publisher.process, index)
            else { continue }
            let accepted = publisher.completed(position)
            let isDue =
                survivor.effective > (index.mutant == .groupDueAtQoS2Only ? 1 : 0)
                && !group.hasRefuge(
                    sent: publisher.sent[position], accepted: accepted, qos: stream.qos, of: publisher.process, index)
            if isDue { tally.due[number] += 1 }
            guard arrivals.members[rank] == 0, !arrivals.elsewhere.contains(rank) else { continue }
            if isDue {
                addLost(group, number, rank, survivor.session, topic, &credit)
            } else if min(stream.qos, survivor.effective) == 0 {
                tally.dropped[number] += 1
            }
        }
    }

    private mutating func arrivals(_ group: SharedGroup, _ number: Int, _ topic: UInt32) -> Arrivals {
        let none = [UInt16](repeating: 0, count: index.publishes.streams[number].attempts.count)
        var arrivals = Arrivals(members: none, live: none)
        for session in group.members.map(\.session) + group.strangers {
            guard let state = pass.state(session: session, stream: UInt32(number)) else { continue }
            if pass.match(session: session, topic: topic).group == group.filter {
                arrivals.receivers.append((session, state))
                state.forEachArrived { rank, isLive in
                    arrivals.members[rank] &+= 1
                    if isLive { arrivals.live[rank] &+= 1 }
                }
            } else {
                state.forEachArrived { rank, _ in arrivals.elsewhere.insert(rank) }
            }
        }
        return arrivals
    }

    /// Several members got one message. That is legal where QoS 1 may have given it to another when one did not acknowledge it.
    private mutating func judgeCopies(_ group: SharedGroup, _ number: Int, _ rank: Int, _ arrivals: Arrivals, _ topic: UInt32) {
        let stream = index.publishes.streams[number]
        let position = Int(stream.attempts[rank])
        let attempt = index.publishes.publishers[stream.publisher].states[position]
        if attempt.outcome == .refused { return }
        let receivers = arrivals.receivers.filter { $0.state.hasArrived(rank) }
        var total = 0
        var allowed: Int? = 0
        for (session, state) in receivers {
            let match = pass.match(session: session, topic: topic)
            let copies = state.copies(of: rank, at: match.onlyQoS(stream.qos) ?? 1)
            let isComparable = index.shareClock(index.publishes.publishers[stream.publisher].process, index.sessions[session].process)
            let passage = Passage(
                qos: stream.qos, sent: isComparable ? index.publishes.publishers[stream.publisher].sent[position] : nil, received: .max)
            let limit = CopyLimit(
                packet: copies.one > 0 ? 1 : copies.two > 0 ? 2 : 0, passage, attempt, match, index.sessions[session], pass.expectations)
            total += min(copies.all, limit.together ?? .max)
            if let copies = limit.together, let most = allowed { allowed = max(most, copies) } else { allowed = nil }
        }
        let most = allowed.map { $0 + (index.mutant == .groupAllowsTwoMembers ? 1 : 0) }
        let excess = max(0, total - (most ?? total))
        tally.duplicates[number] += excess
        tally.redelivered[number] += receivers.count - 1 - excess
        let finding = Finding(
            kind: .sharedDuplicate, subscriber: index.sessions[receivers[1].session].process, publisher: stream.publisher,
            attempt: position, topic: topic,
            detail: .group(filter: group.filter, other: index.sessions[receivers[0].session].process))
        for _ in 0..<excess { findings.add(.sharedDuplicate, finding) }
        guard pass.expectations.redelivery == .forbidden, receivers.count - 1 > excess else { return }
        var again = finding
        again.kind = .redelivered
        again.detail = .none
        for _ in excess..<receivers.count - 1 { findings.add(.redelivered, again) }
    }

    private mutating func addLost(
        _ group: SharedGroup, _ number: Int, _ rank: Int, _ survivor: Int, _ topic: UInt32, _ credit: inout Int
    ) {
        if credit > 0 {
            credit -= 1
            return
        }
        tally.lost[number] += 1
        let stream = index.publishes.streams[number]
        let process = index.publishes.publishers[stream.publisher].process
        let members = group.members.map { index.sessions[$0.session].process }
        if index.processes[process].isDamaged || members.contains(where: { index.processes[$0].isDamaged }) {
            doubts.unprovenMissing += 1
        } else if !doubts.isQuiescent {
            doubts.unprovenUnseen += 1
        } else {
            noteMissing(.sharedLost, number, rank)
            findings.add(
                .sharedLost,
                Finding(
                    kind: .sharedLost, subscriber: index.sessions[survivor].process, publisher: stream.publisher,
                    attempt: Int(stream.attempts[rank]), topic: topic, detail: .group(filter: group.filter, other: nil)))
        }
    }
}
