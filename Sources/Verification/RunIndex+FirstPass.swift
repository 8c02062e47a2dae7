import Trace

extension RunIndex {
    /// Reads every file once and gathers publishes, outcomes, sessions and subscriptions.
    mutating func read() {
        var drain = DrainMarks()
        for file in files.indices { read(file, &drain) }
        mergeSplitProcesses()
        settleSessionFaults()
        filters.match(topics)
        drain.judge(&doubts)
        if mutant == .silenceIsQuiet, !doubts.drainTimedOut { doubts.isQuiescent = true }
        if mutant == .timeoutIsQuiet, doubts.drainTimedOut { (doubts.isQuiescent, doubts.drainTimedOut) = (true, false) }
        drainEnd = drain.end
        gatherWills()
        allSubscribed = drain.allSubscribed
        for number in sessions.indices {
            let process = processes[sessions[number].process]
            let end = process.hasMixedClocks ? nil : process.clock.flatMap { drain.end[$0] }
            sessions[number].livedToEnd = sessions[number].connections.contains { $0.from <= end ?? .max && $0.to >= end ?? .max }
        }
        publisherNumbers = processes.map { $0.publisher ?? -1 }
        publisherFiles = publishes.publishers.map { processes[$0.process].actsInSeveralFiles ? -1 : processes[$0.process].file ?? -1 }
        for process in processes { judgeAbsence(of: process, drain) }
        doubts.namelessProcesses = processes.filter { $0.isPresent && !$0.isNamed }.map { "\($0.id)" }
    }

    private mutating func read(_ file: Int, _ drain: inout DrainMarks) {
        if mutant != .tornIsWhole { doubts.damages.append(contentsOf: files[file].damages.map { "\(files[file].name): \($0.sentence)" }) }
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
        guard isDamaged, mutant != .tornProvesAbsence else { return }
        for process in acting(in: file) {
            processes[process].isDamaged = true
            if let publisher = processes[process].publisher {
                publishes.markBlurred(of: publisher)
                stamps.blur(publisher: publisher)
            }
        }
    }

