import Trace
import Verification

/// The rules of CHECKING sections 1 to 3, written as plainly as they can be: lists searched from end to end, no state carried along.
struct Oracle {
    /// The classes it judges.
    static let classes: [ViolationClass] = [
        .lost, .unexpected, .abortedRead, .corrupt, .misrouted, .duplicateQoS2, .reorder, .reorderAfterResume, .unseen, .duplicateQoS0,
        .redelivered, .retainFlagForged, .ackOrder, .falseResume,
    ]

    struct Verdicts: Equatable {
        var verdict: Verdict
        var anomalies: [String: Int]
        var totals: DeliveryTotals
    }

    struct Message {
        var publisher: String
        var topic: String
        var qos: UInt8
        var sequence: UInt64
        var attempt: UInt32
        var sent: UInt64
        var outcome: PublishOutcome?
        var completed: UInt64?
        var transmissions: Int
        var lostSession: Bool

        var mayTakeEffectLate: Bool { qos > 0 && (outcome != .acked || lostSession) }
        var isOwed: Bool { outcome == .acked && !(qos == 2 && lostSession) }
    }

    struct Receipt {
        var at: UInt64
        var message: Message
        var topic: String
        var retain: Bool
        /// When the connection began that resumed the session; nil in a session's first connection.
        var resumedAt: UInt64?
        /// On which connection of the session.
        var connection: Int
    }

    struct Subscription {
        var filter: String
        var grants: [(at: UInt64, qos: UInt8)]
        var end: UInt64?
    }

    struct Session {
        var subscriber: String
        var receipts: [Receipt] = []
        var corrupt: [String: Int] = [:]
        /// The connections on which something came that could not be read.
        var unreadable: [Int] = []
        var subscriptions: [Subscription] = []
        var connections: [(from: UInt64, to: UInt64?, byClient: Bool, resumed: Bool)] = []
    }

    let steps: [Step]
    let expectations: Expectations
    private var counts: [String: Int] = [:]
    private var totals = DeliveryTotals()
    private var hasDoubt = false

    static func judge(_ history: History, _ expectations: Expectations) -> Verdicts {
        var oracle = Oracle(steps: history.steps, expectations: expectations)
        return oracle.judge()
    }

    private init(steps: [Step], expectations: Expectations) {
        self.steps = steps
        self.expectations = expectations
    }

    private var end: UInt64? {
        steps.filter {
            if case .mark(.quiescent) = $0.action { true } else if case .mark(.drainTimedOut) = $0.action { true } else { false }
        }.map(\.at).max()
    }

    private var isQuiescent: Bool {
        steps.contains { if case .mark(.quiescent) = $0.action { true } else { false } }
            && !steps.contains { if case .mark(.drainTimedOut) = $0.action { true } else { false } }
    }

    private mutating func judge() -> Verdicts {
        let messages = messages()
        totals.published = messages.count
        totals.acked = messages.count { $0.outcome == .acked }
        totals.refused = messages.count { $0.outcome == .refused }
        totals.unknown = messages.count - totals.acked - totals.refused
        let sessions = sessions(messages)
        for session in sessions {
            judgeCopies(session, messages)
            judgeOrder(session, messages)
            judgeMissing(session, messages)
        }
        judgeAcknowledgements(messages)
        if !isQuiescent { hasDoubt = true }
        for subscriber in Set(sessions.map(\.subscriber)) { judgeAbsence(sessions.filter { $0.subscriber == subscriber }) }
        counts = counts.filter { $0.value > 0 }
        return Verdicts(verdict: !counts.isEmpty ? .violation : hasDoubt ? .inconclusive : .pass, anomalies: counts, totals: totals)
    }

    private func messages() -> [Message] {
        steps.enumerated().compactMap { index, step in
            guard case .publish(let topic, let qos, let sequence, let attempt) = step.action else { return nil }
            var message = Message(
                publisher: step.process, topic: topic, qos: qos, sequence: sequence, attempt: attempt, sent: step.at, transmissions: 1,
                lostSession: false)
            for later in steps[index...] where later.process == step.process {
                switch later.action {
                case .resend(sequence, attempt): message.transmissions += 1
                case .complete(sequence, attempt, let outcome) where message.outcome == nil || message.outcome == .unknown:
                    message.outcome = outcome
                    message.completed = later.at
                case .connect(false) where message.outcome == nil || message.outcome == .unknown: message.lostSession = true
                default: break
                }
            }
            return message
        }
    }

