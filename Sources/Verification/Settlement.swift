import Trace

/// What is known only when all deliveries were read: what is missing, and whose last copies are out of order.
struct Settlement {
    var pass: DeliveryPass
    /// Violations that are not of one message.
    var violations: Violations
    /// Everything of causal order, when settled.
    var causal: CausalCounts { pass.causal.counts }
    var tally: Tally
    var findings: Findings
    var doubts: Doubts
    /// The messages that subscribers missed, by class: stream and rank.
    var missed: [ViolationClass: Set<UInt64>] = [:]
    /// Those of them that nobody got.
    var unheard: [ViolationClass: Anomaly.Unheard] = [:]
    /// What several filters of one session brought.
    var overlap = CheckReport.Overlap()
    let index: RunIndex
    let streamsOfTopic: [[UInt32]]
    /// The number of attempts of each stream that the broker took for sure.
    private let accepted: [Int]

    init(_ pass: DeliveryPass) {
        let index = pass.index
        self.pass = pass
        tally = pass.tally
        findings = pass.findings
        violations = pass.violations
        doubts = pass.doubts
        self.index = index
        var streams: [[UInt32]] = Array(repeating: [], count: index.topics.names.count)
        for (number, stream) in index.publishes.streams.enumerated() { streams[Int(stream.topic)].append(UInt32(number)) }
        streamsOfTopic = streams
        accepted = index.publishes.streams.map { stream in
            let states = index.publishes.publishers[stream.publisher].states
            return stream.attempts.count { states[Int($0)].isAccepted(qos: stream.qos) }
        }
    }

    mutating func settle() {
        for session in index.sessions.indices where index.sessions[session].livedToEnd || index.mutant == .endedSessionsAreOwed {
            settle(session)
        }
        settleEnded()
        for state in pass.states where index.sessions[state.session].livedToEnd { judgeLastCopies(state) }
        for state in pass.states where index.processes[index.sessions[state.session].process].hasInbox { countUnprocessed(state) }
        for state in pass.states {
            countOverlap(state)
            settleLevels(state)
        }
        settleRetained()
        settleWills()
        settleShared()
        settleUnheard()
    }

    private mutating func settle(_ session: Int) {
        let filters = Set(index.sessions[session].subscriptions.map(\.filter)).sorted()
        let topics = filters.count == 1 ? index.filters.topics[filters[0]] : Set(filters.flatMap { index.filters.topics[$0] }).sorted()
        let isResumed = index.sessions[session].connections.dropFirst().contains(where: \.isResume)
        var all: [(topic: UInt32, missing: [Missing])] = []
        for topic in topics where !streamsOfTopic[Int(topic)].isEmpty {
            let match = pass.match(session: session, topic: topic)
            // What only a shared subscription brings, another member of the group may have got.
            if match.plain.isEmpty { continue }
            var missing: [Missing] = []
            for stream in streamsOfTopic[Int(topic)] { settle(session, Int(stream), match, &missing) }
            if isResumed { all.append((topic, missing)) } else { report(missing, session, topic) }
        }
        if isResumed { report(all, session) }
    }

    /// Reports what is missing in a session that was resumed: all of one lost state is one violation.
    private mutating func report(_ all: [(topic: UInt32, missing: [Missing])], _ session: Int) {
        let span = findLostState(session, sent: all.flatMap { $0.missing.filter { $0.copies == nil }.compactMap { sent($0, session) } })
        for (topic, missing) in all {
            guard let span else {
                report(missing, session, topic)
                continue
            }
            var others: [Missing] = []
            for entry in missing {
                guard let sent = sent(entry, session), sent > span.lowerBound ? span.contains(sent) : entry.isTail else {
                    others.append(entry)
                    continue
                }
                if entry.isTail { tally.unseen[entry.stream] += 1 } else { tally.lost[entry.stream] += 1 }
            }
            report(others, session, topic)
        }
    }

    /// When a missing message was sent, by the clock of the session that misses it.
    private func sent(_ entry: Missing, _ session: Int) -> UInt64? {
        let stream = index.publishes.streams[entry.stream]
        let publisher = index.publishes.publishers[stream.publisher]
        guard index.shareClock(publisher.process, index.sessions[session].process) else { return nil }
        return publisher.sent[Int(stream.attempts[entry.rank])]
    }

    /// A delivery that was owed and did not come.
    struct Missing {
        var stream: Int
        var rank: Int
        var isTail: Bool
        var isPrefix: Bool
        /// Where the message came, but not for each filter that matches: how often it did, and had to.
        var copies: Copies?

        struct Copies {
            var came: Int
            var owed: Int
        }
    }

