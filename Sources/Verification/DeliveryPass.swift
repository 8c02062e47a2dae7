import Trace

/// The second pass: streams the deliveries and judges each as it comes. Everything it keeps belongs to one session or another, so that
/// several passes over disjoint sets of subscribers can share one index.
struct DeliveryPass {
    let index: RunIndex
    let expectations: Expectations
    let shard: Shard
    var states: [StreamState] = []
    /// The same of each state that is needed while everything comes in order.
    var lanes: [Lane] = []
    var findings = Findings()
    var tally: Tally
    /// What only deliveries make doubtful.
    var doubts = Doubts()
    /// Violations that are not of one message.
    var violations = Violations()
    var causal: CausalJudge
    var packets: PacketTable
    /// What came of wills, by session.
    var wills: [WillKey: WillArrivals] = [:]
    /// The topics whose retained message came to a session.
    var retainedArrivals: Set<SessionTopic> = []
    /// Messages of others at a broker that others use too, by topic.
    var strangers: [UInt32: Int] = [:]
    /// Deliveries with the RETAIN flag of what the run published.
    var retainedDeliveries = 0
    var resumed = ResumedArrivals()
    var kept = SplitDeliveries()
    var reportedTakeovers: Set<TakenOver> = []
    /// Deliveries with a damaged payload by session and topic, above QoS 0: each stands for one message that the session misses.
    var corrupt: [SessionTopic: Int] = [:]
    /// The state of each stream of each session.
    var numbers = PairTable()
    var matches: [[UInt32: TopicMatch]]
    /// The present session of each process where it is not a resumed one and its packets are not watched, so that its streams may be in
    /// lanes; -1 elsewhere.
    var plainSessions: [Int32]
    var cursors: [Cursor]
    /// How many publishes of each publisher were read so far.
    private var published: [Int]

    struct SessionTopic: Hashable {
        var session: Int
        var topic: UInt32
    }

    /// Where a process is in the list of its sessions.
    struct Cursor {
        var session = -1
        var connection = -1
    }

    init(_ index: RunIndex, _ expectations: Expectations, _ shard: Shard, isWatchful: Bool = false) {
        self.index = index
        self.expectations = expectations
        self.shard = shard
        tally = Tally(index)
        causal = CausalJudge(index)
        packets = PacketTable(index, isWatchful: isWatchful)
        plainSessions = Array(repeating: -1, count: index.processes.count)
        matches = Array(repeating: [:], count: index.sessions.count)
        cursors = Array(repeating: Cursor(), count: index.processes.count)
        published = Array(repeating: 0, count: index.publishes.publishers.count)
    }

    mutating func read() {
        let hasSplit = !index.seats.isEmpty
        for file in shard.files {
            let source = index.files[file]
            for (chunkIndex, chunk) in source.chunks.enumerated() {
                if index.gaps[file].contains(chunkIndex) { passGap(file, chunkIndex) }
                _ = source.forEach(in: chunk) { event, offset in
                    if hasSplit, kept.keeps(event, file, offset, index, shard) { return }
                    take(event, file, offset)
                }
            }
        }
        readKept()
        for number in lanes.indices { leaveLane(number) }
    }

    /// The state of a stream in a session, where anything of it arrived.
    func state(session: Int, stream: UInt32) -> StreamState? {
        numbers[session, Int(stream)].map { states[$0] }
    }

    /// How the subscriptions of a session match a topic; found once.
    mutating func match(session: Int, topic: UInt32) -> TopicMatch {
        if let known = matches[session][topic] { return known }
        let match = TopicMatch(index.sessions[session], topic, index.filters)
        matches[session][topic] = match
        return match
    }

    private mutating func passGap(_ file: Int, _ chunk: Int) {
        kept.passGap(file, chunk, index)
        for process in index.subscribers[file] where !index.isMerged(process) {
            let next = cursors[process].session + 1
            let sessions = index.processes[process].sessions
            guard next < sessions.count, index.sessions[sessions[next]].cut == .init(file: file, chunk: chunk) else { continue }
            cursors[process] = Cursor(session: next, connection: -1)
            if next > 0 { causal.beginSession(of: process) }
            findPlainSession(of: process)
        }
    }

