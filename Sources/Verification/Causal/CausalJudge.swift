import Trace

/// Judges causal order at the subscribers of one shard: on the wire, and behind causal inboxes; and holds the stamps that processes write
/// against what they had received.
struct CausalJudge {
    private let index: RunIndex
    /// What arrived at each process, as the broker delivered it.
    private(set) var wire: [CausalView]
    /// What the applications behind causal inboxes saw, by process.
    private(set) var inboxes: [Int: Inbox] = [:]
    private(set) var counts = CausalCounts()
    /// The processes that received what no trace tells of, so that what they have in their past is not known any more.
    private var blurred: Set<Int> = []
    /// Those that received a message without a stamp, so that they cannot know its past.
    private var unknowing: Set<Int> = []
    /// What arrived in the present session of each process that had one before. There is no order across sessions.
    private var later: [Int: CausalView] = [:]
    /// The publishes whose stamps differ from what the stamps that their publisher received say.
    private(set) var accused: [Accusation] = []

    /// A stamp that is wrong, if those that it follows from are right.
    struct Accusation {
        var publisher: Int
        var position: Int
        var place: Place
    }

    /// What one application saw.
    struct Inbox {
        var view: CausalView
        fileprivate(set) var processed: Set<UInt64> = []
        /// What arrived and should not have: that is reported, and its order says nothing, as it was not due.
        fileprivate var strays: Set<UInt64> = []

        init(of process: Int) {
            view = CausalView(of: process)
        }

        fileprivate static func key(_ message: CausalView.Reference) -> UInt64 {
            UInt64(message.publisher) << 32 | UInt64(message.position)
        }

        /// Whether the application saw a message.
        func hasProcessed(_ message: CausalView.Reference) -> Bool { processed.contains(Self.key(message)) }
    }

    init(_ index: RunIndex) {
        self.index = index
        wire = index.processes.indices.map { CausalView(of: $0) }
        for (number, process) in index.processes.enumerated() where process.hasInbox { inboxes[number] = Inbox(of: number) }
    }

    /// Where the publisher's process is in a process's view of the wire.
    mutating func slot(of publisher: Int, at process: Int) -> Int {
        wire[process].slot(of: UInt32(index.publishes.publishers[publisher].process))
    }

    /// Takes the first copy of a message.
    /// - Parameters:
    ///   - slot: the ``slot(of:at:)``.
    ///   - isJudged: whether its order says anything: not that of a retained message or of one that may take effect at any time.
    /// - Returns: the message that came before although this one is in its past.
    @inline(__always)
    mutating func deliver(_ message: CausalView.Reference, at process: Int, slot: Int, isJudged: Bool) -> CausalView.Reference? {
        var arrival = wire[process].arrive(index.stamps, message, slot: slot)
        if !later.isEmpty, let now = arriveLater(message, at: process) { arrival = now }
        // Where publishes are missing, positions are not counts.
        if index.stamps.publishers[Int(message.publisher)].isBlurred {
            blurred.insert(process)
            return nil
        }
        noteUnstamped(message, process)
        guard isJudged, case .late(let effect) = arrival, !isOfOneStream(message, effect), index.mutant != .blindToInversions else {
            return nil
        }
        counts.wireInversions += 1
        return effect
    }

    /// A process begins another session.
    mutating func beginSession(of process: Int) {
        if index.mutant != .inversionsAcrossSessions { later[process] = CausalView(of: process) }
    }

    private mutating func arriveLater(_ message: CausalView.Reference, at process: Int) -> CausalView.Arrival? {
        guard let slot = later[process]?.slot(of: UInt32(index.publishes.publishers[Int(message.publisher)].process)) else { return nil }
        return later[process]?.arrive(index.stamps, message, slot: slot)
    }

    /// Within one stream what comes late is a matter of order. A message that came twice, once from a register, is no inversion of itself.
    private func isOfOneStream(_ one: CausalView.Reference, _ other: CausalView.Reference) -> Bool {
        guard one.publisher == other.publisher, index.mutant != .streamsInvertThemselves else { return false }
        let streams = index.publishes.publishers[Int(one.publisher)].stream
        return streams[Int(one.position)] == streams[Int(other.position)]
    }

    @inline(__always)
    private mutating func noteUnstamped(_ message: CausalView.Reference, _ process: Int) {
        let publisher = Int(message.publisher)
        if !index.stamps.publishers[publisher].unstamped.isEmpty,
            index.stamps.publishers[publisher].unstamped.contains(Int(message.position))
        {
            unknowing.insert(process)
        }
    }

    /// Takes the first copy of a message of which nothing that depends on it came before.
    /// - Returns: false where something did; then nothing was done.
    @inline(__always)
    mutating func deliverInOrder(_ publisher: Int, _ position: Int, at process: Int, slot: Int) -> Bool {
        guard wire[process].known[slot].depth <= position, later.isEmpty || later[process] == nil,
            index.stamps.publishers[publisher].unstamped.isEmpty
        else { return false }
        let message = CausalView.Reference(publisher: UInt32(truncatingIfNeeded: publisher), position: UInt32(truncatingIfNeeded: position))
        wire[process].advance(index.stamps, message, slot: slot)
        return true
    }