    private mutating func settle(_ session: Int, _ number: Int, _ match: TopicMatch, _ missing: inout [Missing]) {
        let stream = index.publishes.streams[number]
        let publisher = index.publishes.publishers[stream.publisher]
        let subscriber = index.sessions[session].process
        let state = pass.state(session: session, stream: UInt32(number)) ?? StreamState(session: session, stream: number)
        let subscriptions = match.plain.map { index.sessions[session].subscriptions[$0] }.filter {
            // Own messages do not come back where the client asked for that.
            publisher.process != subscriber || !$0.grants.contains { $0.options.contains(.noLocal) }
        }
        guard !subscriptions.isEmpty else { return }
        let highest = state.highestArrived
        let lowest = state.lowestArrived
        settleCopies(session, number, state, match, &missing)
        guard index.shareClock(publisher.process, subscriber) else {
            return settleAcrossClocks(session, number, state, subscriptions, &missing)
        }
        if let granted = Self.constantGrant(subscriptions, stream) {
            let effective = min(stream.qos, granted)
            if effective > 0 { tally.due[number] += accepted[number] }
            state.forEachMissing(of: stream.attempts.count) { rank in
                let position = Int(stream.attempts[rank])
                guard publisher.states[position].isAccepted(qos: stream.qos) else { return }
                note(session, number, rank, effective, highest, lowest, &missing)
            }
            return
        }
        var nextMissing: [Int] = []
        state.forEachMissing(of: stream.attempts.count) { nextMissing.append($0) }
        nextMissing.reverse()
        for (rank, position) in stream.attempts.enumerated() {
            let isMissing = nextMissing.last == rank
            if isMissing { nextMissing.removeLast() }
            guard publisher.states[Int(position)].isAccepted(qos: stream.qos) else { continue }
            let accepted = index.mutant == .withdrawnIsOwed ? 0 : publisher.completed(Int(position))
            let sent = index.mutant == .lateSubscriptionsAreOwed ? accepted : publisher.sent[Int(position)]
            guard let granted = subscriptions.compactMap({ $0.surelyGranted(sent: sent, accepted: accepted) }).max() else { continue }
            let effective = min(stream.qos, granted)
            if effective > 0 { tally.due[number] += 1 }
            if isMissing { note(session, number, rank, effective, highest, lowest, &missing) }
        }
    }

    /// Counts how often messages came that several filters of a session match.
    private mutating func countOverlap(_ state: StreamState) {
        let match = pass.match(session: state.session, topic: index.publishes.streams[state.stream].topic)
        let filters = match.ways(.init())
        guard filters > 1, !match.isShared else { return }
        let (messages, each, between) = state.copies(ofEach: filters)
        overlap.messages += messages
        overlap.each += each
        overlap.once += messages - each - between
    }

    private mutating func countUnprocessed(_ state: StreamState) {
        let stream = index.publishes.streams[state.stream]
        for rank in stream.attempts.indices where state.hasArrived(rank) {
            pass.causal.countUnprocessed(stream.publisher, Int(stream.attempts[rank]), at: index.sessions[state.session].process)
        }
    }

    mutating func note(
        _ session: Int, _ stream: Int, _ rank: Int, _ effective: UInt8, _ highest: Int, _ lowest: Int, _ missing: inout [Missing]
    ) {
        let attempt = Int(index.publishes.streams[stream].attempts[rank])
        pass.causal.countMissing(index.publishes.streams[stream].publisher, attempt, at: index.sessions[session].process)
        if effective == 0 {
            tally.dropped[stream] += 1
        } else {
            missing.append(Missing(stream: stream, rank: rank, isTail: rank > highest, isPrefix: rank < lowest))
        }
    }

    /// The granted QoS where it is the same for the whole stream: one subscription that was acknowledged before the first message, never
    /// changed and never withdrawn, and grants as much as any other.
    private static func constantGrant(_ subscriptions: [Subscription], _ stream: PublishTable.Stream) -> UInt8? {
        let constant = subscriptions.filter {
            $0.end == .max && $0.grants.count == 1 && $0.grants[0].isAnswered && $0.grants[0].from < stream.firstSent
        }
        guard let highest = constant.map({ $0.grants[0].qos }).max() else { return nil }
        return subscriptions.allSatisfy { $0.grants.allSatisfy { $0.qos <= highest || $0.qos >= 0x80 } } ? highest : nil
    }

    /// Reports what is missing on one topic, but for as much as arrived with a damaged payload: that was a message too, and which
    /// one it was cannot be known. The lost ones are accounted for first.
    mutating func report(_ missing: [Missing], _ session: Int, _ topic: UInt32) {
        guard !missing.isEmpty else { return }
        var credit = pass.corrupt[.init(session: session, topic: topic)] ?? 0
        let subscriber = index.sessions[session].process
        for step in 0...2 {
            for entry in missing where (entry.isTail ? 2 : entry.copies != nil ? 1 : 0) == step {
                if credit > 0 {
                    credit -= 1
                    continue
                }
                report(entry, session, subscriber, topic)
            }
        }
    }