    private mutating func sessions(_ messages: [Message]) -> [Session] {
        var open: [String: Session] = [:]
        var all: [Session] = []
        for step in steps where !step.process.isEmpty {
            if case .connect(let present) = step.action {
                if var old = open[step.process] {
                    if old.connections[old.connections.count - 1].to == nil { old.connections[old.connections.count - 1].to = step.at }
                    open[step.process] = old
                    if !present { all.append(old) }
                }
                if !present { open[step.process] = Session(subscriber: step.process) }
                open[step.process]!.connections.append((step.at, nil, false, present))
                continue
            }
            var session = open[step.process]!
            let last = session.connections.count - 1
            switch step.action {
            case .gone: if session.connections[last].to == nil { session.connections[last].to = step.at }
            case .bye:
                if session.connections[last].to == nil {
                    session.connections[last].to = step.at
                    session.connections[last].byClient = true
                }
            case .subscribe(let filter, _, let granted):
                if let index = session.subscriptions.firstIndex(where: { $0.filter == filter && $0.end == nil }) {
                    session.subscriptions[index].grants.append((step.at, granted))
                } else {
                    session.subscriptions.append(.init(filter: filter, grants: [(step.at, granted)]))
                }
            case .unsubscribe(let filter):
                if let index = session.subscriptions.firstIndex(where: { $0.filter == filter && $0.end == nil }) {
                    session.subscriptions[index].end = step.at
                }
            case .receive(let publisher, let sequence, let attempt, let topic, let retain):
                if let message = messages.first(where: { $0.publisher == publisher && $0.sequence == sequence && $0.attempt == attempt }) {
                    let connection = session.connections[last]
                    session.receipts.append(
                        .init(
                            at: step.at, message: message, topic: topic, retain: retain,
                            resumedAt: connection.resumed ? connection.from : nil, connection: last))
                } else if !retain {
                    counts["unexpected", default: 0] += 1
                }
            case .unreadable(let topic, let qos, let retain, let cause):
                session.unreadable.append(last)
                if cause == .corrupt {
                    counts["corrupt", default: 0] += 1
                    if qos > 0 { session.corrupt[topic, default: 0] += 1 }
                } else if !retain {
                    counts["unexpected", default: 0] += 1
                }
            default: break
            }
            open[step.process] = session
        }
        return all + open.values
    }

    static func matches(_ filter: String, _ topic: String) -> Bool {
        let filter = filter.split(separator: "/", omittingEmptySubsequences: false)
        let topic = topic.split(separator: "/", omittingEmptySubsequences: false)
        if topic[0].hasPrefix("$"), filter[0] == "#" || filter[0] == "+" { return false }
        for (index, level) in filter.enumerated() {
            if level == "#" { return true }
            guard index < topic.count, level == "+" || level == topic[index] else { return false }
        }
        return filter.count == topic.count
    }

    private func matching(_ session: Session, _ topic: String) -> [Subscription] {
        session.subscriptions.filter { Self.matches($0.filter, topic) && $0.grants.contains { $0.qos < 0x80 } }
    }

    /// The live copies of a message: those on its own topic, matched, not refused and not retained.
    private func live(_ session: Session, _ message: Message) -> [Receipt] {
        session.receipts.filter {
            same($0.message, message) && !$0.retain && $0.topic == message.topic && message.outcome != .refused
                && !matching(session, $0.topic).isEmpty
        }
    }

    private func same(_ one: Message, _ other: Message) -> Bool {
        one.publisher == other.publisher && one.sequence == other.sequence && one.attempt == other.attempt
    }

    private func allowed(_ session: Session, _ message: Message) -> (copies: Int?, effective: UInt8) {
        var limits: [Int?] = []
        var effective: UInt8 = 0
        for subscription in matching(session, message.topic) {
            var bySubscription: [Int?] = []
            for grant in subscription.grants where grant.qos < 0x80 {
                let qos = min(grant.qos, message.qos)
                effective = max(effective, qos)
                switch (message.qos, qos) {
                case (0, _): bySubscription.append(1)
                case (_, 1): bySubscription.append(nil)
                case (1, 0): bySubscription.append(message.transmissions)
                default: bySubscription.append(message.lostSession ? message.transmissions : 1)
                }
            }
            limits.append(bySubscription.contains { $0 == nil } ? nil : bySubscription.map { $0! }.max()!)
        }
        if limits.contains(where: { $0 == nil }) { return (nil, effective) }
        let numbers = limits.map { $0! }
        return (expectations.overlappingSubscriptions == .each ? numbers.reduce(0, +) : numbers.max()!, effective)
    }

