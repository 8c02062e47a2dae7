import Trace

/// Every attempt to publish of the run, by publisher, as columns: about 26 bytes an attempt.
struct PublishTable {
    private(set) var publishers: [Publisher] = []
    private(set) var streams: [Stream] = []

    /// MQTT keeps order within a stream: one publisher, one topic, one QoS.
    struct Stream {
        let publisher: Int
        let topic: UInt32
        let qos: UInt8
        /// The attempts of the stream, as positions in the publisher's columns, in the order of publishing. The index is the attempt's rank.
        fileprivate(set) var attempts: [UInt32] = []
        /// The earliest time of sending.
        fileprivate(set) var firstSent = UInt64.max
    }

    mutating func addPublisher(process: Int) -> Int {
        publishers.append(Publisher(process: process))
        return publishers.count - 1
    }

    /// Adds one attempt.
    /// - Returns: false where this publisher already published under that number.
    mutating func publish(_ event: TraceEvent.Published, by publisher: Int, topic: UInt32) -> Bool {
        let key = StreamKey(topic: topic, qos: event.qos)
        let stream: UInt32
        if let last = publishers[publisher].stream.last, streams[Int(last)].topic == topic, streams[Int(last)].qos == event.qos {
            stream = last
        } else if let known = publishers[publisher].streams[key] {
            stream = known
        } else {
            stream = UInt32(streams.count)
            streams.append(Stream(publisher: publisher, topic: topic, qos: event.qos))
            publishers[publisher].streams[key] = stream
        }
        let rank = UInt32(streams[Int(stream)].attempts.count)
        guard let position = publishers[publisher].append(event, stream: stream, rank: rank) else { return false }
        streams[Int(stream)].attempts.append(position)
        streams[Int(stream)].firstSent = min(streams[Int(stream)].firstSent, event.at)
        return true
    }

    /// Changes what is known of one attempt.
    /// - Returns: false where there is no such attempt.
    mutating func update(publisher: Int, sequence: UInt64, attempt: UInt32, _ change: (inout AttemptState) -> Void) -> Bool {
        guard let position = publishers[publisher].position(sequence: sequence, attempt: attempt) else { return false }
        change(&publishers[publisher].states[position])
        return true
    }

    /// Takes an outcome.
    /// - Returns: the position of the attempt and whether it is the first that is known of it; `nil` where there is no such attempt.
    mutating func complete(_ event: TraceEvent.Completed, of publisher: Int) -> (position: Int, isFirst: Bool)? {
        guard let position = publishers[publisher].position(sequence: event.sequence, attempt: event.attempt) else { return nil }
        return (position, publishers[publisher].complete(position, at: event.at, event.outcome))
    }

    /// The QoS of an attempt.
    func qos(of publisher: Int, _ position: Int) -> UInt8 { streams[Int(publishers[publisher].stream[position])].qos }

    /// The attempts in flight lose the session that would have completed them.
    mutating func markLost(of publisher: Int) {
        publishers[publisher].markOpen(from: \.lostFrom) { $0.lostSession = true }
    }

    /// Events that may concern the attempts in flight are missing.
    mutating func markBlurred(of publisher: Int) {
        publishers[publisher].markOpen(from: \.blurredFrom) { $0.isBlurred = true }
    }

    /// What became of one attempt cannot be told.
    mutating func markBlurred(of publisher: Int, _ position: Int) {
        publishers[publisher].states[position].isBlurred = true
    }

    struct StreamKey: Hashable {
        var topic: UInt32
        var qos: UInt8
    }
}

/// The attempts of one publisher.
struct Publisher {
    let process: Int
    fileprivate(set) var sent: [UInt64] = []
    /// Microseconds from sent to completed, rounded up; the greatest value where that is unknown or long.
    private var completedAfter: [UInt32] = []
    fileprivate(set) var states: [AttemptState] = []
    /// The stream of each attempt and its rank in there.
    private(set) var stream: [UInt32] = []
    private(set) var rank: [UInt32] = []
    fileprivate var streams: [PublishTable.StreamKey: UInt32] = [:]

    /// The number of the first attempt. As long as each attempt has the next sequence number and the same attempt number, a position
    /// follows from the number; from the first that has not, `positions` holds them all.
    private var first = Key(sequence: 0, attempt: 0)
    private var positions: [Key: UInt32]?
    /// The first attempt that was not yet marked as one whose session was lost, and as blurred. Each mark has its own: what one of them was
    /// put on may still lack the other.
    fileprivate var lostFrom = 0
    fileprivate var blurredFrom = 0

    struct Key: Hashable {
        var sequence: UInt64
        var attempt: UInt32
    }

    fileprivate init(process: Int) {
        self.process = process
    }

    /// The position of an attempt in the columns.
    func position(sequence: UInt64, attempt: UInt32) -> Int? {
        if let positions { return positions[Key(sequence: sequence, attempt: attempt)].map(Int.init) }
        guard attempt == first.attempt, sequence >= first.sequence, sequence - first.sequence < UInt64(sent.count) else { return nil }
        return Int(sequence - first.sequence)
    }

