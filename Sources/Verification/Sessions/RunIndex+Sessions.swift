import Trace

/// What is wrong with how a session began: the broker forgot one, or made one up.
struct SessionFault {
    var process: Int
    var kind: ViolationClass
    var witness: Witness
}

extension RunIndex {
    /// A CONNACK: the session goes on, or another begins.
    mutating func connect(_ event: TraceEvent.Connected, _ process: Int, _ place: Place) {
        noteFile(of: process, place.file)
        let current = processes[process].sessions.last
        endConnection(of: process, at: event.at, before: place.file)
        let shown = self.event("connected", place)
        let before = current.flatMap { sessions[$0].connections.last }
        let isFalse = event.sessionPresent && judgeResume(event, process, current, shown)
        // The session that is present may have begun with a CONNECT that was never answered, as a clean one may have ended before it. In MQTT 5.0
        // that one may have lasted as well: nobody knows which of the two it is.
        let isUnknown = event.sessionPresent && !isFalse && before.map { $0.keeping == nil && $0.wasTriedAgain } ?? false
        if merging == nil, let publisher = processes[process].publisher {
            // What was in flight before the first connection that is shown belongs to one that a gap hides.
            let isNotFirst = current != nil || !gaps[place.file].isEmpty
            if !event.sessionPresent || isFalse || isUnknown, isNotFirst, mutant != .newSessionsForgetNothing {
                publishes.markLost(of: publisher)
            }
            acknowledgements.begin(publisher, count: publishes.publishers[publisher].states.count)
        }
        if !event.sessionPresent, !event.clean, let current, let before = sessions[current].connections.last?.keeping,
            mutant != .sessionsWithoutFiltersMayGo || !filterNames(of: current).isEmpty
        {
            sessions[current].wasForgotten = true
            let loss = LostSession(process: process, filters: filterNames(of: current), before: before, after: shown)
            sessionFaults.append(SessionFault(process: process, kind: .sessionLost, witness: loss.witness(self)))
        }
        let session: Int
        if event.sessionPresent, !isFalse, !isUnknown, let current {
            session = current
        } else {
            session = addSession(process, place.file, isInherited: event.sessionPresent, cut: nil)
            if isUnknown, before?.isVersion5 == true, let current { inherit(session, from: current) }
        }
        sessions[session].connections.append(
            .init(
                from: event.at, isResume: event.sessionPresent, keeping: event.clean ? nil : shown, event: shown, file: place.file,
                isVersion5: event.isVersion5))
        sit(process, place.file, session, sessions[session].connections.count - 1, at: event.at)
    }

    /// What an earlier session had subscribed to may hold for a session still, so that deliveries are welcome and none is owed.
    private mutating func inherit(_ session: Int, from earlier: Int) {
        sessions[session].subscriptions = sessions[earlier].subscriptions.map { subscription in
            var possible = subscription
            possible.end = 0
            return possible
        }
    }

    mutating func disconnect(_ event: TraceEvent.Disconnected, _ process: Int, _ file: Int) {
        guard let (session, last) = connection(of: process, file) else { return }
        guard !sessions[session].connections[last].hasEnd else {
            sessions[session].connections[last].wasTriedAgain = true
            return
        }
        let isOpen = sessions[session].connections[last].to == .max
        // What another file's connection ended has its reason here all the same.
        guard isOpen || merging != nil else { return }
        sessions[session].connections[last].hasEnd = true
        sessions[session].connections[last].endReason = event.reason
        sessions[session].connections[last].endedByClient = event.byClient
        if isOpen { sessions[session].connections[last].to = event.at }
    }

    mutating func subscribe(_ event: TraceEvent.Subscribed, _ process: Int, _ file: Int, _ source: TraceFile) {
        let name = source.text(event.filter)
        let filter = filters.identify(name)
        let session = session(of: process, file)
        let isAnswered = event.granted != TraceEvent.Subscribed.unanswered
        if isAnswered { noteWithdrawals(session, event, filter) } else if mutant == .unansweredIsUnasked { return }
        let grant = Subscription.Grant(
            from: event.at, qos: isAnswered ? event.granted : event.requested, requested: event.requested, sent: event.sent,
            options: event.options,
            isAnswered: isAnswered)
        let isShared = FilterTable.isShared(name)
        if let sent = event.sent, let withdrawn = sessions[session].withdrawn[filter], sent <= withdrawn,
            mutant != .forgetsUnsubscribeUnderWay
        {
            // This answers a SUBSCRIBE that an UNSUBSCRIBE has overtaken by now.
            sessions[session].subscriptions.append(.init(filter: filter, isShared: isShared, grants: [grant], end: withdrawn))
            sessions[session].hasWithdrawn = true
        } else if let index = sessions[session].subscriptions.lastIndex(where: { $0.filter == filter && $0.end == .max }) {
            sessions[session].subscriptions[index].grants.append(grant)
        } else {
            sessions[session].subscriptions.append(.init(filter: filter, isShared: isShared, grants: [grant]))
        }
    }