    private mutating func judgeCopies(_ session: Session, _ messages: [Message]) {
        for receipt in session.receipts {
            if receipt.message.outcome == .refused {
                counts["aborted-read", default: 0] += 1
            } else if receipt.topic != receipt.message.topic || matching(session, receipt.topic).isEmpty {
                counts["misrouted", default: 0] += 1
            } else if receipt.retain {
                // Nobody publishes with the RETAIN flag here.
                counts["retain-flag-forged", default: 0] += 1
            }
        }
        for message in messages {
            let copies = live(session, message).count
            let retained = session.receipts.contains {
                same($0.message, message) && $0.retain && $0.topic == message.topic && message.outcome != .refused
                    && !matching(session, message.topic).isEmpty
            }
            if copies > 0 || retained { totals.delivered += 1 }
            if copies < 2 { continue }
            let (limit, effective) = allowed(session, message)
            let over = max(0, copies - (limit ?? copies))
            totals.duplicates += over
            totals.redelivered += copies - over - 1
            counts[effective == 2 ? "duplicate-qos2" : "duplicate-qos0", default: 0] += over
            if expectations.redelivery == .forbidden { counts["redelivered", default: 0] += copies - over - 1 }
        }
    }

    private func isAlive(_ session: Session) -> Bool {
        session.connections.contains { $0.from <= end ?? .max && $0.to ?? .max >= end ?? .max }
    }

    private mutating func judgeOrder(_ session: Session, _ messages: [Message]) {
        func countOne(_ sent: UInt64, _ resumedAt: UInt64?) {
            counts[resumedAt.map { sent < $0 } ?? false ? "reorder-after-resume" : "reorder", default: 0] += 1
        }
        for (index, first) in messages.enumerated() {
            let stream = messages.enumerated().filter {
                $0.element.publisher == first.publisher && $0.element.topic == first.topic && $0.element.qos == first.qos
            }
            let copies = live(session, first)
            guard let arrival = copies.first, !mayComeLate(first, session), comesAtOneQoS(session, first, stream[0].element.sent) else {
                continue
            }
            let overtaken = stream.contains { $0.offset > index && live(session, $0.element).first.map { $0.at < arrival.at } ?? false }
            if overtaken { countOne(first.sent, arrival.resumedAt) }
            // Last copies: an earlier message was repeated after the last copy of this one.
            let isJudged = isAlive(session) && !(expectations.overlappingSubscriptions == .each && matching(session, first.topic).count > 1)
            guard isJudged else { continue }
            let last = copies.prefix(allowed(session, first).copies ?? .max).last!
            let repeats = stream.filter { $0.offset < index && !mayComeLate($0.element, session) }.flatMap {
                live(session, $0.element).prefix(allowed(session, $0.element).copies ?? .max).dropFirst()
            }
            if let later = repeats.filter({ $0.at > last.at }).max(by: { $0.at < $1.at }) { countOne(first.sent, later.resumedAt) }
        }
    }

    /// At effective QoS 0 the first copy may be lost, and what was sent again then comes alone.
    private func mayComeLate(_ message: Message, _ session: Session) -> Bool {
        message.mayTakeEffectLate || (message.transmissions > 1 && allowed(session, message).effective == 0)
    }

    /// MQTT keeps the order of copies of one QoS only.
    private func comesAtOneQoS(_ session: Session, _ message: Message, _ streamBegan: UInt64) -> Bool {
        let subscriptions = matching(session, message.topic)
        let possible = subscriptions.map { Set($0.grants.map(\.qos).filter { $0 < 0x80 }.map { min($0, message.qos) }) }
        if Set(possible.flatMap { $0 }).count < 2 { return true }
        guard expectations.overlappingSubscriptions == .once else { return false }
        return subscriptions.allSatisfy {
            $0.end == nil && Set($0.grants.map(\.qos)).count == 1 && $0.grants[0].at < streamBegan
        }
    }

    private func granted(_ subscription: Subscription, _ message: Message) -> UInt8? {
        if let end = subscription.end, !(message.completed ?? .max < end) { return nil }
        guard let inForce = subscription.grants.lastIndex(where: { $0.at < message.sent }) else { return nil }
        let since = subscription.grants[inForce...].map(\.qos)
        return since.contains { $0 >= 0x80 } ? nil : since.min()
    }

