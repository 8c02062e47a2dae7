import Trace

extension RunIndex {
    /// Reads every file once and gathers publishes, outcomes, sessions and subscriptions.
    mutating func read() {
        var drain = DrainMarks()
        for file in files.indices { read(file, &drain) }
        filters.match(topics)
        drain.judge(&doubts)
        allSubscribed = drain.allSubscribed
        for number in sessions.indices {
            let process = processes[sessions[number].process]
            let end = process.hasMixedClocks ? nil : process.clock.flatMap { drain.end[$0] }
            sessions[number].livedToEnd = sessions[number].connections.contains { $0.from <= end ?? .max && $0.to >= end ?? .max }
        }
        publisherNumbers = processes.map { $0.publisher ?? -1 }
        for process in processes { judgeAbsence(of: process, drain) }
        doubts.namelessProcesses = processes.filter { $0.isPresent && !$0.isNamed }.map { "\($0.id)" }
        doubts.sharedFilters = filters.names.filter(FilterTable.isShared)
    }

    private mutating func read(_ file: Int, _ drain: inout DrainMarks) {
        doubts.damages.append(contentsOf: files[file].damages.map { "\(files[file].name): \($0.sentence)" })
        var missing = false
        for (chunkIndex, chunk) in files[file].chunks.enumerated() {
            if chunk.followsGap { missing = true }
            if missing {
                gaps[file].insert(chunkIndex)
                passGap(file, chunkIndex)
                missing = false
            }
            let source = files[file]
            let damage = source.forEach(in: chunk) { event, offset in
                take(event, at: offset, file, source, &drain)
            }
            if let damage {
                doubts.damages.append("\(source.name): \(damage.sentence)")
                missing = damage.kind != .unknownRecords
            }
        }
        let isDamaged = !files[file].isComplete || !gaps[file].isEmpty || missing
        guard isDamaged else { return }
        for process in acting(in: file) {
            processes[process].isDamaged = true
            if let publisher = processes[process].publisher {
                publishes.markOpen(of: publisher) { $0.isBlurred = true }
                stamps.blur(publisher: publisher)
            }
        }
    }

    /// Behind a gap nothing is known of the sessions and of the attempts that were in flight.
    private mutating func passGap(_ file: Int, _ chunk: Int) {
        for process in subscribers[file] where processes[process].sessions.last != nil {
            addSession(process, file, isInherited: true, cut: .init(file: file, chunk: chunk))
        }
        for process in acting(in: file) {
            if let publisher = processes[process].publisher { publishes.markOpen(of: publisher) { $0.isBlurred = true } }
        }
    }

    /// The processes that acted in the file that is being read.
    private func acting(in file: Int) -> [Int] {
        processes.indices.filter { processes[$0].file == file }
    }

    @inline(__always)
    private mutating func take(
        _ event: TraceEvent, at offset: Int, _ file: Int, _ source: TraceFile, _ drain: inout DrainMarks
    ) {
        doubts.events += 1
        switch event {
        case .delivered(let event):
            if let process = number(of: event.process), receivedIn[process] == file, number(of: event.publisher) != nil,
                isNamed(event.topic, in: file)
            {
                return
            }
            let process = identify(event.process, actingIn: file)
            receivedIn[process] = Int32(file)
            ensureSession(process, file)
            _ = identify(event.publisher)
            _ = topic(event.topic, in: file)
        case .published(let event):
            let process = identify(event.process, actingIn: file)
            let publisher = publisher(process)
            if publishes.publish(event, by: publisher, topic: topic(event.topic, in: file)) {
                takeStamp(of: event, publisher, source)
            } else {
                doubts.repeatedAttempts += 1
                stamps.blur(publisher: publisher)
            }
        case .completed(let event):
            let process = identify(event.process, actingIn: file)
            if !publishes.complete(event, of: publisher(process)) { doubts.outcomesOfNothing += 1 }
        case .resent(let event):
            let process = identify(event.process, actingIn: file)
            let isKnown = publishes.update(publisher: publisher(process), sequence: event.sequence, attempt: event.attempt) {
                $0.countResend()
            }
            if !isKnown { doubts.outcomesOfNothing += 1 }
        case .connected(let event):
            let process = identify(event.process, actingIn: file)
            connect(event, at: offset, process, file)
        case .disconnected(let event):
            let process = identify(event.process, actingIn: file)
            closeConnection(of: process, at: event.at, byClient: event.byClient)
        case .subscribed(let event):
            let process = identify(event.process, actingIn: file)
            subscribe(event, process, file, source)
        case .unsubscribed(let event):
            let process = identify(event.process, actingIn: file)
            let filter = filters.identify(source.text(event.filter))
            let session = ensureSession(process, file)
            sessions[session].withdrawn[filter] = event.at
            if let index = sessions[session].subscriptions.lastIndex(where: { $0.filter == filter && $0.end == .max }) {
                sessions[session].subscriptions[index].end = event.at
            }
        case .deliveredUnreadable(let event):
            let process = identify(event.process, actingIn: file)
            ensureSession(process, file)
            _ = topic(event.topic, in: file)
        case .connectionRefused(let event):
            _ = identify(event.process, actingIn: file)
        case .mark(let event):
            drain.take(event, clock: clocks[file])
        case .lockCreated, .acquired, .released, .counted:
            takeService(event, at: offset, file, source)
        case .processed(let event):
            let process = identify(event.process, actingIn: file)
            _ = identify(event.publisher)
            processes[process].hasInbox = true
        default:
            break
        }
    }