    /// The number of the attempt at a position. Slow where numbers are irregular; for witnesses.
    func key(at position: Int) -> Key {
        if let positions, let (key, _) = positions.first(where: { $0.value == UInt32(position) }) { return key }
        return Key(sequence: first.sequence + UInt64(position), attempt: first.attempt)
    }

    /// When the attempt was surely completed; the end of time where that is not known.
    func completed(_ position: Int) -> UInt64 {
        let after = completedAfter[position]
        guard after != .max, states[position].outcome != nil else { return .max }
        return sent[position].addingReportingOverflow(UInt64(after) * 1000).partialValue
    }

    fileprivate mutating func append(_ event: TraceEvent.Published, stream: UInt32, rank: UInt32) -> UInt32? {
        let key = Key(sequence: event.sequence, attempt: event.attempt)
        let position = UInt32(sent.count)
        if sent.isEmpty { first = key }
        let isNext = key.attempt == first.attempt && key.sequence >= first.sequence && key.sequence - first.sequence == UInt64(position)
        if positions == nil, !isNext {
            positions = [:]
            for known in 0..<position { positions?[Key(sequence: first.sequence + UInt64(known), attempt: first.attempt)] = known }
        }
        if positions != nil {
            guard positions?[key] == nil else { return nil }
            positions?[key] = position
        }
        sent.append(event.at)
        completedAfter.append(.max)
        states.append(AttemptState(isEmpty: event.isEmpty))
        self.stream.append(stream)
        self.rank.append(rank)
        return position
    }

    fileprivate mutating func complete(_ position: Int, at: UInt64, _ outcome: PublishOutcome) -> Bool {
        // The first outcome other than `unknown` stands.
        guard states[position].outcome == nil || states[position].outcome == .unknown else { return false }
        states[position].record(outcome)
        let nanoseconds = at > sent[position] ? at - sent[position] : 0
        completedAfter[position] = UInt32(clamping: nanoseconds / 1000 + (nanoseconds % 1000 == 0 ? 0 : 1))
        return true
    }

    fileprivate mutating func markOpen(from first: WritableKeyPath<Publisher, Int>, _ change: (inout AttemptState) -> Void) {
        // What is marked once needs no second look: later losses cannot concern more than the attempts since.
        for position in self[keyPath: first]..<states.count where states[position].isOpen { change(&states[position]) }
        self[keyPath: first] = states.count
    }
}

/// What became of one attempt, in two bytes.
struct AttemptState {
    private var bits: UInt16

    init(isEmpty: Bool = false) {
        bits = 1 << 5 | (isEmpty ? 16 : 0)
    }

    /// `nil` as long as nothing was recorded.
    var outcome: PublishOutcome? {
        get { bits & 0b11 == 0 ? nil : PublishOutcome(rawValue: UInt8(bits & 0b11) - 1) }
        set { bits = bits & ~0b11 | UInt16((newValue?.rawValue).map { $0 + 1 } ?? 0) }
    }

    /// Takes an outcome. What was never written was refused, and written no time.
    mutating func record(_ outcome: PublishOutcome) {
        guard outcome == .withheld else { return self.outcome = outcome }
        self.outcome = .refused
        bits &= 0b11111
    }

    /// Whether the attempt was ever written.
    var hasLeft: Bool { transmissions > 0 }

    /// Whether it is acknowledged and nothing else is to be said of it.
    var isPlainlyAcked: Bool { bits & 0b1111 == 1 }

    /// Whether the publisher lost its session while the attempt was in flight.
    var lostSession: Bool {
        get { bits & 4 != 0 }
        set { bits = newValue ? bits | 4 : bits & ~4 }
    }

    /// Whether part of the publisher's trace is missing at a time when the attempt was in flight.
    var isBlurred: Bool {
        get { bits & 8 != 0 }
        set { bits = newValue ? bits | 8 : bits & ~8 }
    }

    /// Whether the payload is empty, so that no delivery can be told to be one of this attempt.
    var isEmpty: Bool { bits & 16 != 0 }

    /// How often PUBLISH was written, 0 where it was withheld; 2,047 stands for that and more.
    var transmissions: Int { Int(bits >> 5) }

    mutating func countResend() {
        if bits >> 5 < 0x7FF { bits += 1 << 5 }
    }

    var isOpen: Bool { outcome == nil || outcome == .unknown }

    /// Whether the broker took the message for sure. A PUBCOMP in a new session may answer a PUBREL whose message went with the old
    /// session.
    func isTaken(qos: UInt8) -> Bool {
        outcome == .acked && !isBlurred && !(qos == 2 && lostSession)
    }

    /// Whether the message is owed to whoever it is due at: the broker took it for sure, and its deliveries can be recognised.
    func isAccepted(qos: UInt8) -> Bool { isTaken(qos: qos) && !isEmpty }

    /// Whether the attempt may take effect at any later time, so that its order is not judged. At QoS 0 it may not: a message that is never
    /// sent again arrives in the order of the connection or not at all.
    func isConcurrent(qos: UInt8) -> Bool {
        qos > 0 && (outcome != .acked || lostSession || isBlurred)
    }
}