    private mutating func judgeMissing(_ session: Session, _ messages: [Message]) {
        guard isAlive(session) else { return }
        var missing: [(message: Message, isTail: Bool)] = []
        for (index, message) in messages.enumerated() where message.isOwed {
            guard let granted = matching(session, message.topic).compactMap({ granted($0, message) }).max() else { continue }
            if min(granted, message.qos) > 0 { totals.due += 1 }
            if hasArrived(message, session) { continue }
            if min(granted, message.qos) == 0 {
                totals.dropped += 1
                continue
            }
            let laterArrived = messages[(index + 1)...].contains {
                $0.publisher == message.publisher && $0.topic == message.topic && $0.qos == message.qos && hasArrived($0, session)
            }
            missing.append((message, !laterArrived))
        }
        if let span = lostState(session, missing.map(\.message.sent)) {
            counts["false-resume", default: 0] += 1
            let isExplained = { (entry: (message: Message, isTail: Bool)) in
                entry.message.sent > span.lowerBound ? entry.message.sent < span.upperBound : entry.isTail
            }
            totals.lost += missing.count { isExplained($0) && !$0.isTail }
            totals.unseen += missing.count { isExplained($0) && $0.isTail }
            missing.removeAll(where: isExplained)
        }
        for topic in Set(missing.map(\.message.topic)) {
            let tails = missing.filter { $0.message.topic == topic }.map(\.isTail)
            let credit = session.corrupt[topic] ?? 0
            let allLost = tails.count { !$0 }
            let lost = max(0, allLost - credit)
            let unseen = max(0, tails.count - allLost - max(0, credit - allLost))
            totals.lost += lost
            totals.unseen += unseen
            counts["lost", default: 0] += lost
            if isQuiescent { counts["unseen", default: 0] += unseen } else if unseen > 0 { hasDoubt = true }
        }
    }

    /// A resume after which nothing came of at least two messages that were owed since the connection before ended, and nothing older.
    private func lostState(_ session: Session, _ missing: [UInt64]) -> Range<UInt64>? {
        guard isQuiescent else { return nil }
        for (number, connection) in session.connections.enumerated() where number > 0 && connection.resumed {
            let lost = session.connections[number - 1].to!
            let renewed = session.subscriptions.flatMap(\.grants).map(\.at).filter { $0 > connection.from }.min() ?? .max
            let owed = missing.count { $0 > lost && $0 < renewed }
            let shows = session.receipts.contains { $0.connection >= number && $0.message.sent < renewed }
            if owed >= 2, !shows, !session.unreadable.contains(where: { $0 >= number }) { return lost..<max(lost, renewed) }
        }
        return nil
    }

    private mutating func judgeAcknowledgements(_ messages: [Message]) {
        for publisher in Set(messages.map(\.publisher)) {
            var written: [String] = []
            var answered: [Int] = []
            var ended: Set<String> = []
            for step in steps where step.process == publisher {
                switch step.action {
                case .connect: (written, answered) = ([], [])
                case .publish(_, _, let sequence, let attempt), .resend(let sequence, let attempt): written.append("\(sequence).\(attempt)")
                case .complete(let sequence, let attempt, let outcome) where !ended.contains("\(sequence).\(attempt)"):
                    let name = "\(sequence).\(attempt)"
                    if outcome != .unknown { ended.insert(name) }
                    let places = written.indices.filter { written[$0] == name }
                    let message = messages.first { $0.publisher == publisher && $0.sequence == sequence && $0.attempt == attempt }
                    guard outcome == .acked, message?.qos == 1, places.count == 1 else { continue }
                    if answered.contains(where: { $0 > places[0] }) { counts["ack-order", default: 0] += 1 }
                    answered.append(places[0])
                default: break
                }
            }
        }
    }

    private func hasArrived(_ message: Message, _ session: Session) -> Bool {
        session.receipts.contains { same($0.message, message) && countsAsArrived($0, session) }
    }

    /// A message that came under a wrong topic came all the same; one that no subscription wanted did not.
    private func countsAsArrived(_ receipt: Receipt, _ session: Session) -> Bool {
        receipt.message.outcome != .refused && (receipt.topic != receipt.message.topic || !matching(session, receipt.topic).isEmpty)
    }

    private mutating func judgeAbsence(_ sessions: [Session]) {
        guard let end, sessions.contains(where: { !$0.subscriptions.isEmpty }), !sessions.contains(where: isAlive) else { return }
        let last = sessions.flatMap(\.connections).filter { $0.from <= end }.max { $0.from < $1.from }
        if let last, !last.byClient { hasDoubt = true }
    }
}
