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
    /// The present session of each process where it is not a resumed one, so that its streams may be in lanes; -1 elsewhere.
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

    mutating func state(_ session: Int, _ stream: UInt32) -> Int {
        if let known = numbers[session, Int(stream)] {
            leaveLane(known)
            return known
        }
        numbers[session, Int(stream)] = states.count
        states.append(StreamState(session: session, stream: Int(stream)))
        lanes.append(Lane())
        return states.count - 1
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
    func own(_ process: UInt32) -> Int? {
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

    mutating func findPlainSession(of process: Int) {
        let session = cursors[process].session
        let isPlain = session >= 0 && resumedAt(process) == nil
        plainSessions[process] = isPlain ? Int32(index.processes[process].sessions[session]) : -1
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
