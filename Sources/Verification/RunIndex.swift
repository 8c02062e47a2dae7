import Trace

/// What the first pass gathers from all files: everything but the deliveries.
struct RunIndex {
    /// The files in the order in which they are read: by their beginning, so that the order in which they were given does not matter.
    let files: [TraceFile]
    var processes: [Process] = []
    var sessions: [Session] = []
    var publishes = PublishTable()
    /// Refusals by stream and reason code.
    var refusals: [UInt32: [UInt8: Int]] = [:]
    var stamps = StampTable()
    var acknowledgements = AcknowledgementOrder()
    var retained = RetainedTable()
    var wills = WillTable()
    /// Wills of clients whose connections the trace does not tell of.
    var looseWills: [(process: Int, will: Will)] = []
    var topics = TopicTree()
    var filters = FilterTable()
    var doubts = Doubts()
    /// What is wrong with how sessions began.
    var sessionFaults: [SessionFault] = []
    /// The connections of clients that connected in several files, by client and file, in the order of the file.
    var seats: [SeatKey: [Seat]] = [:]
    /// The present connection by client and file while ``mergeSplitProcesses()`` is at work.
    var merging: [SeatKey: Seat]?
    /// When the drain ended, by clock.
    var drainEnd: [Int: UInt64] = [:]
    var locks = LockTable()
    /// What processes said their counters read, in the order of reading.
    var readings: [CounterReading] = []
    /// What the notes of the run say of why counters could not be read, by counter.
    var counterNotes: [String: [String]] = [:]
    /// What things of workflows did, and what moved.
    var workflow = WorkflowTable()
    /// What the workflow comes to; `nil` where the trace has none.
    var workflowTotals: CheckReport.Workflow?
    /// What the locks come to; `nil` where there are none.
    var lockTotals: CheckReport.Locks?
    /// What the first pass itself found to be broken.
    var violations = Violations()
    /// The defect that a test gave the checker.
    let mutant: Mutant?
    /// The number in ``topics`` of each topic of each file.
    var topicNumbers: [[UInt32]] = []
    /// The chunks of each file in front of which events are missing.
    var gaps: [Set<Int>]
    /// Where the latest gap of each file ends: the time of the first chunk behind it.
    var seenFrom: [UInt64?]
    /// The attempts whose number their publisher used twice.
    var repeated: Set<AttemptKey> = []
    /// The processes that have sessions in each file.
    var subscribers: [[Int]]
    /// Which monotonic clock each file's times are of.
    let clocks: [Int]
    /// When all subscriptions of the run were acknowledged, by clock.
    var allSubscribed: [Int: UInt64] = [:]

    /// The publisher of each process, -1 where it never published; filled when everything is read.
    var publisherNumbers: [Int] = []
    /// The file in which each publisher acted, -1 where there are several; filled when everything is read.
    var publisherFiles: [Int] = []

    /// One attempt of a publisher.
    struct AttemptKey: Hashable {
        var publisher: Int
        var position: Int
    }

    /// The file in which each process received something last, -1 before. Apart from ``processes``, as it is looked at with every delivery.
    var receivedIn: [Int32] = []
    /// How many messages of the run came to each process, every copy counted.
    var deliveries: [Int] = []
    /// PUBACKs that came after that of a later message.
    var acknowledgedOutOfOrder = 0
    /// Whether the order of PUBACKs is one that the broker is expected to keep.
    let keepsAcknowledgementOrder: Bool
    /// Whether the trace tells of each process's acknowledgements, or that it got a packet with DUP.
    var showsPackets: [Bool] = []
    /// Room for the entries of one stamp.
    var scratch: [StampEntry] = []
    private var processNumbers = ProcessNumbers()
    private var missingTopics: [[UInt32: UInt32]]

    /// One client or service of the run.
    struct Process {
        var id: UInt32
        var name: String
        var group: String
        /// The clock of its events; `nil` where it has none.
        var clock: Int?
        /// Whether its events are times of several clocks, which cannot be compared.
        var hasMixedClocks = false
        /// Whether part of a file that holds its events is missing.
        var isDamaged = false
        var isNamed = false
        var sessions: [Int] = []
        var publisher: Int?
        /// The file that it acted in last.
        var file: Int?
        var actsInSeveralFiles = false
        /// Whether its application gets messages from a causal inbox.
        var hasInbox = false
        /// The file that told of its last connection.
        var connectedIn: Int?
        /// Whether several files tell of its connections.
        var isSplit = false
        /// Whether the trace tells of its acknowledgements.
        var showsAcknowledgements = false

        var isPresent: Bool { clock != nil }
    }