    /// Behind a gap nothing is known of the sessions and of the attempts that were in flight.
    private mutating func passGap(_ file: Int, _ chunk: Int) {
        seenFrom[file] = files[file].chunks[chunk].baseTime
        for process in subscribers[file] where processes[process].sessions.last != nil {
            addSession(process, file, isInherited: true, cut: .init(file: file, chunk: chunk))
        }
        for process in acting(in: file) {
            if let publisher = processes[process].publisher {
                publishes.markBlurred(of: publisher)
                acknowledgements.begin(publisher, count: publishes.publishers[publisher].states.count)
            }
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
                isNamed(event.topic, in: file), event.dup != true || showsPackets[process]
            {
                deliveries[process] += 1
                return
            }
            let process = identify(event.process, actingIn: file)
            receivedIn[process] = Int32(file)
            deliveries[process] += 1
            ensureSession(process, file)
            _ = identify(event.publisher)
            _ = topic(event.topic, in: file)
            if event.dup == true { showsPackets[process] = true }
        case .published(let event):
            let process = identify(event.process, actingIn: file)
            let publisher = publisher(process)
            if publishes.publish(event, by: publisher, topic: topic(event.topic, in: file)) {
                takeStamp(of: event, publisher, source)
                if event.retain || event.isEmpty { retained.take(event, publisher, topic: topic(event.topic, in: file), publishes, mutant) }
            } else {
                takeRepeated(event, by: publisher)
            }
        case .completed(let event):
            let process = identify(event.process, actingIn: file)
            let publisher = publisher(process)
            guard let (position, isFirst) = publishes.complete(event, of: publisher) else { return doubts.outcomesOfNothing += 1 }
            if isFirst, event.outcome == .refused || event.outcome == .withheld {
                refusals[publishes.publishers[publisher].stream[position], default: [:]][event.reason, default: 0] += 1
            }
            if isFirst, event.outcome == .acked { judgeOrder(publisher, position, .init(at: event.at, file: file, offset: offset)) }
        case .resent(let event):
            let process = identify(event.process, actingIn: file)
            let publisher = publisher(process)
            let isKnown = publishes.update(publisher: publisher, sequence: event.sequence, attempt: event.attempt) { $0.countResend() }
            if isKnown { noteResend(event, by: publisher) } else { doubts.outcomesOfNothing += 1 }
        case .connected(let event):
            let process = identify(event.process, actingIn: file)
            connect(event, process, .init(at: event.at, file: file, offset: offset))
        case .disconnected(let event):
            let process = identify(event.process, actingIn: file)
            disconnect(event, process, file)
        case .subscribed(let event):
            let process = identify(event.process, actingIn: file)
            subscribe(event, process, file, source)
        case .unsubscribed(let event):
            let process = identify(event.process, actingIn: file)
            unsubscribe(event, process, file, source)
        case .deliveredUnreadable(let event):
            let process = identify(event.process, actingIn: file)
            ensureSession(process, file)
            _ = topic(event.topic, in: file)
        case .connectionRefused(let event):
            _ = identify(event.process, actingIn: file)
        case .mark(let event):
            drain.take(event, clock: clocks[file])
            if event.kind == .doubt { doubts.others.append(source.text(event.text)) }
            if event.kind == .note { takeNote(source.text(event.text)) }
        case .lockCreated, .acquired, .released, .counted, .entered, .moved:
            takeService(event, at: offset, file, source)
        case .processed(let event):
            let process = identify(event.process, actingIn: file)
            _ = identify(event.publisher)
            processes[process].hasInbox = true
        case .acknowledged(let event):
            let process = identify(event.process, actingIn: file)
            if processes[process].showsAcknowledgements { return }
            showsPackets[process] = true
            processes[process].showsAcknowledgements = true
        case .will(let event):
            let process = identify(event.process, actingIn: file)
            registerWill(event, process, topic: topic(event.topic, in: file), .init(at: event.at, file: file, offset: offset))
        }
    }

    /// A note that begins with the name of a broker's counter and a colon says why that could not be read.
    private mutating func takeNote(_ text: String) {
        guard DocumentedLimits.isBrokerCounter(text), let colon = text.firstIndex(of: ":") else { return }
        let reason = text[text.index(after: colon)...].drop { $0 == " " }
        counterNotes[String(text[..<colon]), default: []].append(String(reason))
    }

    /// Two publishes under one number: which of them a delivery is of, and so nearly everything about either, cannot be told.
    private mutating func takeRepeated(_ event: TraceEvent.Published, by publisher: Int) {
        doubts.repeatedAttempts += 1
        stamps.blur(publisher: publisher)
        guard mutant != .repeatedNumbersAreOne,
            let position = publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        publishes.markBlurred(of: publisher, position)
        repeated.insert(AttemptKey(publisher: publisher, position: position))
    }

    private mutating func takeStamp(of event: TraceEvent.Published, _ publisher: Int, _ source: TraceFile) {
        scratch.removeAll(keepingCapacity: true)
        let isWhole = source.forEachEntry(of: event.stamp) { process, count in
            scratch.append(StampEntry(process: UInt32(identify(process)), count: UInt32(clamping: count)))
        }
        let position = publishes.publishers[publisher].states.count - 1
        stamps.take(publisher: publisher, position: position, isFull: event.stamp.isFull, scratch)
        if !isWhole, mutant != .unreadableStampIsNone { stamps.markWrong(publisher: publisher, position: position) }
    }

    mutating func publisher(_ process: Int) -> Int {
        if let known = processes[process].publisher { return known }
        let publisher = publishes.addPublisher(process: process)
        stamps.addPublisher(process: process)
        acknowledgements.addPublisher()
        processes[process].publisher = publisher
        return publisher
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
        case .warmUp, .hold, .publishingEnded, .note, .doubt:
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
