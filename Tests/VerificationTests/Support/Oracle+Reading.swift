import Trace
import Verification

extension Oracle {
    /// The sessions of all clients with what happened in them.
    mutating func findSessions() -> [Session] {
        var open: [String: Session] = [:]
        var all: [Session] = []
        for step in steps where !step.process.isEmpty {
            if case .connect(let present) = step.action {
                connect(step, present, &open, &all)
                continue
            }
            var session = open[step.process]!
            let last = session.connections.count - 1
            switch step.action {
            case .gone, .bye:
                if session.connections[last].to == nil {
                    session.connections[last].to = step.at
                    session.connections[last].hasEnd = true
                    session.connections[last].reason = step.details.reason
                    if case .bye = step.action { session.connections[last].byClient = true }
                } else {
                    session.connections[last].wasTriedAgain = true
                }
            case .subscribe(let filter, let requested, let granted): subscribe(step, filter, requested, granted, &session)
            case .unsubscribe(let filter):
                session.withdrawn[filter] = step.at
                if let index = session.subscriptions.firstIndex(where: { $0.filter == filter && $0.end == nil }) {
                    session.subscriptions[index].end = step.at
                }
            case .will(let topic, let qos, let retain, let sequence): session.connections[last].will = (topic, qos, retain, sequence)
            case .receive(let publisher, let sequence, let attempt, let topic, let retain):
                receive(step, "\(publisher)/\(sequence).\(attempt)", topic, retain, &session)
            case .unreadable(let topic, let qos, let retain, let cause):
                session.unreadable.append(last)
                if qos > 0 { session.packets.append(.init(at: step.at, id: 1, name: nil, connection: last)) }
                if cause == .corrupt {
                    add(.corrupt)
                    if qos > 0 { session.corrupt[topic, default: 0] += 1 }
                    if retain { session.corruptRetained.insert(topic) }
                } else {
                    let isNone = retain || cause == .stranger || messages.contains { $0.isEmpty && $0.topic == topic }
                    session.others.append((topic, isNone ? nil : .unexpected))
                }
            default: break
            }
            open[step.process] = session
        }
        return all + open.values
    }

    private func connect(_ step: Step, _ present: Bool, _ open: inout [String: Session], _ all: inout [Session]) {
        let isUnknown = unknownResumes.contains(step.at)
        let isFalse = falseResumes.contains(step.at) || isUnknown
        var inherited: [Subscription] = []
        let isClean = step.details.clean ?? !present
        if var old = open[step.process] {
            if old.connections[old.connections.count - 1].to == nil { old.connections[old.connections.count - 1].to = step.at }
            if !present, !isClean, old.connections[old.connections.count - 1].isKept { old.wasForgotten = true }
            open[step.process] = old
            if isUnknown, old.connections[old.connections.count - 1].isVersion5 { inherited = old.subscriptions }
            if !present || isFalse { all.append(old) }
        }
        if !present || isFalse || open[step.process] == nil {
            open[step.process] = Session(subscriber: step.process, isInherited: present)
            // What was subscribed to may hold still, and nothing is owed by it.
            for index in inherited.indices { inherited[index].end = 0 }
            open[step.process]!.subscriptions = inherited
        }
        open[step.process]!.connections.append(
            .init(from: step.at, resumed: present, isKept: !isClean, isVersion5: step.details.isVersion5))
    }

    private func subscribe(_ step: Step, _ filter: String, _ requested: UInt8, _ granted: UInt8, _ session: inout Session) {
        let asked = step.details.asked.map { step.at - $0 }
        for index in session.subscriptions.indices
        where granted != 0xFF && session.subscriptions[index].gone == nil {
            let isReplaced = session.subscriptions[index].filter == filter && granted < 0x80
            if let end = session.subscriptions[index].end, let asked, end <= asked,
                isReplaced || end >= session.connections.last!.from
            {
                session.subscriptions[index].gone = step.at
            }
        }
        let isAnswered = granted != 0xFF
        let grant = Grant(
            isAnswered: isAnswered, at: step.at, qos: isAnswered ? granted : requested, asked: asked, options: step.details.options)
        if let asked, let withdrawn = session.withdrawn[filter], asked <= withdrawn {
            // Sent before that UNSUBSCRIBE, and answered behind it.
            session.subscriptions.append(.init(filter: filter, grants: [grant], end: withdrawn))
        } else if let index = session.subscriptions.firstIndex(where: { $0.filter == filter && $0.end == nil }) {
            session.subscriptions[index].grants.append(grant)
        } else {
            session.subscriptions.append(.init(filter: filter, grants: [grant]))
        }
    }