    /// The number of a process of this shard; `nil` for those of others.
    @inline(__always)
    private func own(_ process: UInt32) -> Int? {
        guard let number = index.number(of: process), shard.owns(number) else { return nil }
        return number
    }

    @inline(__always)
    mutating func take(_ event: TraceEvent, _ file: Int, _ offset: Int) {
        switch event {
        case .delivered(let event):
            guard let process = own(event.process) else { return }
            if deliverInOrder(event, process, file) { return }
            deliver(event, process, .init(at: event.at, file: file, offset: offset))
        case .deliveredUnreadable(let event):
            guard let process = own(event.process) else { return }
            deliverUnreadable(event, process, .init(at: event.at, file: file, offset: offset))
        case .connected(let event):
            guard let process = own(event.process) else { return }
            goToNextConnection(of: process)
            findPlainSession(of: process)
        case .acknowledged(let event):
            if let process = own(event.process) { acknowledge(event, process) }
        case .published(let event):
            notePublish(event)
            judgeStamp(of: event, .init(at: event.at, file: file, offset: offset))
        case .processed(let event): process(event, .init(at: event.at, file: file, offset: offset))
        case .subscribed(let event): enter(event.process)
        case .unsubscribed(let event): enter(event.process)
        default: break
        }
    }

    @inline(__always)
    private mutating func notePublish(_ event: TraceEvent.Published) {
        guard let publisher = index.number(of: event.process).map({ index.publisherNumbers[$0] }), publisher >= 0,
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        published[publisher] = max(published[publisher], position + 1)
    }

    /// Whether a delivery stands in its file before the publish that it is of. Nobody receives what was not sent, so then the writer is wrong.
    @inline(__always)
    func isForetold(_ publisher: Int, _ position: Int, in file: Int) -> Bool {
        position >= published[publisher] && index.publisherFiles[publisher] == file
    }

    /// The next connection of the process, as the first pass put them together.
    private mutating func goToNextConnection(of process: Int) {
        let cursor = cursors[process]
        if cursor.session >= 0 {
            let session = index.sessions[index.processes[process].sessions[cursor.session]]
            if cursor.connection + 1 < session.connections.count { return cursors[process].connection += 1 }
        }
        cursors[process] = Cursor(session: cursor.session + 1, connection: 0)
        if cursor.session >= 0 { causal.beginSession(of: process) }
    }

    /// A process that acts before it connected has a session from before the trace.
    private mutating func enter(_ process: UInt32) {
        guard let process = own(process), cursors[process].session < 0 else { return }
        cursors[process].session = 0
        findPlainSession(of: process)
    }

    private mutating func findPlainSession(of process: Int) {
        let session = cursors[process].session
        let isPlain = session >= 0 && resumedAt(process) == nil && !packets.isWatched[process]
        plainSessions[process] = isPlain ? Int32(index.processes[process].sessions[session]) : -1
    }

