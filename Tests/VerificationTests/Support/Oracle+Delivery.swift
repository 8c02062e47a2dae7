import Trace
import Verification

extension Oracle {
    /// The live copies of a message: those on its own topic, wanted, not refused and not retained.
    func live(_ session: Session, _ message: Message) -> [Receipt] {
        session.receipts.filter {
            $0.message.name == message.name && !$0.retain && $0.topic == message.topic && message.outcome != .refused
                && isWanted(session, $0) && !isAtWrongQoS(session, $0)
        }
    }

    mutating func judgeCopies(_ session: Session) {
        for other in session.others {
            if !session.isInherited, matching(session, other.topic).isEmpty {
                add(.misrouted)
            } else if let kind = other.otherwise {
                add(kind)
            }
        }
        for receipt in session.receipts {
            if receipt.message.outcome == .refused {
                add(.abortedRead)
            } else if receipt.topic != receipt.message.topic {
                add(.misrouted)
            } else if !isSubscribed(session, receipt) {
                if session.isInherited { hasDoubt = true } else { add(unwanted(receipt.topic)) }
            }
        }
        add(.wrongQoS, session.receipts.count { isAtWrongQoS(session, $0) })
        for message in messages {
            let copies = live(session, message)
            let isAside = session.receipts.contains {
                $0.message.name == message.name && ($0.retain || isAtWrongQoS(session, $0)) && $0.topic == message.topic
                    && message.outcome != .refused && isWanted(session, $0)
            }
            if group(session, message.topic) == nil, !copies.isEmpty || isAside { totals.delivered += 1 }
            for (place, copy) in copies.enumerated().dropFirst() {
                if isTooMany(session, copies, place) {
                    totals.duplicates += 1
                    add(copy.qos == 2 ? .duplicateQoS2 : .duplicateQoS0)
                } else if isForAnotherFilter(session, message, place) {
                    totals.repeated += 1
                } else {
                    totals.redelivered += 1
                    if expectations.redelivery == .forbidden { add(.redelivered) }
                }
            }
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
            guard let arrival = copies.first, !mayComeLate(first, session, arrival.qos) else { continue }
            // MQTT keeps the order of copies of one QoS only.
            let overtaken = stream.contains {
                $0.offset > index && live(session, $0.element).first.map { $0.at < arrival.at && $0.qos == arrival.qos } ?? false
            }
            if overtaken { addReorder(first.sent, arrival.resumedAt) }
            // Last copies: an earlier message was repeated after the last copy of this one.
            let seen = Set(stream.flatMap { live(session, $0.element) }.map(\.qos))
            let isAlone = expectations.overlappingSubscriptions == .once || matching(session, first.topic).count < 2
            guard isAlive(session), seen.count == 1, isAlone else { continue }
            let last = legal(session, copies).last!
            let repeats = stream.filter { $0.offset < index }.flatMap { repeating(session, $0.element) }
            if let later = repeats.filter({ $0.at > last.at }).max(by: { $0.at < $1.at }), !wasAcknowledged(first, before: later.message) {
                addReorder(first.sent, later.resumedAt)
            }
        }
    }

    /// The further copies behind which later messages have to come again. In MQTT 3.1.1 a broker may send again on a live connection what it waits
    /// for.
    private func repeating(_ session: Session, _ message: Message) -> [Receipt] {
        let copies = legal(session, live(session, message))
        return copies.dropFirst().filter { copy in
            let isSecond = copies.contains { $0.at < copy.at && $0.connection == copy.connection }
            return (!isSecond || copy.details.dup == false || session.connections[copy.connection].isVersion5)
                && !mayComeLate(message, session, copy.qos)
        }
    }

    /// A broker may acknowledge out of order, and what it has acknowledged its publisher does not write again.
    private func wasAcknowledged(_ message: Message, before again: Message) -> Bool {
        again.qos == 1 && again.transmissions > 1 && message.completed ?? .max < again.completed ?? .max
    }

    /// At effective QoS 0 the first copy may be lost, and what was sent again at QoS 1 then comes alone.
    private func mayComeLate(_ message: Message, _ session: Session, _ packet: UInt8) -> Bool {
        message.mayTakeEffectLate || (message.transmissions > 1 && message.qos == 1 && packet == 0)
            || (message.transmissions > 1 && mayHaveMissedFirst(message, session))
    }

    /// What is written again at QoS 1 is forwarded again, to sessions as well that had not subscribed when it was written first.
    private func mayHaveMissedFirst(_ message: Message, _ session: Session) -> Bool {
        message.qos == 1
            && matching(session, message.topic).allSatisfy { granted($0, sent: message.sent, accepted: message.completed) == nil }
    }

    private mutating func addReorder(_ sent: UInt64, _ resumedAt: UInt64?) {
        add(resumedAt.map { sent < $0 } ?? false ? .reorderAfterResume : .reorder)
    }

    /// The QoS that a subscription surely grants to what is sent and accepted at these times.
    func granted(_ subscription: Subscription, sent: UInt64, accepted: UInt64?) -> UInt8? {
        if let end = subscription.end, !(accepted ?? .max < end) { return nil }
        guard let inForce = subscription.grants.lastIndex(where: { $0.isAnswered && $0.at < sent }) else { return nil }
        // What was asked for after the message was accepted takes nothing away.
        let since = [subscription.grants[inForce]] + subscription.grants[(inForce + 1)...].filter { $0.asked ?? 0 <= accepted ?? .max }
        return since.contains { $0.qos >= 0x80 } ? nil : since.flatMap(\.possible).min()
    }

