import Trace

/// One client in one file.
struct SeatKey: Hashable {
    var process: Int
    var file: Int
}

/// A connection of a client that several files tell of.
struct Seat {
    /// Its place in the list of the client's sessions.
    var session: Int
    /// Its place among the connections of the session; -1 behind a gap of the trace.
    var connection: Int
    /// When it began.
    var at: UInt64
    /// The gap that opened it.
    var cut: Session.Cut?
}

/// A client that connects on two hosts, or whose process was started again with a trace of its own, is one client to the broker. Its
/// sessions follow each other in time and not in the order of the files.
extension RunIndex {
    /// Builds the sessions of such clients anew, in the order of time. Reads the files once more, but only where there are such clients.
    mutating func mergeSplitProcesses() {
        let split = Set(processes.indices.filter { processes[$0].isSplit && !processes[$0].hasMixedClocks })
        guard !split.isEmpty else { return }
        sessionFaults.removeAll { split.contains($0.process) }
        looseWills.removeAll { split.contains($0.process) }
        for process in split {
            for session in processes[process].sessions {
                sessions[session].connections = []
                sessions[session].subscriptions = []
            }
            processes[process].sessions = []
        }
        merging = [:]
        for entry in sessionEvents(of: split).sorted(by: { ($0.time, $0.number) < ($1.time, $1.number) }) { replay(entry) }
        merging = nil
    }

    /// Notes in which file a client connected.
    mutating func noteFile(of process: Int, _ file: Int) {
        if processes[process].connectedIn ?? file != file { processes[process].isSplit = true }
        processes[process].connectedIn = file
    }

    /// Notes the present connection of a client that several files tell of.
    mutating func sit(_ process: Int, _ file: Int, _ session: Int, _ connection: Int, at: UInt64, cut: Session.Cut? = nil) {
        guard merging != nil, let number = processes[process].sessions.lastIndex(of: session) else { return }
        let key = SeatKey(process: process, file: file)
        let seat = Seat(session: number, connection: connection, at: at, cut: cut)
        merging?[key] = seat
        seats[key, default: []].append(seat)
    }

    private struct Entry {
        enum What {
            case event(TraceEvent)
            case gap(Int)
        }

        /// The time of the event or, where times step back, of the latest event of the same client and file before it.
        var time: UInt64
        var number: Int
        var process: Int
        var what: What
        var place: Place
    }

    private func sessionEvents(of split: Set<Int>) -> [Entry] {
        var entries: [Entry] = []
        for file in files.indices {
            var latest: [Int: UInt64] = [:]
            func add(_ process: Int, _ what: Entry.What, _ place: Place) {
                latest[process] = max(latest[process] ?? 0, place.at)
                entries.append(
                    Entry(time: latest[process] ?? place.at, number: entries.count, process: process, what: what, place: place))
            }
            for (number, chunk) in files[file].chunks.enumerated() {
                if gaps[file].contains(number) {
                    for (process, time) in latest.sorted(by: { $0.key < $1.key }) {
                        add(process, .gap(number), Place(at: time, file: file, offset: chunk.offset))
                    }
                }
                _ = files[file].forEach(in: chunk) { event, offset in
                    guard let (id, at, isFleeting) = event.session, let process = self.number(of: id), split.contains(process),
                        !isFleeting || latest[process] == nil
                    else { return }
                    add(process, .event(event), Place(at: at, file: file, offset: offset))
                }
            }
        }
        return entries
    }

    private mutating func replay(_ entry: Entry) {
        let file = entry.place.file
        switch entry.what {
        case .gap(let chunk):
            let cut = Session.Cut(file: file, chunk: chunk)
            let session = addSession(entry.process, file, isInherited: true, cut: cut)
            sit(entry.process, file, session, -1, at: entry.time, cut: cut)
        case .event(.connected(let event)): connect(event, entry.process, entry.place)
        case .event(.disconnected(let event)): disconnect(event, entry.process, file)
        case .event(.subscribed(let event)): subscribe(event, entry.process, file, files[file])
        case .event(.unsubscribed(let event)): unsubscribe(event, entry.process, file, files[file])
        case .event(.will(let event)):
            guard let topic = knownTopic(event.topic, in: file) else { return }
            registerWill(event, entry.process, topic: topic, entry.place)
        case .event: ensureSession(entry.process, file)
        }
    }
}

extension TraceEvent {
    /// The client and the time of an event that says something of its session; fleeting where it says only that there is one.
    fileprivate var session: (process: UInt32, at: UInt64, isFleeting: Bool)? {
        switch self {
        case .connected(let event): (event.process, event.at, false)
        case .disconnected(let event): (event.process, event.at, false)
        case .subscribed(let event): (event.process, event.at, false)
        case .unsubscribed(let event): (event.process, event.at, false)
        case .will(let event): (event.process, event.at, false)
        case .delivered(let event): (event.process, event.at, true)
        case .deliveredUnreadable(let event): (event.process, event.at, true)
        default: nil
        }
    }
}
