import Trace

/// The deliveries of clients that several files tell of, kept until all files are read, and then judged connection by connection.
struct SplitDeliveries {
    private var entries: [Entry] = []
    private var passed: [SeatKey: Int] = [:]

    /// One delivery or acknowledgement, and the connection that it came on.
    struct Entry {
        var event: TraceEvent
        var process: Int
        var seat: Seat?
        var file: Int
        var offset: Int
    }

    /// Keeps an event for later, where its client belongs to the shard.
    /// - Returns: whether it is one of such a client and is kept, or says nothing more.
    mutating func keeps(_ event: TraceEvent, _ file: Int, _ offset: Int, _ index: RunIndex, _ shard: Shard) -> Bool {
        let id: UInt32
        switch event {
        case .delivered(let event): id = event.process
        case .deliveredUnreadable(let event): id = event.process
        case .acknowledged(let event): id = event.process
        case .connected(let event): id = event.process
        case .subscribed(let event): id = event.process
        case .unsubscribed(let event): id = event.process
        default: return false
        }
        guard let process = index.number(of: id), index.isMerged(process) else { return false }
        guard shard.owns(process) else { return true }
        let key = SeatKey(process: process, file: file)
        switch event {
        case .connected: passed[key, default: 0] += 1
        case .subscribed, .unsubscribed: break
        default:
            let seat = passed[key].flatMap { index.seats[key]?[$0 - 1] }
            entries.append(Entry(event: event, process: process, seat: seat, file: file, offset: offset))
        }
        return true
    }

    /// Goes behind a gap of a file.
    mutating func passGap(_ file: Int, _ chunk: Int, _ index: RunIndex) {
        for (key, seats) in index.seats where key.file == file {
            let next = passed[key] ?? 0
            if next < seats.count, seats[next].cut == .init(file: file, chunk: chunk) { passed[key] = next + 1 }
        }
    }

    /// What was kept, connection by connection.
    func inOrder() -> [Entry] {
        entries.sorted { ($0.process, $0.seat?.at ?? 0, $0.file, $0.offset) < ($1.process, $1.seat?.at ?? 0, $1.file, $1.offset) }
    }
}

extension RunIndex {
    /// Whether a client's sessions were put together from several files.
    func isMerged(_ process: Int) -> Bool { processes[process].isSplit && !processes[process].hasMixedClocks }
}

extension DeliveryPass {
    /// Judges what was kept.
    mutating func readKept() {
        for entry in kept.inOrder() {
            let session = entry.seat?.session ?? 0
            if cursors[entry.process].session != session, session > 0 { causal.beginSession(of: entry.process) }
            cursors[entry.process].session = session
            cursors[entry.process].connection = entry.seat?.connection ?? -1
            take(entry.event, entry.file, entry.offset)
        }
    }

    /// A connection that another has taken over gets what was sent when the other one stood [MQTT-3.1.4-2]: one violation for each connection.
    /// - Returns: whether the delivery is of that kind; then nothing else is judged of it.
    mutating func judgeTakeover(_ publisher: Int, _ position: Int, _ process: Int, _ place: Place) -> Bool {
        guard let connection = connection(of: process), let taken = connection.takenOverAt else { return false }
        let table = index.publishes.publishers[publisher]
        let isLater = index.mutant == .takeoverComparesBackwards ? table.sent[position] < taken : table.sent[position] > taken
        guard isLater, index.shareClock(table.process, process) else { return false }
        let sessions = index.processes[process].sessions
        let newer = sessions.flatMap { index.sessions[$0].connections }.first { $0.from == taken && $0.file != connection.file }
        guard reportedTakeovers.insert(.init(process: process, from: connection.from)).inserted else { return true }
        let name = index.processes[process].name
        let topic = index.topics.names[Int(index.publishes.streams[Int(table.stream[position])].topic)]
        violations.add(
            .takeoverBothLive,
            Witness(
                sentence: "\(name) connected once more, and its older connection still got \(topic) message "
                    + "\(table.key(at: position).sequence) of \(index.processes[table.process].name), which was sent later.",
                publisher: index.processes[table.process].name, sequence: table.key(at: position).sequence, topic: topic, subscriber: name,
                events: [connection.event, newer?.event].compactMap { $0 } + [index.event("delivered", place)]))
        return true
    }

    struct TakenOver: Hashable {
        var process: Int
        var from: UInt64
    }
}