    private mutating func deliver(_ event: TraceEvent.Delivered, _ process: Int, _ delivery: Place) {
        if cursors[process].session < 0 {
            cursors[process].session = 0
            findPlainSession(of: process)
        }
        let session = index.processes[process].sessions[cursors[process].session]
        guard let topic = index.knownTopic(event.topic, in: delivery.file) else { return }
        guard let publisher = index.number(of: event.publisher).flatMap({ index.processes[$0].publisher }),
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else {
            causal.blur(process)
            if !deliverWill(event, process, topic, delivery) { deliverUnpublished(event, process, topic, delivery) }
            return
        }
        if isForetold(publisher, position, in: delivery.file), index.mutant != .writersAreRight { doubts.foretold += 1 }
        if cursors[process].connection > 0 { noteArrival(session, process, publisher, position) }
        if !index.seats.isEmpty, judgeTakeover(publisher, position, process, delivery) { return }
        let stream = index.publishes.publishers[publisher].stream[position]
        let attempt = index.publishes.publishers[publisher].states[position]
        let rank = Int(index.publishes.publishers[publisher].rank[position])
        let published = index.publishes.streams[Int(stream)].topic
        let finding = Finding(
            kind: .lost, subscriber: process, publisher: publisher, attempt: position, topic: published, delivery: delivery)
        if attempt.outcome == .refused, index.mutant != .refusedMayArrive {
            notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
            causal.stray(publisher, position, at: process)
            return add(.abortedRead, finding)
        }
        let isRepeated = !index.repeated.isEmpty && index.repeated.contains(.init(publisher: publisher, position: position))
        if topic != published, index.mutant != .topicIsNotCompared, index.topics.isKnown[Int(topic)], index.topics.isKnown[Int(published)],
            !isRepeated
        {
            notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
            causal.stray(publisher, position, at: process)
            add(.misrouted, finding, .deliveredOn(topic))
            let number = state(session, stream)
            return states[number].arriveAside(rank, asRetained: false)
        }
        let match = match(session: session, topic: topic)
        let passage = passage(of: event, publisher, position, to: process)
        let reach = reach(match, passage, session)
        if reach.isEmpty, index.topics.isKnown[Int(topic)] {
            guard mayHaveOthers(session) || index.mutant == .anySubscriptionWillDo else {
                notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
                causal.stray(publisher, position, at: process)
                return addUnmatched(finding, session)
            }
            doubts.unmatchedInherited += 1
        }
        let number = state(session, stream)
        let isFirst = !states[number].hasArrived(rank) && states[number].aside[rank] == nil
        if !isRepeated, isWrong(event, reach, match, session, publisher, position) {
            add(.wrongQoS, finding, .qos(event.qos, expected: expected(event, reach, match, session, publisher, position)))
            if event.retain { retainedArrivals.insert(SessionTopic(session: session, topic: finding.topic)) }
            judgePacket(event, number, rank, isFirst: isFirst, isReported: true, match, finding)
            return setAside(number, rank, match)
        }
        if event.retain {
            retainedDeliveries += 1
            judgeRetained(session, match, finding)
            judgePacket(event, number, rank, isFirst: isFirst, isReported: false, match, finding)
            // What a subscription brings of older messages has no order among live ones and is no further copy of them.
            return setAside(number, rank, match)
        }
        noteLevel(of: event.qos, number, rank, match, session, publisher, position)
        let isReported = judgeCopy(number, rank, attempt, match, passage, event, finding)
        judgePacket(event, number, rank, isFirst: isFirst, isReported: isReported, match, finding)
        enterLane(number, topic, match)
    }

    /// - Returns: whether it is a copy too many.
    private mutating func judgeCopy(
        _ number: Int, _ rank: Int, _ attempt: AttemptState, _ match: TopicMatch, _ passage: Passage, _ event: TraceEvent.Delivered,
        _ finding: Finding
    ) -> Bool {
        let stream = states[number].stream
        let qos = index.publishes.streams[stream].qos
        let session = index.sessions[states[number].session]
        let highest = states[number].end - 1
        states[number].see(event.qos)
        if states[number].hasArrived(rank) {
            let overlapping = index.mutant == .overlapGivesOneCopy ? Expectations(overlappingSubscriptions: .once) : expectations
            let limit = CopyLimit(packet: event.qos, passage, attempt, match, session, overlapping)
                .limited(by: index.mutant, event.qos, attempt)
            let ways = match.ways(expectations)
            let isCounted = ways > 1 || limit.copies ?? 1 > 1 || match.onlyQoS(qos) == nil
            let copies = isCounted ? states[number].countCopy(rank, at: event.qos) : .two(at: event.qos)
            if let excess = limit.excess(copies, at: event.qos) {
                tally.duplicates[stream] += 1
                add(event.qos == 2 ? .duplicateQoS2 : .duplicateQoS0, finding, .copies(excess.copies, allowed: excess.allowed))
                return true
            }
            // One for each filter is no redelivery, unless it says that it is one.
            if copies.all <= ways, event.dup != true {
                tally.repeated[stream] += 1
                return false
            }
            tally.redelivered[stream] += 1
            if expectations.redelivery == .forbidden, index.mutant != .redeliveryIsNeverForbidden { add(.redelivered, finding) }
            if !mayComeLate(attempt, qos, at: event.qos), !mayHaveMissedFirst(states[number], rank, match), !mayHideFirst(session, passage)
            {
                let resumedAt = resumedAt(finding.subscriber)
                if mayBeLiveResend(states[number], rank, event.dup, finding.subscriber) {
                    states[number].replay.refresh(rank, highest: highest)
                } else {
                    states[number].replay.take(rank, highest: highest, resumedAt: resumedAt)
                }
            }
            return expectations.redelivery == .forbidden
        }
        if match.group == nil, states[number].aside[rank] != true { tally.delivered[stream] += 1 }
        states[number].arrive(rank)
        if match.onlyQoS(qos) == nil { states[number].noteFirst(rank, at: event.qos) }
        let isConcurrent =
            mayComeLate(attempt, qos, at: event.qos) || mayHaveMissedFirst(states[number], rank, match) || mayHideFirst(session, passage)
        judgeCause(number, isJudged: !isConcurrent && !match.isShared && rank > states[number].highestOfAll, finding)
        guard !match.isShared else { return false }
        if rank > highest {
            states[number].replay.take(rank, highest: highest, resumedAt: resumedAt(finding.subscriber))
        } else {
            states[number].replay.takeLate(rank, resumedAt: resumedAt(finding.subscriber))
        }
        // There is no order between copies of different QoS.
        let level = index.mutant == .ordersAcrossQoS ? 0 : event.qos
        guard !(isConcurrent && rank < states[number].highest(at: level)),
            states[number].isLate(rank, at: level, overwriting: index.mutant == .lateOverwritesLast)
        else { return false }
        let other = Int(index.publishes.streams[stream].attempts[states[number].highest(at: level)])
        var late = finding
        late.other = other
        let sent = finding.attempt.map { index.publishes.publishers[index.publishes.streams[stream].publisher].sent[$0] } ?? 0
        add(isAfterResume(sent, resumedAt(finding.subscriber), finding) ? .reorderAfterResume : .reorder, late)
        return false
    }

