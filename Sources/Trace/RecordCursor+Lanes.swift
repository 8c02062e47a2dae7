/// A lane of a chunk, as its reader keeps it: what its events have in common, and what its next event is to be. See docs/trace-format.md, "Lanes".
struct ReadLane {
    private let kind: LaneKind
    private let process: UInt32
    private var publisher: UInt32 = 0
    private var topic: UInt32 = 0
    private var attempt: UInt32 = 0
    private var qos: UInt8 = 0
    private var retain = false
    private var dup: Bool?
    private var isEmpty = false
    private var outcome = PublishOutcome.acked
    private var reason: UInt8 = 0
    /// Whether the stamp that opened the lane names the publisher; then its entry is `own` more than the sequence, and whether it names nobody else.
    private var hasOwn = false
    private var isAlone = false
    private var own: UInt64 = 0
    /// The next sequence.
    private var sequence: UInt64 = 0
    /// The next packet id, or how far what is published was meant ahead.
    private var second: UInt64 = 0

    /// The lane that an event opens; `nil` for an event of a kind that has none.
    init?(_ event: TraceEvent, _ bytes: Span<UInt8>) {
        switch event {
        case .published(let event):
            (kind, process) = (.published, event.process)
            (topic, attempt, qos, retain, isEmpty) = (event.topic, event.attempt, event.qos, event.retain, event.isEmpty)
            (sequence, second) = (event.sequence &+ 1, event.intended &- event.at)
            takeOwn(event, bytes)
        case .completed(let event):
            (kind, process) = (.completed, event.process)
            (attempt, outcome, reason) = (event.attempt, event.outcome, event.reason)
            sequence = event.sequence &+ 1
        case .delivered(let event):
            (kind, process) = (.delivered, event.process)
            (publisher, topic, attempt, qos, retain, dup) = (
                event.publisher, event.topic, event.attempt, event.qos, event.retain, event.dup
            )
            (sequence, second) = (event.sequence &+ 1, UInt64(PacketID.next(event.packetID)))
        case .acknowledged(let event):
            (kind, process) = (.acknowledged, event.process)
            second = UInt64(PacketID.next(event.packetID))
        default: return nil
        }
    }

    /// Finds the publisher's own entry in the stamp.
    private mutating func takeOwn(_ event: TraceEvent.Published, _ bytes: Span<UInt8>) {
        guard case .written(let offset) = event.stamp.place else { return }
        var body = RecordBody(offset: offset, end: bytes.count)
        var process: UInt64 = 0
        for _ in 0..<event.stamp.count {
            process += UInt64(body.small(bytes))
            let count = body.number(bytes)
            guard body.isValid, process <= UInt64(event.process) else { break }
            if process == UInt64(event.process) { (hasOwn, own) = (true, count &- event.sequence) }
        }
        isAlone = hasOwn && event.stamp.isFull && event.stamp.count == 1
    }

    /// The next event, at `time`, whose numbers are so many steps further.
    /// - Returns: `nil` where the lane does not go on like that.
    @inline(__always)
    mutating func next(at time: UInt64, _ steps: (sequence: UInt64, second: UInt64)) -> TraceEvent? {
        let sequence = self.sequence &+ steps.sequence
        let second = self.second &+ steps.second
        switch kind {
        case .delivered:
            guard let packetID = UInt16(exactly: second) else { return nil }
            (self.sequence, self.second) = (sequence &+ 1, UInt64(PacketID.next(packetID)))
            return .delivered(
                .init(
                    process: process, at: time, publisher: publisher, sequence: sequence, attempt: attempt, topic: topic,
                    packetID: packetID,
                    qos: qos, retain: retain, dup: dup))
        case .completed:
            guard steps.second == 0 else { return nil }
            self.sequence = sequence &+ 1
            return .completed(
                .init(process: process, at: time, sequence: sequence, attempt: attempt, outcome: outcome, reason: reason))
        case .published:
            guard hasOwn else { return nil }
            (self.sequence, self.second) = (sequence &+ 1, second)
            let stamp = TraceEvent.StampReference(
                place: .own(process: process, count: sequence &+ own), count: 1, isFull: isAlone)
            return .published(
                .init(
                    process: process, at: time, topic: topic, qos: qos, retain: retain, isEmpty: isEmpty, sequence: sequence,
                    attempt: attempt, intended: time &+ second, stamp: stamp))
        case .acknowledged:
            guard steps.sequence == 0, let packetID = UInt16(exactly: second) else { return nil }
            self.second = UInt64(PacketID.next(packetID))
            return .acknowledged(.init(process: process, at: time, packetID: packetID))
        }
    }
}

extension RecordCursor {
    /// Reads an event that opens a lane, from behind its time.
    mutating func open(_ kind: LaneKind, _ body: inout RecordBody, _ bytes: Span<UInt8>) -> TraceEvent? {
        let number = Int(body.small(bytes))
        guard number <= lanes.count, number < TraceFormat.laneLimit, let event = Self.event(kind.type, &body, bytes, time), body.isValid,
            let lane = ReadLane(event, bytes)
        else { return nil }
        if number == lanes.count { lanes.append(lane) } else { lanes[number] = lane }
        currentLane = number
        return event
    }

    /// Reads an event that follows a lane.
    /// - Parameter step: its first byte, which `offset` is behind.
    /// - Returns: `nil` where it does not.
    @inline(__always)
    mutating func follow(_ step: UInt8, _ bytes: Span<UInt8>) -> TraceEvent? {
        var steps: (sequence: UInt64, second: UInt64) = (0, 0)
        if step != LaneStep.mark {
            guard let read = readSteps(step, bytes) else { return nil }
            steps = read
        }
        guard currentLane < lanes.count else { return nil }
        return lanes[currentLane].next(at: time, steps)
    }

    /// Reads what is not as the lane says.
    private mutating func readSteps(_ step: UInt8, _ bytes: Span<UInt8>) -> (sequence: UInt64, second: UInt64)? {
        guard step & LaneStep.unused == 0 else { return nil }
        var body = RecordBody(offset: offset, end: end)
        if step & LaneStep.lane != 0 {
            let number = Int(body.small(bytes))
            guard number < lanes.count else { return nil }
            currentLane = number
        }
        if step & LaneStep.time != 0 { time = time &+ UInt64(bitPattern: body.signed(bytes)) }
        let sequence = step & LaneStep.sequence != 0 ? UInt64(bitPattern: body.signed(bytes)) : 0
        let second = step & LaneStep.second != 0 ? UInt64(bitPattern: body.signed(bytes)) : 0
        guard body.isValid else { return nil }
        offset = body.offset
        return (sequence, second)
    }
}