    init(_ files: [TraceFile], _ expectations: Expectations = .init(), _ mutant: Mutant? = nil) {
        self.mutant = mutant
        keepsAcknowledgementOrder = expectations.acknowledgementOrder == .kept
        let sorted = files.sorted {
            ($0.header.anchor.wall, $0.header.writer, $0.name, $0.path) < ($1.header.anchor.wall, $1.header.writer, $1.name, $1.path)
        }
        self.files = sorted
        clocks = sorted.map { sorted.firstIndexOfClock($0) }
        gaps = Array(repeating: [], count: files.count)
        seenFrom = Array(repeating: nil, count: files.count)
        subscribers = Array(repeating: [], count: files.count)
        missingTopics = Array(repeating: [:], count: files.count)
        for file in sorted {
            topicNumbers.append([])
            for (id, name) in file.topics.enumerated() {
                topicNumbers[topicNumbers.count - 1].append(
                    name.map { topics.identify($0) } ?? topics.identifyMissing("topic \(id) of \(file.name)"))
            }
            for (id, process) in file.processes.sorted(by: { $0.key < $1.key }) { name(id, process) }
        }
    }

    /// The number of a process that was seen in the first pass.
    @inline(__always)
    func number(of process: UInt32) -> Int? {
        processNumbers[process]
    }

    /// The number of a process, new or known.
    mutating func identify(_ process: UInt32) -> Int {
        if let number = processNumbers[process] { return number }
        let number = processes.count
        processNumbers[process] = number
        processes.append(Process(id: process, name: "process \(process)", group: "", clock: nil))
        receivedIn.append(-1)
        deliveries.append(0)
        showsPackets.append(false)
        return number
    }

    /// The number of a process that acts in a file.
    @inline(__always)
    mutating func identify(_ process: UInt32, actingIn file: Int) -> Int {
        if let number = processNumbers[process], processes[number].file == file { return number }
        return beginToAct(process, in: file)
    }

    private mutating func beginToAct(_ process: UInt32, in file: Int) -> Int {
        let number = identify(process)
        if let clock = processes[number].clock {
            if clock != clocks[file] { processes[number].hasMixedClocks = true }
        } else {
            processes[number].clock = clocks[file]
        }
        if processes[number].file != file {
            if processes[number].file != nil { processes[number].actsInSeveralFiles = true }
            processes[number].file = file
        }
        return number
    }

    /// The number of a topic of a file.
    mutating func topic(_ id: UInt32, in file: Int) -> UInt32 {
        if id < topicNumbers[file].count {
            let topic = topicNumbers[file][Int(id)]
            if !topics.isKnown[Int(topic)] { doubts.namelessTopics += 1 }
            return topic
        }
        doubts.namelessTopics += 1
        if let known = missingTopics[file][id] { return known }
        let number = topics.identifyMissing("topic \(id) of \(files[file].name)")
        missingTopics[file][id] = number
        return number
    }

    /// Whether the name of a topic stands in its file.
    @inline(__always)
    func isNamed(_ id: UInt32, in file: Int) -> Bool {
        id < topicNumbers[file].count && topics.isKnown[Int(topicNumbers[file][Int(id)])]
    }

    /// The number of a topic that the first pass saw.
    func knownTopic(_ id: UInt32, in file: Int) -> UInt32? {
        id < topicNumbers[file].count ? topicNumbers[file][Int(id)] : missingTopics[file][id]
    }

    /// Whether times of two processes can be compared.
    func shareClock(_ one: Int, _ other: Int) -> Bool {
        (processes[one].clock == processes[other].clock || mutant == .comparesAllClocks) && !processes[one].hasMixedClocks
            && !processes[other].hasMixedClocks
    }

    private mutating func name(_ id: UInt32, _ process: TraceFile.Process) {
        let number = identify(id)
        if processes[number].isNamed, processes[number].name != process.name || processes[number].group != process.group {
            doubts.otherNames.append("process \(id) is \(processes[number].name) in one file and \(process.name) in another")
            return
        }
        processes[number].name = process.name
        processes[number].group = process.group
        processes[number].isNamed = true
    }
}

/// Numbers of processes by their ids: a plain table as long as ids are small, as those of a load run are.
struct ProcessNumbers {
    private var small: [Int32] = []
    private var large: [UInt32: Int] = [:]
    private static let limit: UInt32 = 1 << 22

    subscript(id: UInt32) -> Int? {
        @inline(__always)
        get {
            if id < small.count { return small[Int(id)] < 0 ? nil : Int(small[Int(id)]) }
            return id < Self.limit ? nil : large[id]
        }
        set {
            guard id < Self.limit else {
                large[id] = newValue
                return
            }
            while small.count <= id { small.append(-1) }
            small[Int(id)] = newValue.map(Int32.init) ?? -1
        }
    }
}

extension [TraceFile] {
    /// The first file whose clock this file shares; its index names the clock.
    fileprivate func firstIndexOfClock(_ file: TraceFile) -> Int {
        firstIndex { $0.header.sharesClock(with: file.header) } ?? 0
    }
}
