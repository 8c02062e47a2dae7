import Trace

/// Follows the PUBACKs that each publisher reads: whether they come in the order of its PUBLISH packets on that connection. [MQTT-4.6.0-2] demands
/// that of clients only.
struct AcknowledgementOrder {
    private var publishers: [State] = []
    /// What was sent again on the present connections, by publisher. Apart from the rest, as it is rare.
    private var resends: [Int: Resends] = [:]

    /// One acknowledgement.
    struct Acknowledgement {
        var position = 0
        var place = Place(at: 0, file: 0, offset: 0)
        /// Where its PUBLISH stands among those of the connection; 0 where there is none.
        fileprivate var key: UInt64 = 0
    }

    private struct State {
        /// The first attempt that was published on the present connection.
        var first = 0
        var latest = Acknowledgement()
    }

    private struct Resends {
        /// The key of each attempt; 0 where it was written twice on the connection, so that either of two PUBLISH packets may have been
        /// answered.
        var keys: [Int: UInt64] = [:]
        var count: UInt64 = 0
    }

    mutating func addPublisher() { publishers.append(State()) }

    /// A connection of the publisher began, or events of it are missing, when it had published `count` times.
    mutating func begin(_ publisher: Int, count: Int) {
        publishers[publisher] = State(first: count)
        resends[publisher] = nil
    }

    /// An attempt was written again when its publisher had published `count` times.
    mutating func resend(_ publisher: Int, position: Int, count: Int) {
        var again = resends[publisher] ?? Resends()
        again.count += 1
        let isSecond = position >= publishers[publisher].first || again.keys[position] != nil
        again.keys[position] = isSecond ? 0 : UInt64(count) << 24 | min(again.count, 0xFF_FFFF)
        resends[publisher] = again
    }

    /// A PUBACK came.
    /// - Returns: the acknowledgement of a later PUBLISH that came before it.
    @inline(__always)
    mutating func acknowledge(_ publisher: Int, _ position: Int, _ place: Place, _ mutant: Mutant?) -> Acknowledgement? {
        let key = key(publisher, position)
        if key > publishers[publisher].latest.key {
            publishers[publisher].latest = Acknowledgement(position: position, place: place, key: key)
            return nil
        }
        guard key > 0 else { return nil }
        let latest = publishers[publisher].latest
        if mutant == .comparesWithLastAcknowledgement {
            publishers[publisher].latest = Acknowledgement(position: position, place: place, key: key)
        }
        return latest
    }

    /// Where the PUBLISH of an attempt stands on the present connection; 0 where it was not written there exactly once.
    @inline(__always)
    private func key(_ publisher: Int, _ position: Int) -> UInt64 {
        if !resends.isEmpty, let key = resends[publisher]?.keys[position] { return key }
        return position >= publishers[publisher].first ? UInt64(position + 1) << 24 : 0
    }
}

extension RunIndex {
    /// Judges the order of the first acknowledgement of an attempt.
    @inline(__always)
    mutating func judgeOrder(_ publisher: Int, _ position: Int, _ place: Place) {
        guard publishes.qos(of: publisher, position) == 1,
            let later = acknowledgements.acknowledge(publisher, position, place, mutant)
        else { return }
        acknowledgedOutOfOrder += 1
        guard keepsAcknowledgementOrder else { return }
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
