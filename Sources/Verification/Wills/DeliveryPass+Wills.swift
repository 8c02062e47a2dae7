import Trace

extension DeliveryPass {
    struct WillKey: Hashable {
        var session: Int
        var message: Int
    }

    /// What came of one will at one session.
    struct WillArrivals {
        /// The live copies, by QoS.
        var copies = StreamState.Copies()
        /// Those that say nothing of the number of copies.
        var aside = 0
        var first: Place
    }

    /// Takes a delivery that may be a will.
    /// - Returns: whether it is one.
    mutating func deliverWill(_ event: TraceEvent.Delivered, _ process: Int, _ topic: UInt32, _ place: Place) -> Bool {
        guard let client = index.number(of: event.publisher),
            let number = index.wills.number(process: client, sequence: event.sequence, attempt: event.attempt)
        else { return false }
        let session = index.processes[process].sessions[cursors[process].session]
        let message = index.wills.messages[number]
        // When a will was sent nobody knows; that it came shows that the broker has the session.
        if cursors[process].connection > 0 { resumed.take(session: session, connection: cursors[process].connection, sent: 0) }
        let finding = Finding(kind: .misrouted, subscriber: process, topic: message.will.topic, delivery: place)
        notePacket(event.packetID, process, PacketTable.Entry.firstWill - Int32(number), finding)
        if topic != message.will.topic, index.topics.isKnown[Int(topic)], index.topics.isKnown[Int(message.will.topic)] {
            add(.misrouted, finding, .deliveredOn(topic))
            return true
        }
        let match = match(session: session, topic: topic)
        // When a will was sent nobody knows.
        let passage = Passage(qos: message.will.qos, sent: nil, received: event.at)
        let reach = reach(match, passage, session)
        if reach.isEmpty, index.topics.isKnown[Int(topic)] {
            guard mayHaveOthers(session) else {
                addUnmatched(finding, session)
                return true
            }
            doubts.unmatchedInherited += 1
        } else if !reach.contains(event.qos), !mayHaveOthers(session), index.mutant != .anyQoSWillDo {
            add(.wrongQoS, finding, .qos(event.qos, expected: reach))
            wills[WillKey(session: session, message: number), default: WillArrivals(first: place)].aside += 1
            return true
        }
        count(number, session, event, match, passage, process, place)
        return true
    }

    private mutating func count(
        _ number: Int, _ session: Int, _ event: TraceEvent.Delivered, _ match: TopicMatch, _ passage: Passage, _ process: Int,
        _ place: Place
    ) {
        let message = index.wills.messages[number]
        var arrivals = wills[WillKey(session: session, message: number)] ?? WillArrivals(first: place)
        let before = arrivals
        if event.retain { arrivals.aside += 1 } else { arrivals.copies[event.qos] += 1 }
        wills[WillKey(session: session, message: number)] = arrivals
        if message.possible == 0 {
            return violations.add(.willAfterDisconnect, index.witness(message, process, .afterDisconnect, [("delivered", place)]))
        }
        let limit = CopyLimit(
            packet: event.qos, passage, AttemptState(), match, index.sessions[session], expectations
        )
        .times(message.possible, more: index.mutant == .willAllowsOneMore ? 1 : 0)
        guard !event.retain, let excess = limit.excess(arrivals.copies, at: event.qos) else { return }
        violations.add(
            .willDoubled,
            index.witness(
                message, process, .copies(excess.copies, allowed: excess.allowed), [("delivered", before.first), ("delivered", place)]))
    }
}

extension RunIndex {
    enum WillFault {
        case missing
        case afterDisconnect
        case copies(Int, allowed: Int)
    }

    /// Tells what is wrong with a will at one subscriber.
    func witness(_ message: WillTable.Message, _ process: Int, _ fault: WillFault, _ places: [(what: String, place: Place)]) -> Witness {
        let topic = topics.names[Int(message.will.topic)]
        let subject = "The will of \(processes[message.process].name) on \(topic)"
        let subscriber = processes[process].name
        let sentence =
            switch fault {
            case .missing: "\(subject) never reached \(subscriber), although its connection ended without DISCONNECT."
            case .afterDisconnect: "\(subject) reached \(subscriber), although the client had ended the connection with DISCONNECT."
            case .copies(let count, let allowed):
                "\(subject) reached \(subscriber) \(count) times; \(allowed == 1 ? "1 copy is" : "\(allowed) copies are") allowed."
            }
        let registered = message.ends.compactMap(\.connected).prefix(1)
        return Witness(
            sentence: sentence, publisher: processes[message.process].name, sequence: message.will.sequence, topic: topic,
            subscriber: subscriber, events: registered + [event("will", message.will.place)] + places.map { event($0.what, $0.place) })
    }
}