    /// Whether a message may come for the first time after later ones. At effective QoS 0 the first copy may be lost, and what the publisher sent
    /// again at QoS 1 then comes alone. At QoS 2 the broker knows the packet and forwards it once.
    private func mayComeLate(_ attempt: AttemptState, _ qos: UInt8, at packet: UInt8) -> Bool {
        let mayBeLost = qos == 1 || index.mutant == .resendsAtQoS2AreForwarded
        switch index.mutant {
        case .unknownKeepsOrder: return false
        case .ordersResendsAtQoS0: return attempt.isConcurrent(qos: qos)
        default: return attempt.isConcurrent(qos: qos) || mayBeLost && packet == 0 && attempt.transmissions > 1
        }
    }

    /// Whether a gap of the trace may hide that a message had come before: then nobody knows whether this is its first copy.
    @inline(__always)
    private func mayHideFirst(_ session: Session, _ passage: Passage) -> Bool {
        guard session.isInherited, let seenFrom = session.seenFrom, index.mutant != .gapsHideNothing else { return false }
        return passage.sent.map { $0 <= seenFrom } ?? true
    }

    /// A message that came after a later one of its own stream is a matter of order, not of causes.
    @inline(__always)
    private mutating func judgeCause(_ number: Int, isJudged: Bool, _ finding: Finding) {
        guard let publisher = finding.publisher, let position = finding.attempt else { return }
        if states[number].causalSlot < 0 {
            states[number].causalSlot = Int32(causal.slot(of: publisher, at: finding.subscriber))
        }
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        let effect = causal.deliver(message, at: finding.subscriber, slot: Int(states[number].causalSlot), isJudged: isJudged)
        if let effect, expectations.causalOrder == .wire { addInversion(finding, effect) }
    }

    private mutating func process(_ event: TraceEvent.Processed, _ delivery: Place) {
        guard let process = own(event.process),
            let publisher = index.number(of: event.publisher).flatMap({ index.processes[$0].publisher }),
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        guard let effect = causal.process(message, at: process, timedOut: event.timedOut) else { return }
        let topic = index.publishes.streams[Int(index.publishes.publishers[publisher].stream[position])].topic
        let finding = Finding(
            kind: .causalInversion, subscriber: process, publisher: publisher, attempt: position, topic: topic, delivery: delivery,
            detail: .processed)
        addInversion(finding, effect)
    }

    private mutating func addInversion(_ finding: Finding, _ effect: CausalView.Reference) {
        var inversion = finding
        inversion.effect = effect
        add(.causalInversion, inversion, finding.detail)
    }