    mutating func unsubscribe(_ event: TraceEvent.Unsubscribed, _ process: Int, _ file: Int, _ source: TraceFile) {
        let filter = filters.identify(source.text(event.filter))
        let session = session(of: process, file)
        sessions[session].withdrawn[filter] = event.at
        guard let index = sessions[session].subscriptions.lastIndex(where: { $0.filter == filter && $0.end == .max }) else { return }
        sessions[session].subscriptions[index].end = event.at
        sessions[session].hasWithdrawn = true
    }

    /// The present session of a process; one from before the trace where it never connected in there.
    @discardableResult
    mutating func ensureSession(_ process: Int, _ file: Int) -> Int {
        if let last = processes[process].sessions.last { return last }
        return addSession(process, file, isInherited: true, cut: nil)
    }

    @discardableResult
    mutating func addSession(_ process: Int, _ file: Int, isInherited: Bool, cut: Session.Cut?) -> Int {
        if processes[process].sessions.isEmpty { subscribers[file].append(process) }
        var session = Session(process: process, isInherited: isInherited, cut: cut)
        if isInherited { session.seenFrom = seenFrom[file] }
        sessions.append(session)
        processes[process].sessions.append(sessions.count - 1)
        return sessions.count - 1
    }

    /// The faults, when all connections are in their order.
    mutating func settleSessionFaults() {
        for fault in sessionFaults { violations.add(fault.kind, fault.witness) }
    }

    /// The session of a process in which an event of a file happened.
    private mutating func session(of process: Int, _ file: Int) -> Int {
        if let seat = merging?[SeatKey(process: process, file: file)] { return processes[process].sessions[seat.session] }
        return ensureSession(process, file)
    }

    /// The connection of a process that a file tells of: its last one, and where several files do, the last of that file.
    func connection(of process: Int, _ file: Int) -> (session: Int, connection: Int)? {
        if let merging {
            guard let seat = merging[SeatKey(process: process, file: file)], seat.connection >= 0 else { return nil }
            return (processes[process].sessions[seat.session], seat.connection)
        }
        guard let session = processes[process].sessions.last, let last = sessions[session].connections.indices.last else { return nil }
        return (session, last)
    }

    /// A new connection ends the one before it [MQTT-3.1.4-2].
    private mutating func endConnection(of process: Int, at: UInt64, before file: Int) {
        guard let session = processes[process].sessions.last, let last = sessions[session].connections.indices.last,
            sessions[session].connections[last].to == .max
        else { return }
        sessions[session].connections[last].to = at
        if merging != nil, sessions[session].connections[last].file != file { sessions[session].connections[last].takenOverAt = at }
    }

    /// A SUBACK answers what was sent after an UNSUBSCRIBE on the same connection, so the broker has taken note of that. Whether or not it has, a
    /// SUBSCRIBE takes the place of what was there for its filter [MQTT-3.8.4-3].
    private mutating func noteWithdrawals(_ session: Int, _ event: TraceEvent.Subscribed, _ filter: Int) {
        guard sessions[session].hasWithdrawn, let sent = event.sent, let connection = sessions[session].connections.last else {
            return
        }
        for index in sessions[session].subscriptions.indices {
            let subscription = sessions[session].subscriptions[index]
            let isReplaced = subscription.filter == filter && event.granted < 0x80
            guard subscription.end <= sent, subscription.gone == nil, isReplaced || subscription.end >= connection.from else { continue }
            sessions[session].subscriptions[index].gone = event.at
        }
    }

    func filterNames(of session: Int) -> [String] {
        sessions[session].subscriptions.filter { $0.end == .max }.map { filters.names[$0.filter] }
    }
}
