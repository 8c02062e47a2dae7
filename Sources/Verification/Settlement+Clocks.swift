extension Settlement {
    /// What is missing of a stream whose publisher's times say nothing at the subscriber.
    ///
    /// Two things show without any clock that a subscription was there when a message was sent: an earlier message of the same stream
    /// that came by it; and the marks of both files that all subscriptions of the run are acknowledged, each on its own clock. What
    /// neither shows to be due may have been sent too early, so it is not missing; and where nothing at all can be told, that is a doubt.
    mutating func settleAcrossClocks(
        _ session: Int, _ number: Int, _ state: StreamState, _ subscriptions: [Subscription], _ missing: inout [Missing]
    ) {
        let stream = index.publishes.streams[number]
        let publisher = index.publishes.publishers[stream.publisher]
        let accepted = stream.attempts.indices.filter { publisher.states[Int(stream.attempts[$0])].isAccepted(qos: stream.qos) }
        // What nobody is sure to have subscribed to, nobody is owed.
        if accepted.isEmpty || subscriptions.allSatisfy(\.isOnlyPossible) { return }
        // Which of several subscriptions brought a message is not known, so each must have stayed, and the least it granted holds.
        let granted = subscriptions.flatMap { $0.grants.map { $0.qos < 0x80 ? $0.possible.lowest ?? 0 : $0.qos } }
        let withdrawn = index.sessions[session].withdrawn
        let haveStayed = subscriptions.allSatisfy { $0.isOnlyPossible ? withdrawn[$0.filter] == nil : $0.end == .max }
        guard let lowest = granted.min(), granted.allSatisfy({ $0 < 0x80 }), haveStayed,
            let first = firstDue(session, stream, publisher, state, subscriptions)
        else {
            doubts.incomparable += 1
            return
        }
        let effective = min(stream.qos, lowest)
        if effective > 0 { tally.due[number] += accepted.count { $0 >= first } }
        state.forEachMissing(of: stream.attempts.count) { rank in
            guard rank >= first, publisher.states[Int(stream.attempts[rank])].isAccepted(qos: stream.qos) else { return }
            note(session, number, rank, effective, state.highestArrived, state.lowestArrived, &missing)
        }
    }

    /// The first rank from which on all messages of a stream are surely due.
    private func firstDue(
        _ session: Int, _ stream: PublishTable.Stream, _ publisher: Publisher, _ state: StreamState, _ subscriptions: [Subscription]
    ) -> Int? {
        var first = state.firstLive
        let process = index.processes[publisher.process]
        let subscriber = index.processes[index.sessions[session].process]
        if !process.hasMixedClocks, !subscriber.hasMixedClocks, let here = process.clock.flatMap({ index.allSubscribed[$0] }),
            let there = subscriber.clock.flatMap({ index.allSubscribed[$0] }),
            subscriptions.contains(where: {
                !$0.isOnlyPossible && $0.grants.contains { $0.isAnswered && $0.from <= there || index.mutant == .markCountsForAll }
            }),
            let rank = stream.attempts.indices.first(where: { publisher.sent[Int(stream.attempts[$0])] > here })
        {
            first = min(first ?? rank, rank)
        }
        return first
    }
}