    mutating func judgeMissing(_ session: Session) {
        guard isAlive(session) else { return }
        var missing: [(message: Message, isTail: Bool)] = []
        var copies: [(message: Message, isTail: Bool)] = []
        for (index, message) in messages.enumerated() where message.isOwed {
            let subscriptions = plain(session, message.topic).filter {
                message.publisher != session.subscriber || !$0.grants.contains { $0.options.contains(.noLocal) }
            }
            guard let granted = subscriptions.compactMap({ granted($0, sent: message.sent, accepted: message.completed) }).max() else {
                continue
            }
            if min(granted, message.qos) > 0 { totals.due += 1 }
            if hasArrived(message, session) {
                let lacking = copiesLacking(message, session)
                totals.due += max(0, lacking.owed - 1)
                let isLast = !messages[(index + 1)...].contains { sharesStream($0, message) && hasArrived($0, session) }
                copies += Array(repeating: (message, isLast), count: max(0, lacking.owed - lacking.came))
                continue
            }
            if min(granted, message.qos) == 0 {
                totals.dropped += 1
                continue
            }
            let laterArrived = messages[(index + 1)...].contains { sharesStream($0, message) && hasArrived($0, session) }
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
            totals.lost += copies.count { isExplained($0) && !$0.isTail }
            totals.unseen += copies.count { isExplained($0) && $0.isTail }
            copies.removeAll(where: isExplained)
        }
        report(missing, copies, session)
    }

    private func sharesStream(_ one: Message, _ other: Message) -> Bool {
        one.publisher == other.publisher && one.topic == other.topic && one.qos == other.qos
    }

    /// Where a copy for each filter is expected: how many of them a message that came had to come by above QoS 0, and how many copies above it came.
    func copiesLacking(_ message: Message, _ session: Session) -> (owed: Int, came: Int) {
        let own = plain(session, message.topic)
        let isAside = session.receipts.contains {
            $0.message.name == message.name && countsAsArrived($0, session)
                && ($0.retain || $0.topic != message.topic || isAtWrongQoS(session, $0))
        }
        let copies = live(session, message)
        guard expectations.overlappingSubscriptions == .each, Set(own.map(\.filter)).count > 1, !copies.isEmpty, !isAside,
            !matching(session, message.topic).contains(where: \.isShared)
        else { return (0, 0) }
        let owed = Set(own.map(\.filter)).count { filter in
            own.contains {
                $0.filter == filter && !(message.publisher == session.subscriber && $0.grants.contains { $0.options.contains(.noLocal) })
                    && min(granted($0, sent: message.sent, accepted: message.completed) ?? 0, message.qos) > 0
            }
        }
        return (owed, copies.count { $0.qos > 0 })
    }

    /// A session that ended missed what a later message of its stream overtook on its only connection.
    mutating func judgeMissingInEnded(_ session: Session) {
        guard !isAlive(session), session.connections.count == 1, !session.isInherited else { return }
        var missing: [(message: Message, isTail: Bool)] = []
        for (index, message) in messages.enumerated() where message.isOwed && !message.mayTakeEffectLate && message.transmissions == 1 {
            let stream = messages.enumerated().filter {
                $0.element.publisher == message.publisher && $0.element.topic == message.topic && $0.element.qos == message.qos
            }
            let seen = Set(stream.flatMap { live(session, $0.element) }.map(\.qos))
            guard seen.count == 1, seen.first! > 0, !matching(session, message.topic).contains(where: \.isShared),
                stream.contains(where: { $0.offset > index && !live(session, $0.element).isEmpty }), !hasArrived(message, session),
                surely(session, message) == seen.first!
            else { continue }
            totals.due += 1
            missing.append((message, false))
        }
        report(missing, [], session)
    }

    /// The QoS at which a message surely has to come to a session; nil where it need not.
    func surely(_ session: Session, _ message: Message) -> UInt8? {
        if message.completed == nil { return nil }
        let subscriptions = plain(session, message.topic).filter {
            message.publisher != session.subscriber || !$0.grants.contains { $0.options.contains(.noLocal) }
        }
        return subscriptions.compactMap { granted($0, sent: message.sent, accepted: message.completed) }.max().map { min($0, message.qos) }
    }

    /// Where several filters match, one copy has the greatest QoS.
    mutating func judgeLevels(_ session: Session) {
        guard expectations.overlappingSubscriptions != .once, isAlive(session), isQuiescent, !session.isInherited else { return }
        for message in messages where message.isOwed && Set(plain(session, message.topic).map(\.filter)).count > 1 {
            let copies = live(session, message)
            guard !copies.isEmpty, let most = surely(session, message) else { continue }
            let lacking = copiesLacking(message, session)
            if lacking.came < lacking.owed { continue }
            if copies.allSatisfy({ $0.qos < most }) { add(.wrongQoS) }
        }
    }

    /// - Parameter copies: those that are missing of messages that came. They have no order among them, so until the run rests nothing is known of any.
    private mutating func report(
        _ missing: [(message: Message, isTail: Bool)], _ copies: [(message: Message, isTail: Bool)], _ session: Session
    ) {
        let all = missing + copies
        for topic in Set(all.map(\.message.topic)) {
            let tails = all.filter { $0.message.topic == topic }.map(\.isTail)
            let credit = session.corrupt[topic] ?? 0
            let allLost = tails.count { !$0 }
            var lost = max(0, allLost - credit)
            let unseen = max(0, tails.count - allLost - max(0, credit - allLost))
            totals.lost += lost
            totals.unseen += unseen
            let doubtful = min(lost, copies.count { $0.message.topic == topic && !$0.isTail })
            if !isQuiescent, doubtful > 0 {
                lost -= doubtful
                hasDoubt = true
            }
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