    private mutating func report(_ entry: Missing, _ session: Int, _ subscriber: Int, _ topic: UInt32) {
        if entry.isTail { tally.unseen[entry.stream] += 1 } else { tally.lost[entry.stream] += 1 }
        let stream = index.publishes.streams[entry.stream]
        let process = index.publishes.publishers[stream.publisher].process
        if index.processes[subscriber].isDamaged || index.processes[process].isDamaged {
            doubts.unprovenMissing += 1
            return
        }
        // Copies by several subscriptions come in the order that the broker likes, so each may still be under way.
        if entry.isTail || entry.copies != nil, !doubts.isQuiescent {
            doubts.unprovenUnseen += 1
            return
        }
        if !entry.isTail, entry.isPrefix { findings.countPrefix() }
        let state = pass.state(session: session, stream: UInt32(entry.stream))
        let kind: ViolationClass = entry.isTail ? .unseen : .lost
        if kind == .lost, index.mutant == .blindToLoss || entry.isPrefix && index.mutant == .blindToPrefix { return }
        let isSilent = (state?.highestArrived ?? -1) < 0
        if kind == .unseen, index.mutant == (isSilent ? .blindToSilence : .blindBehindTheLast) { return }
        noteMissing(kind, entry.stream, entry.rank)
        findings.add(
            kind,
            Finding(
                kind: kind, subscriber: subscriber, publisher: stream.publisher, attempt: Int(stream.attempts[entry.rank]),
                other: entry.copies != nil ? nil : Self.neighbour(of: entry.rank, in: state, entry.isTail).map { Int(stream.attempts[$0]) },
                topic: topic,
                detail: entry.copies.map { .copies($0.came, allowed: $0.owed) } ?? (entry.isPrefix && !entry.isTail ? .prefix : .none)))
    }

    /// The next rank that did arrive or, at the tail, the last that did.
    private static func neighbour(of rank: Int, in state: StreamState?, _ isTail: Bool) -> Int? {
        guard let state, state.highestArrived >= 0 else { return nil }
        if isTail { return state.highestArrived }
        return (rank + 1...max(rank + 1, state.highestArrived)).first { state.hasArrived($0) || state.aside[$0] != nil }
    }

    /// Whether a message was acknowledged before the one that came again in front of it, which its publisher had written again by then. A broker may
    /// acknowledge out of order, and what it has acknowledged is not written again.
    private func wasAcknowledgedFirst(
        _ position: Int, _ rank: Int, _ skip: Replay.Skipped, _ stream: PublishTable.Stream, _ publisher: Publisher
    ) -> Bool {
        guard stream.qos == 1, skip.ranks.lowerBound > 0, index.mutant != .acknowledgementsHaveOrder else { return false }
        let again = Int(stream.attempts[skip.ranks.lowerBound - 1])
        return publisher.states[again].transmissions > 1 && publisher.completed(position) < publisher.completed(again)
    }

    private mutating func judgeLastCopies(_ state: StreamState) {
        let subscriber = index.sessions[state.session].process
        let stream = index.publishes.streams[state.stream]
        let publisher = index.publishes.publishers[stream.publisher]
        guard !index.processes[subscriber].isDamaged, !index.processes[publisher.process].isDamaged else { return }
        let skips = state.replay.stale(highest: state.end - 1)
        if skips.isEmpty || index.mutant == .firstCopiesOnly { return }
        let match = pass.match(session: state.session, topic: stream.topic)
        // Copies by several subscriptions are interleaved as the broker likes.
        if match.isShared || state.seen.only == nil
            || (match.subscriptions.count > 1 && pass.expectations.overlappingSubscriptions != .once)
        {
            return
        }
        for skip in skips {
            for rank in skip.ranks where state.hasArrived(rank) && state.replay.isStale(rank) {
                let position = Int(stream.attempts[rank])
                guard !publisher.states[position].isConcurrent(qos: stream.qos), !pass.mayHaveMissedFirst(state, rank, match),
                    !wasAcknowledgedFirst(position, rank, skip, stream, publisher)
                else { continue }
                var finding = Finding(
                    kind: .reorder, subscriber: subscriber, publisher: stream.publisher, attempt: position, topic: stream.topic,
                    detail: .notRepeated)
                if pass.isAfterResume(publisher.sent[position], skip.resumedAt, finding) { finding.kind = .reorderAfterResume }
                if skip.ranks.lowerBound > 0 { finding.other = Int(stream.attempts[skip.ranks.lowerBound - 1]) }
                findings.add(finding.kind, finding)
            }
        }
    }
}
