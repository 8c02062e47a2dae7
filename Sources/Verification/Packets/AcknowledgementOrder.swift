import Trace

/// Follows the PUBACKs that each publisher reads: they come in the order of its PUBLISH packets on that connection [MQTT-4.6.0-2].
struct AcknowledgementOrder {
    private var publishers: [State] = []

    /// One acknowledgement.
    struct Acknowledgement {
        var position: Int
        var place: Place
        /// Where its PUBLISH stands among those of the connection.
        fileprivate var key: UInt64
    }

    private struct State {
        /// The first attempt that was published on the present connection.
        var first = 0
        /// The key of each attempt that was sent again on the present connection; 0 where it was written twice there, so that either of
        /// two PUBLISH packets may have been answered.
        var resent: [Int: UInt64] = [:]
        var resends: UInt64 = 0
        var latest: Acknowledgement?

        /// Where the PUBLISH of an attempt stands on the present connection; `nil` where it was not written there exactly once.
        func key(_ position: Int) -> UInt64? {
            if !resent.isEmpty, let key = resent[position] { return key == 0 ? nil : key }
            return position >= first ? UInt64(position + 1) << 24 : nil
        }
    }

    mutating func addPublisher() { publishers.append(State()) }

    /// A connection of the publisher began, or events of it are missing, when it had published `count` times.
    mutating func begin(_ publisher: Int, count: Int) {
        publishers[publisher] = State(first: count)
    }

    /// An attempt was written again when its publisher had published `count` times.
    mutating func resend(_ publisher: Int, position: Int, count: Int) {
        publishers[publisher].resends += 1
        let isSecond = position >= publishers[publisher].first || publishers[publisher].resent[position] != nil
        publishers[publisher].resent[position] = isSecond ? 0 : UInt64(count) << 24 | min(publishers[publisher].resends, 0xFF_FFFF)
    }

    /// A PUBACK came.
    /// - Returns: the acknowledgement of a later PUBLISH that came before it.
    mutating func acknowledge(_ publisher: Int, position: Int, _ place: Place, _ mutant: Mutant?) -> Acknowledgement? {
        guard let key = publishers[publisher].key(position) else { return nil }
        let latest = publishers[publisher].latest
        let isLate = latest.map { $0.key > key } ?? false
        if !isLate || mutant == .comparesWithLastAcknowledgement {
            publishers[publisher].latest = Acknowledgement(position: position, place: place, key: key)
        }
        return isLate ? latest : nil
    }
}

extension RunIndex {
    /// Judges the order of a PUBACK; called before its outcome is taken.
    mutating func judgeOrder(of event: TraceEvent.Completed, by publisher: Int, _ place: Place) {
        guard event.outcome == .acked,
            let position = publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt),
            publishes.publishers[publisher].states[position].isOpen,
            publishes.streams[Int(publishes.publishers[publisher].stream[position])].qos == 1,
            let later = acknowledgements.acknowledge(publisher, position: position, place, mutant)
        else { return }
        let witness = witnessOfOrder(publisher, position, later, place)
        violations.add(.ackOrder, witness)
    }

    private func witnessOfOrder(
        _ number: Int, _ position: Int, _ later: AcknowledgementOrder.Acknowledgement, _ place: Place
    ) -> Witness {
        let publisher = publishes.publishers[number]
        let name = processes[publisher.process].name
        let topic = topics.names[Int(publishes.streams[Int(publisher.stream[position])].topic)]
        let sequence = publisher.key(at: position).sequence
        return Witness(
            sentence: "The PUBACK of \(topic) message \(sequence) of \(name) came after that of its later message "
                + "\(publisher.key(at: later.position).sequence).",
            publisher: name, sequence: sequence, topic: topic,
            events: [event("acked", later.place), event("acked", place)])
    }

    /// An event as witnesses show it.
    func event(_ what: String, _ place: Place) -> Witness.Event {
        .init(what: what, time: place.at, file: files[place.file].name, offset: place.offset)
    }
}
