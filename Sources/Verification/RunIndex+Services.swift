import Trace

extension RunIndex {
    /// Gathers what the traces say of locks, counters and workflows. Other events pass.
    mutating func takeService(_ event: TraceEvent, at offset: Int, _ file: Int, _ source: TraceFile) {
        let place = EventPlace(file: file, offset: offset)
        switch event {
        case .lockCreated(let event):
            let creation = LockTable.Creation(
                process: identify(event.process, actingIn: file), at: event.at, initial: event.initial, place: place)
            locks.add(creation, of: source.text(event.lock))
        case .acquired(let event):
            let acquisition = LockTable.Acquisition(
                process: identify(event.process, actingIn: file), at: event.at, invoked: event.invoked, token: event.token,
                read: event.read,
                delta: event.delta, place: place)
            locks.add(acquisition, of: source.text(event.lock))
        case .released(let event):
            let release = LockTable.Release(
                process: identify(event.process, actingIn: file), at: event.at, invoked: event.invoked, token: event.token,
                written: event.written,
                place: place)
            locks.add(release, of: source.text(event.lock))
        case .counted(let event):
            readings.append(
                CounterReading(
                    process: identify(event.process, actingIn: file), at: event.at, counter: source.text(event.counter), value: event.value,
                    place: place))
        case .entered(let event):
            workflow.add(event, by: identify(event.process, actingIn: file), place, source)
        case .moved(let event):
            workflow.add(event, by: identify(event.process, actingIn: file), place, source)
        default:
            break
        }
    }

    /// Judges locks, counters and the workflow, once all files were read.
    /// - Parameter rules: what is right; where it is missing, the events of a workflow cannot be judged.
    mutating func judgeServices(_ rules: Workflow?) {
        guard !locks.locks.isEmpty || !readings.isEmpty || !workflow.isEmpty else { return }
        var judge = LockJudge(self)
        judge.judge()
        var flow = rules.map { WorkflowJudge(self, $0) }
        flow?.judge()
        var counters = CounterJudge(self)
        counters.judge { DocumentedLimits.isBrokerCounter($0) || flow?.knows($0) ?? false }
        for found in [judge.violations, flow?.violations, counters.violations].compactMap({ $0 }) { violations.add(found) }
        doubts.others += judge.doubts + (flow?.doubts ?? []) + counters.doubts
        if flow == nil, !workflow.isEmpty {
            doubts.others.append(
                "The trace has \(workflow.entries.count) changes of state and \(workflow.moves.count) moves of a workflow, and no workflow says which are right."
            )
        }
        lockTotals = judge.totals
        workflowTotals = flow?.totals
    }

    /// An event of a witness.
    func shown(_ what: String, _ time: UInt64, _ place: EventPlace) -> Witness.Event {
        .init(what: what, time: time, file: files[place.file].name, offset: place.offset)
    }
}

/// Where an event stands. The order of places is the order of reading, which for the events of one process is the order of its program.
struct EventPlace: Comparable {
    var file: Int
    var offset: Int

    static func < (left: EventPlace, right: EventPlace) -> Bool { (left.file, left.offset) < (right.file, right.offset) }
}