    @inline(__always)
    private mutating func judgeStamp(of event: TraceEvent.Published, _ delivery: Place) {
        guard let process = own(event.process), let publisher = index.processes[process].publisher,
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        causal.publish(publisher, position, by: process, delivery)
    }

    /// Reports the stamps that are wrong. One that differs from what the stamps before it say is right all the same where it is what the events say:
    /// then one of those before it is wrong.
    mutating func reportStamps() {
        if causal.accused.isEmpty { return }
        let truth = index.mutant == .passesWrongStampsOn ? nil : TrueStamps(index)
        for accusation in causal.accused {
            if let truth, truth.agrees(index.stamps.publishers[accusation.publisher], accusation.publisher, accusation.position) {
                continue
            }
            let publisher = index.publishes.publishers[accusation.publisher]
            let finding = Finding(
                kind: .stampCorrupt, subscriber: publisher.process, publisher: accusation.publisher, attempt: accusation.position,
                topic: index.publishes.streams[Int(publisher.stream[accusation.position])].topic, delivery: accusation.place)
            findings.add(.stampCorrupt, finding)
        }
    }

    private mutating func deliverUnpublished(
        _ event: TraceEvent.Delivered, _ process: Int, _ topic: UInt32, _ delivery: Place
    ) {
        notePacket(
            event.packetID, process, PacketTable.Entry.unknown,
            Finding(kind: .unexpected, subscriber: process, topic: topic, delivery: delivery))
        // A retained message may be older than the run.
        if event.retain || index.mutant == .unknownNumbersAreLate { return }
        guard let publisher = index.number(of: event.publisher), index.processes[publisher].isPresent else {
            doubts.strangers += 1
            return
        }
        guard !index.processes[publisher].isDamaged else {
            doubts.unprovenUnexpected += 1
            return
        }
        let finding = Finding(
            kind: .unexpected, subscriber: process, publisher: index.processes[publisher].publisher, topic: topic, delivery: delivery)
        add(.unexpected, finding, .number(sequence: event.sequence, attempt: event.attempt))
    }

    private mutating func deliverUnreadable(_ event: TraceEvent.DeliveredUnreadable, _ process: Int, _ delivery: Place) {
        if cursors[process].session < 0 { cursors[process].session = 0 }
        let session = index.processes[process].sessions[cursors[process].session]
        guard let topic = index.knownTopic(event.topic, in: delivery.file) else { return }
        let finding = Finding(kind: .corrupt, subscriber: process, topic: topic, delivery: delivery)
        notePacket(event.packetID, process, PacketTable.Entry.unknown, finding)
        if cursors[process].connection > 0 { resumed.take(session: session, connection: cursors[process].connection, sent: 0) }
        switch event.cause {
        case .corrupt:
            if index.mutant != .corruptIsHarmless { add(.corrupt, finding) }
            if event.qos > 0 { corrupt[SessionTopic(session: session, topic: topic), default: 0] += 1 }
            if event.retain { retainedArrivals.insert(SessionTopic(session: session, topic: topic)) }
        case .stranger:
            strangers[topic, default: 0] += 1
        case .foreign:
            // An empty payload that somebody published cannot be recognised.
            if !index.doubts.damages.isEmpty {
                doubts.unprovenUnexpected += 1
            } else if !event.retain, index.mutant != .foreignIsHarmless, !index.retained.emptied.contains(topic) {
                add(.unexpected, finding, .foreign)
            }
        }
    }

    private mutating func state(_ session: Int, _ stream: UInt32) -> Int {
        if let known = numbers[session, Int(stream)] {
            leaveLane(known)
            return known
        }
        numbers[session, Int(stream)] = states.count
        states.append(StreamState(session: session, stream: Int(stream)))
        lanes.append(Lane())
        return states.count - 1
    }

    mutating func add(_ kind: ViolationClass, _ finding: Finding, _ detail: Finding.Detail = .none) {
        findings.add(kind, Self.make(finding, kind, detail))
    }

    private static func make(_ finding: Finding, _ kind: ViolationClass, _ detail: Finding.Detail) -> Finding {
        var made = finding
        made.kind = kind
        made.detail = detail
        return made
    }
}