    private mutating func receive(_ step: Step, _ name: String, _ topic: String, _ retain: Bool, _ session: inout Session) {
        let last = session.connections.count - 1
        let id = step.details.qos == 0 ? 0 : step.details.packet
        if let message = messages.first(where: { $0.name == name }) {
            let connection = session.connections[last]
            let receipt = Receipt(
                at: step.at, message: message, topic: topic, retain: retain, resumedAt: connection.resumed ? connection.from : nil,
                connection: last, details: step.details)
            session.receipts.append(receipt)
            if id > 0 { session.packets.append(.init(at: step.at, id: id, name: name, connection: last)) }
        } else if let (owner, sequence) = will(name) {
            session.wills.append(
                .init(at: step.at, owner: owner, sequence: sequence, topic: topic, retain: retain, qos: step.details.qos ?? 1))
            if id > 0 { session.packets.append(.init(at: step.at, id: id, name: name, connection: last)) }
        } else {
            if id > 0 { session.packets.append(.init(at: step.at, id: id, name: nil, connection: last)) }
            session.others.append((topic, retain ? nil : .unexpected))
        }
    }

    private func will(_ name: String) -> (owner: String, sequence: UInt64)? {
        for step in steps {
            guard case .will(_, _, _, let sequence) = step.action, "\(step.process)/\(sequence).1" == name else { continue }
            return (step.process, sequence)
        }
        return nil
    }

    static func matches(_ filter: String, _ topic: String) -> Bool {
        var filter = filter.split(separator: "/", omittingEmptySubsequences: false)
        if filter[0] == "$share" { filter.removeFirst(2) }
        let topic = topic.split(separator: "/", omittingEmptySubsequences: false)
        if topic[0].hasPrefix("$"), filter[0] == "#" || filter[0] == "+" { return false }
        for (index, level) in filter.enumerated() {
            if level == "#" { return true }
            guard index < topic.count, level == "+" || level == topic[index] else { return false }
        }
        return filter.count == topic.count
    }

    func matching(_ session: Session, _ topic: String) -> [Subscription] {
        session.subscriptions.filter { Self.matches($0.filter, topic) && !$0.possible.isEmpty }
    }

    func plain(_ session: Session, _ topic: String) -> [Subscription] {
        matching(session, topic).filter { !$0.isShared }
    }

    /// The filter of the only group by which a session gets a topic, if by nothing else.
    func group(_ session: Session, _ topic: String) -> String? {
        let all = matching(session, topic)
        return Set(all.map(\.filter)).count == 1 && all[0].isShared ? all[0].filter : nil
    }

    /// Whether some subscription may have brought a message.
    func isSubscribed(_ session: Session, _ receipt: Receipt) -> Bool {
        var message = receipt.message
        message.topic = receipt.topic
        return !reach(session, message, at: receipt.at, isTimed: !receipt.retain).isEmpty
    }

    func isWanted(_ session: Session, _ receipt: Receipt) -> Bool { session.isInherited || isSubscribed(session, receipt) }

    /// The class of a delivery that no subscription wants.
    func unwanted(_ topic: String) -> ViolationClass {
        let isShared = steps.contains {
            guard case .subscribe(let filter, _, _) = $0.action else { return false }
            return filter.hasPrefix("$share/") && Self.matches(filter, topic)
        }
        return isShared ? .sharedNonmember : .misrouted
    }
}
