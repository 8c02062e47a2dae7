import Trace

/// The wills of a run, each with the connections that registered it.
struct WillTable {
    private(set) var messages: [Message] = []
    private var numbers: [Key: Int] = [:]
    /// The topics of wills with the RETAIN flag, whose registers change at times that nobody knows.
    private(set) var retainedTopics: Set<UInt32> = []

    /// One will message. A client that connects again may register the same again.
    struct Message {
        let process: Int
        let will: Will
        /// What became of each connection that registered it.
        var ends: [End] = []

        /// How often the broker may have published it.
        var possible: Int { ends.count { $0.kind != .withdrawn } }
    }

    /// What became of a connection that had a will.
    struct End {
        enum Kind {
            /// It surely ended without DISCONNECT, or in MQTT 5.0 with a DISCONNECT whose reason is not 0x00.
            case due
            /// Whether it ended in a way that publishes the will, or in time, is not known.
            case possible
            /// The client ended it with DISCONNECT, which withdraws the will [MQTT-3.14.4-3], and did not connect again.
            case withdrawn
        }

        var kind: Kind
        /// The last moment at which the connection surely stood: the will was not published before it.
        var alive: UInt64
        var connected: Witness.Event?
        /// When it ended, where the trace says so.
        var ended: UInt64?
    }

    private struct Key: Hashable {
        var process: Int
        var sequence: UInt64
        var attempt: UInt32
    }

    var isEmpty: Bool { messages.isEmpty }

    func number(process: Int, sequence: UInt64, attempt: UInt32) -> Int? {
        messages.isEmpty ? nil : numbers[Key(process: process, sequence: sequence, attempt: attempt)]
    }

    mutating func add(_ will: Will, of process: Int, _ end: End) {
        let key = Key(process: process, sequence: will.sequence, attempt: will.attempt)
        let number = numbers[key] ?? messages.count
        if number == messages.count {
            numbers[key] = number
            messages.append(Message(process: process, will: will))
        }
        messages[number].ends.append(end)
        if will.retain { retainedTopics.insert(will.topic) }
    }
}

extension RunIndex {
    /// A CONNECT registered a will.
    mutating func registerWill(_ event: TraceEvent.Will, _ process: Int, topic: UInt32, _ place: Place) {
        let will = Will(
            topic: topic, qos: event.qos, retain: event.retain, sequence: event.sequence, attempt: event.attempt, place: place)
        guard let (session, connection) = connection(of: process, place.file) else {
            looseWills.append((process, will))
            return
        }
        sessions[session].connections[connection].will = will
    }

    /// Finds out what became of each will, when all connections are in their order and the end of the drain is known.
    mutating func gatherWills() {
        for (process, will) in looseWills { wills.add(will, of: process, .init(kind: .possible, alive: .max)) }
        for process in processes.indices {
            let connections = processes[process].sessions.flatMap { sessions[$0].connections }
            for (number, connection) in connections.enumerated() {
                guard let will = connection.will else { continue }
                wills.add(will, of: process, end(of: connection, process, isLast: number == connections.count - 1))
            }
        }
    }

    private func end(of connection: Session.Connection, _ process: Int, isLast: Bool) -> WillTable.End {
        let end = processes[process].hasMixedClocks ? nil : processes[process].clock.flatMap { drainEnd[$0] }
        // Only the reason 0x00 of MQTT 5.0 withdraws the will, not 0x04 or that of an error [MQTT-3.1.2-10].
        let hasReasonWithWill = connection.isVersion5 && connection.endReason != 0
        let isByClient = connection.hasEnd && connection.endedByClient && mutant != .disconnectKeepsWill
        let kind: WillTable.End.Kind
        if isByClient, !hasReasonWithWill {
            // The next CONNECT goes another way to the broker and may overtake DISCONNECT, and then it ends this connection [MQTT-3.1.4-2].
            kind = isLast && !connection.wasTriedAgain ? .withdrawn : .possible
        } else if connection.to == .max || connection.to > end ?? 0 || (!connection.hasEnd && isLast) {
            kind = .possible
        } else {
            // In MQTT 5.0 a client that connects again in time may withdraw a delayed will [MQTT-3.1.2-8].
            kind = connection.isVersion5 && !isLast ? .possible : .due
        }
        return .init(
            kind: kind, alive: kind == .due ? lastSign(of: connection, process) : .max, connected: connection.event,
            ended: connection.to == .max ? nil : connection.to)
    }

    /// The last moment at which a connection surely stood: its CONNACK, or the sending of what the broker acknowledged in it.
    private func lastSign(of connection: Session.Connection, _ process: Int) -> UInt64 {
        var last = connection.from
        guard let publisher = processes[process].publisher.map({ publishes.publishers[$0] }) else { return last }
        for position in publisher.sent.indices where publisher.sent[position] > last && publisher.completed(position) <= connection.to {
            let qos = publishes.streams[Int(publisher.stream[position])].qos
            if qos > 0, publisher.states[position].outcome == .acked { last = publisher.sent[position] }
        }
        return last
    }
}
