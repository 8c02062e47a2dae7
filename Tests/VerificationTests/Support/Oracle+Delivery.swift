import Trace
import Verification

extension Oracle {
    /// The live copies of a message: those on its own topic, wanted, not refused and not retained.
    func live(_ session: Session, _ message: Message) -> [Receipt] {
        session.receipts.filter {
            $0.message.name == message.name && !$0.retain && $0.topic == message.topic && message.outcome != .refused
                && isWanted(session, $0)
        }
    }

    func allowed(_ session: Session, _ message: Message) -> (copies: Int?, effective: UInt8) {
        let all = matching(session, message.topic)
        var limits: [(isShared: Bool, copies: Int?)] = []
        var effective: UInt8 = 0
        for subscription in all {
            var bySubscription: [Int?] = []
            for granted in subscription.possible {
                let qos = min(granted, message.qos)
                effective = max(effective, qos)
                switch (message.qos, qos) {
                case (0, _): bySubscription.append(1)
                case (_, 1): bySubscription.append(nil)
                case (1, 0): bySubscription.append(message.transmissions)
                default: bySubscription.append(message.lostSession ? message.transmissions : 1)
                }
            }
            limits.append((subscription.isShared, bySubscription.contains { $0 == nil } ? nil : bySubscription.map { $0! }.max()!))
        }
        if session.isInherited || all.isEmpty || limits.contains(where: { $0.copies == nil }) { return (nil, effective) }
        let own = limits.filter { !$0.isShared }.map { $0.copies! }
        let shared = limits.filter(\.isShared).map { $0.copies! }
        let ofOwn = expectations.overlappingSubscriptions == .once ? own.max() ?? 0 : own.reduce(0, +)
        let ofShared = group(session, message.topic) != nil ? shared.max()! : shared.reduce(0, +)
        return (ofOwn + ofShared, effective)
    }

    mutating func judgeCopies(_ session: Session) {
        for receipt in session.receipts {
            if receipt.message.outcome == .refused {
                add(.abortedRead)
            } else if receipt.topic != receipt.message.topic {
                add(.misrouted)
            } else if !isSubscribed(session, receipt) {
                if session.isInherited { hasDoubt = true } else { add(unwanted(receipt.topic)) }
            }
        }
        for message in messages {
            let copies = live(session, message).count
            let retained = session.receipts.contains {
                $0.message.name == message.name && $0.retain && $0.topic == message.topic && message.outcome != .refused
                    && isWanted(session, $0)
            }
            if group(session, message.topic) == nil, copies > 0 || retained { totals.delivered += 1 }
            if copies < 2 { continue }
            let (limit, effective) = allowed(session, message)
            let over = max(0, copies - (limit ?? copies))
            totals.duplicates += over
            let repeated = (1..<copies - over).count { isForAnotherFilter(session, message, $0) }
            totals.repeated += repeated
            totals.redelivered += copies - over - 1 - repeated
            add(effective == 2 ? .duplicateQoS2 : .duplicateQoS0, over)
            if expectations.redelivery == .forbidden { add(.redelivered, copies - over - 1 - repeated) }
        }
    }

    /// Whether the copy at a place is one of those that the broker may send for each filter that matches.
    func isForAnotherFilter(_ session: Session, _ message: Message, _ place: Int) -> Bool {
        let all = matching(session, message.topic)
        let own = Set(all.filter { !$0.isShared }.map(\.filter)).count
        let ways = Set(all.filter(\.isShared).map(\.filter)).count + (expectations.overlappingSubscriptions == .once ? min(1, own) : own)
        return place < ways && live(session, message)[place].details.dup != true
    }

    func isAlive(_ session: Session) -> Bool {
        session.connections.contains { $0.from <= end ?? .max && $0.to ?? .max >= end ?? .max }
    }

    mutating func judgeOrder(_ session: Session) {
        for (index, first) in messages.enumerated() where !matching(session, first.topic).contains(where: \.isShared) {
            let stream = messages.enumerated().filter {
                $0.element.publisher == first.publisher && $0.element.topic == first.topic && $0.element.qos == first.qos
            }
            let copies = live(session, first)
            guard let arrival = copies.first, !mayComeLate(first, session), comesAtOneQoS(session, first, stream[0].element.sent) else {
                continue
            }
            let overtaken = stream.contains { $0.offset > index && live(session, $0.element).first.map { $0.at < arrival.at } ?? false }
            if overtaken { addReorder(first.sent, arrival.resumedAt) }
            // Last copies: an earlier message was repeated after the last copy of this one.
            let isAlone = expectations.overlappingSubscriptions == .once || matching(session, first.topic).count < 2
            let isJudged = isAlive(session) && isAlone
            guard isJudged else { continue }
            let last = copies.prefix(allowed(session, first).copies ?? .max).last!
            let repeats = stream.filter { $0.offset < index && !mayComeLate($0.element, session) }.flatMap {
                repeating(session, $0.element).dropFirst()
            }
            if let later = repeats.filter({ $0.at > last.at }).max(by: { $0.at < $1.at }) { addReorder(first.sent, later.resumedAt) }
        }
    }