    /// Takes over what another shard found at its processes.
    mutating func add(_ other: CausalJudge, _ owns: (Int) -> Bool) {
        for process in wire.indices where owns(process) { wire[process] = other.wire[process] }
        for (process, inbox) in other.inboxes where owns(process) { inboxes[process] = inbox }
        counts.add(other.counts)
        accused += other.accused
    }

    /// Takes a message whose order says nothing, but whose past is now that of the process.
    mutating func merge(_ publisher: Int, _ position: Int, at process: Int) {
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        _ = deliver(message, at: process, slot: slot(of: publisher, at: process), isJudged: false)
    }

    /// A message arrived that should not have.
    mutating func stray(_ publisher: Int, _ position: Int, at process: Int) {
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        inboxes[process]?.strays.insert(Inbox.key(message))
        if index.mutant != .strayHasNoPast { merge(publisher, position, at: process) }
    }

    /// A message arrived of which no trace tells.
    mutating func blur(_ process: Int) {
        blurred.insert(process)
    }

    /// A message came out of a causal inbox.
    /// - Returns: the message that came before it although this one is in its past; `nil` where all is well or the inbox had said that it
    ///   waited no longer.
    mutating func process(_ message: CausalView.Reference, at process: Int, timedOut: Bool) -> CausalView.Reference? {
        guard inboxes[process]?.processed.insert(Inbox.key(message)).inserted == true else { return nil }
        if timedOut { counts.timeouts += 1 }
        let publisher = Int(message.publisher)
        let sender = UInt32(index.publishes.publishers[publisher].process)
        noteUnstamped(message, process)
        let arrival = inboxes[process]?.arrive(index.stamps, message, sender, withoutWaiting: timedOut)
        guard case .late(let effect)? = arrival, !index.stamps.publishers[publisher].isBlurred,
            inboxes[process]?.strays.contains(Inbox.key(message)) == false || index.mutant == .straysHaveOrder,
            index.mutant != .blindToProcessedInversions
        else { return nil }
        counts.processedInversions += 1
        return effect
    }

    /// A process published: its stamp must be what it had in its past, and itself.
    @inline(__always)
    mutating func publish(_ publisher: Int, _ position: Int, by process: Int, _ place: @autoclosure () -> Place) {
        if wire[process].isEmpty, index.stamps.publishers[publisher].isPure, index.stamps.publishers[publisher].wrongOwn.isEmpty { return }
        guard judgeStamp(index.stamps.publishers[publisher], position, process) else { return }
        accused.append(Accusation(publisher: publisher, position: position, place: place()))
    }

    private mutating func judgeStamp(_ stamps: PublisherStamps, _ position: Int, _ process: Int) -> Bool {
        let differing: Int
        if inboxes[process] != nil {
            inboxes[process]?.view.claim(stamps.changes(at: position))
            differing = inboxes[process]?.view.differing ?? 0
        } else {
            wire[process].claim(stamps.changes(at: position))
            differing = wire[process].differing
        }
        let seen = index.processes[process]
        if stamps.isBlurred || seen.isDamaged || seen.actsInSeveralFiles || blurred.contains(process) { return false }
        if stamps.unstamped.contains(position) || index.mutant == .oneGapSilencesStamps && !stamps.unstamped.isEmpty { return false }
        if unknowing.contains(process) {
            counts.unjudgedStamps += 1
            return false
        }
        let isWrong = index.mutant == .looksAtOwnCountOnly ? false : differing > 0
        return isWrong || (stamps.wrongOwn.contains(position) && index.mutant != .trustsOwnCount)
    }

    /// Counts a message that was due at a process and did not arrive, if something arrived that depends on it.
    mutating func countMissing(_ publisher: Int, _ position: Int, at process: Int) {
        let sender = UInt32(index.publishes.publishers[publisher].process)
        if wire[process].depth(of: sender) > position { counts.wireGaps += 1 }
        if let inbox = inboxes[process], inbox.view.depth(of: sender) > position { counts.processedGaps += 1 }
    }

    /// Counts a message that arrived and never came out of the inbox, if something came out that depends on it.
    mutating func countUnprocessed(_ publisher: Int, _ position: Int, at process: Int) {
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        guard let inbox = inboxes[process], !inbox.hasProcessed(message) else { return }
        if inbox.view.depth(of: UInt32(index.publishes.publishers[publisher].process)) > position { counts.processedGaps += 1 }
    }
}

extension CausalJudge.Inbox {
    fileprivate mutating func arrive(
        _ stamps: StampTable, _ message: CausalView.Reference, _ sender: UInt32, withoutWaiting: Bool
    ) -> CausalView.Arrival {
        let slot = view.slot(of: sender)
        return view.arrive(stamps, message, slot: slot, withoutWaiting: withoutWaiting)
    }
}

/// What was counted of causal order.
struct CausalCounts {
    var wireInversions = 0
    var wireGaps = 0
    var processedInversions = 0
    var processedGaps = 0
    var timeouts = 0
    /// Stamps of processes that had received a message without one.
    var unjudgedStamps = 0

    mutating func add(_ other: CausalCounts) {
        wireInversions += other.wireInversions
        wireGaps += other.wireGaps
        processedInversions += other.processedInversions
        processedGaps += other.processedGaps
        timeouts += other.timeouts
        unjudgedStamps += other.unjudgedStamps
    }
}