    private mutating func takeStamp(of event: TraceEvent.Published, _ publisher: Int, _ source: TraceFile) {
        scratch.removeAll(keepingCapacity: true)
        let isWhole = source.forEachEntry(of: event.stamp) { process, count in
            scratch.append(StampEntry(process: UInt32(identify(process)), count: UInt32(clamping: count)))
        }
        if !isWhole { stamps.blur(publisher: publisher) }
        let position = publishes.publishers[publisher].states.count - 1
        stamps.take(publisher: publisher, position: position, isFull: event.stamp.isFull, scratch)
    }

    private mutating func publisher(_ process: Int) -> Int {
        if let known = processes[process].publisher { return known }
        let publisher = publishes.addPublisher(process: process)
        stamps.addPublisher(process: process)
        processes[process].publisher = publisher
        return publisher
    }

    private mutating func connect(_ event: TraceEvent.Connected, at offset: Int, _ process: Int, _ file: Int) {
        let current = processes[process].sessions.last
        if current != nil { closeConnection(of: process, at: event.at, byClient: false) }
        if !event.sessionPresent, current != nil, let publisher = processes[process].publisher {
            publishes.markOpen(of: publisher) { $0.lostSession = true }
        }
        let shown = event.clean ? nil : Witness.Event(what: "connected", time: event.at, file: files[file].name, offset: offset)
        if !event.sessionPresent, let shown, let current, let before = sessions[current].connections.last?.keeping {
            let loss = LostSession(process: process, filters: filterNames(of: current), before: before, after: shown)
            let witness = loss.witness(self)
            violations.add(.sessionLost, witness)
        }
        let session: Int
        if event.sessionPresent, let current {
            session = current
        } else {
            session = addSession(process, file, isInherited: event.sessionPresent, cut: nil)
        }
        sessions[session].connections.append(.init(from: event.at, isResume: event.sessionPresent, keeping: shown))
    }

    private func filterNames(of session: Int) -> [String] {
        sessions[session].subscriptions.filter { $0.end == .max }.map { filters.names[$0.filter] }
    }

    private mutating func closeConnection(of process: Int, at: UInt64, byClient: Bool) {
        guard let session = processes[process].sessions.last, let last = sessions[session].connections.indices.last,
            sessions[session].connections[last].to == .max
        else { return }
        sessions[session].connections[last].to = at
        sessions[session].connections[last].endedByClient = byClient
    }

    private mutating func subscribe(_ event: TraceEvent.Subscribed, _ process: Int, _ file: Int, _ source: TraceFile) {
        let name = source.text(event.filter)
        let filter = filters.identify(name)
        let session = ensureSession(process, file)
        let grant = Subscription.Grant(from: event.at, qos: event.granted)
        let isShared = FilterTable.isShared(name)
        if let sent = event.sent, let withdrawn = sessions[session].withdrawn[filter], sent <= withdrawn {
            // This answers a SUBSCRIBE that an UNSUBSCRIBE has overtaken by now.
            sessions[session].subscriptions.append(.init(filter: filter, isShared: isShared, grants: [grant], end: withdrawn))
        } else if let index = sessions[session].subscriptions.lastIndex(where: { $0.filter == filter && $0.end == .max }) {
            sessions[session].subscriptions[index].grants.append(grant)
        } else {
            sessions[session].subscriptions.append(.init(filter: filter, isShared: isShared, grants: [grant]))
        }
    }

    /// The present session of a process; one from before the trace where it never connected in there.
    @discardableResult
    private mutating func ensureSession(_ process: Int, _ file: Int) -> Int {
        if let last = processes[process].sessions.last { return last }
        return addSession(process, file, isInherited: true, cut: nil)
    }

    @discardableResult
    private mutating func addSession(_ process: Int, _ file: Int, isInherited: Bool, cut: Session.Cut?) -> Int {
        if processes[process].sessions.isEmpty { subscribers[file].append(process) }
        sessions.append(Session(process: process, isInherited: isInherited, cut: cut))
        processes[process].sessions.append(sessions.count - 1)
        return sessions.count - 1
    }

    /// A subscriber that was thrown out and did not come back cannot show what it was owed.
    private mutating func judgeAbsence(of process: Process, _ drain: DrainMarks) {
        guard let clock = process.clock, let end = drain.end[clock], !process.hasMixedClocks else { return }
        let past = process.sessions.last { sessions[$0].connections.first.map { $0.from <= end } ?? false }
        guard let past, !sessions[past].livedToEnd, process.sessions.contains(where: { !sessions[$0].subscriptions.isEmpty }),
            let last = sessions[past].connections.last(where: { $0.from <= end }), !last.endedByClient
        else { return }
        doubts.absentSubscribers.append(process.name)
    }
}

/// When and how the drain of the run ended.
struct DrainMarks {
    /// The end of the drain by clock.
    private(set) var end: [Int: UInt64] = [:]
    /// The first word that all subscriptions are acknowledged, by clock.
    private(set) var allSubscribed: [Int: UInt64] = [:]
    private var quiescent = false
    private var timedOut = false
    private var interrupted = false

    mutating func take(_ mark: TraceEvent.Mark, clock: Int) {
        switch mark.kind {
        case .quiescent:
            quiescent = true
            end[clock] = max(end[clock] ?? 0, mark.at)
        case .drainTimedOut:
            timedOut = true
            end[clock] = max(end[clock] ?? 0, mark.at)
        case .interrupted:
            interrupted = true
        case .allSubscribed:
            allSubscribed[clock] = min(allSubscribed[clock] ?? .max, mark.at)
        case .warmUp, .hold, .publishingEnded, .note:
            break
        }
    }

    func judge(_ doubts: inout Doubts) {
        doubts.isQuiescent = quiescent && !timedOut
        doubts.drainTimedOut = timedOut
        // An interrupted run that was drained has come to rest like any other.
        doubts.wasInterrupted = interrupted && !quiescent
    }
}