    /// The copies behind which later messages have to come again. In MQTT 3.1.1 a broker may send again on a live connection what it waits for.
    private func repeating(_ session: Session, _ message: Message) -> [Receipt] {
        let copies = live(session, message).prefix(allowed(session, message).copies ?? .max)
        return copies.filter { copy in
            let isSecond = copies.contains { $0.at < copy.at && $0.connection == copy.connection }
            return !isSecond || copy.details.dup == false || session.connections[copy.connection].isVersion5
        }
    }

    /// At effective QoS 0 the first copy may be lost, and what was sent again then comes alone.
    private func mayComeLate(_ message: Message, _ session: Session) -> Bool {
        message.mayTakeEffectLate || (message.transmissions > 1 && allowed(session, message).effective == 0)
            || (message.transmissions > 1 && mayHaveMissedFirst(message, session))
    }

    /// What is written again at QoS 1 is forwarded again, to sessions as well that had not subscribed when it was written first.
    private func mayHaveMissedFirst(_ message: Message, _ session: Session) -> Bool {
        message.qos == 1
            && matching(session, message.topic).allSatisfy { granted($0, sent: message.sent, accepted: message.completed) == nil }
    }

    /// MQTT keeps the order of copies of one QoS only.
    private func comesAtOneQoS(_ session: Session, _ message: Message, _ streamBegan: UInt64) -> Bool {
        let subscriptions = matching(session, message.topic)
        let possible = subscriptions.map { Set($0.grants.map(\.qos).filter { $0 < 0x80 }.map { min($0, message.qos) }) }
        if Set(possible.flatMap { $0 }).count < 2 { return true }
        guard expectations.overlappingSubscriptions == .once else { return false }
        return subscriptions.allSatisfy {
            $0.end == nil && Set($0.grants.map(\.qos)).count == 1 && $0.grants[0].isAnswered && $0.grants[0].at < streamBegan
        }
    }

    private mutating func addReorder(_ sent: UInt64, _ resumedAt: UInt64?) {
        add(resumedAt.map { sent < $0 } ?? false ? .reorderAfterResume : .reorder)
    }

    /// The QoS that a subscription surely grants to what is sent and accepted at these times.
    func granted(_ subscription: Subscription, sent: UInt64, accepted: UInt64?) -> UInt8? {
        if let end = subscription.end, !(accepted ?? .max < end) { return nil }
        guard let inForce = subscription.grants.lastIndex(where: { $0.isAnswered && $0.at < sent }) else { return nil }
        let since = subscription.grants[inForce...].map(\.qos)
        return since.contains { $0 >= 0x80 } ? nil : since.min()
    }

    mutating func judgeMissing(_ session: Session) {
        guard isAlive(session) else { return }
        var missing: [(message: Message, isTail: Bool)] = []
        for (index, message) in messages.enumerated() where message.isOwed {
            let subscriptions = plain(session, message.topic).filter {
                message.publisher != session.subscriber || !$0.grants.contains { $0.options.contains(.noLocal) }
            }
            guard let granted = subscriptions.compactMap({ granted($0, sent: message.sent, accepted: message.completed) }).max() else {
                continue
            }
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
            add(.falseResume)
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
            add(.lost, lost)
            if isQuiescent { add(.unseen, unseen) } else if unseen > 0 { hasDoubt = true }
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
            let hasWill = session.wills.contains { $0.at > connection.from }
            if owed >= 2, !shows, !hasWill, !session.unreadable.contains(where: { $0 >= number }) { return lost..<max(lost, renewed) }
        }
        return nil
    }

    func hasArrived(_ message: Message, _ session: Session) -> Bool {
        session.receipts.contains { $0.message.name == message.name && countsAsArrived($0, session) }
    }

    /// A message that came under a wrong topic came all the same; one that no subscription wanted did not.
    private func countsAsArrived(_ receipt: Receipt, _ session: Session) -> Bool {
        receipt.message.outcome != .refused && (receipt.topic != receipt.message.topic || isWanted(session, receipt))
    }

    mutating func judgeAbsence(_ sessions: [Session]) {
        guard let end, sessions.contains(where: { !$0.subscriptions.isEmpty }), !sessions.contains(where: isAlive) else { return }
        let last = sessions.flatMap(\.connections).filter { $0.from <= end }.max { $0.from < $1.from }
        if let last, !last.byClient { hasDoubt = true }
    }
}
