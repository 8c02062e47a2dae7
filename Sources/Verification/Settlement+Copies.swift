import Trace

/// Where the broker is expected to send a copy for each filter of a session that matches: what came less often.
///
/// What did not come at all is missing once, like any message. A copy at QoS 0 may be dropped, and a further one that QoS 1 allows cannot be told from
/// the one that is missing, so what is found here is missing for sure.
extension Settlement {
    mutating func settleCopies(_ session: Int, _ number: Int, _ state: StreamState, _ match: TopicMatch, _ missing: inout [Missing]) {
        guard mayMissCopies(session, number, match) else { return }
        let stream = index.publishes.streams[number]
        let highest = state.highestArrived
        for rank in stream.attempts.indices {
            let owed = copiesOwed(session, number, rank, state, match)
            guard owed > 0 else { continue }
            tally.due[number] += owed - 1
            let came = copiesThatCame(number, rank, state, match)
            for _ in came..<max(came, owed) {
                missing.append(
                    Missing(stream: number, rank: rank, isTail: rank == highest, isPrefix: false, copies: .init(came: came, owed: owed)))
            }
        }
    }

    /// Whether a message that came lacks a copy.
    func lacksCopy(_ session: Int, _ number: Int, _ rank: Int, _ state: StreamState, _ match: TopicMatch) -> Bool {
        mayMissCopies(session, number, match)
            && copiesThatCame(number, rank, state, match) < copiesOwed(session, number, rank, state, match)
    }

    private func mayMissCopies(_ session: Int, _ number: Int, _ match: TopicMatch) -> Bool {
        pass.expectations.overlappingSubscriptions == .each && match.plainFilters.count > 1 && !match.isShared
            && index.mutant != .oneCopyOfEachWillDo
            && index.shareClock(
                index.publishes.publishers[index.publishes.streams[number].publisher].process, index.sessions[session].process)
    }

    /// The filters by each of which a message that came had to come above QoS 0; 0 where nothing of it came live, or some of it in a way that says
    /// nothing of copies.
    private func copiesOwed(_ session: Int, _ number: Int, _ rank: Int, _ state: StreamState, _ match: TopicMatch) -> Int {
        let stream = index.publishes.streams[number]
        let publisher = index.publishes.publishers[stream.publisher]
        let position = Int(stream.attempts[rank])
        guard publisher.states[position].isAccepted(qos: stream.qos), state.hasArrived(rank), state.aside[rank] == nil else { return 0 }
        let subscriptions = index.sessions[session].subscriptions
        let isOwn = publisher.process == index.sessions[session].process
        return match.plainFilters.count { filter in
            filter.subscriptions.contains { place in
                if isOwn, subscriptions[place].grants.contains(where: { $0.options.contains(.noLocal) }) { return false }
                let granted = subscriptions[place].surelyGranted(sent: publisher.sent[position], accepted: publisher.completed(position))
                return min(granted ?? 0, stream.qos) > 0
            }
        }
    }

    private func copiesThatCame(_ number: Int, _ rank: Int, _ state: StreamState, _ match: TopicMatch) -> Int {
        let copies = state.copies(of: rank, at: match.onlyQoS(index.publishes.streams[number].qos) ?? 0)
        return copies.one + copies.two
    }
}
