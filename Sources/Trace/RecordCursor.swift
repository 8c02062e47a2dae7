import Causality

/// Walks over the event records of one chunk. Bytes are not trusted: whatever does not add up ends as ``problem``, never as a trap.
package struct RecordCursor {
    /// Where the next record begins, in the file.
    var offset: Int
    let end: Int
    var time: UInt64
    private let hasLanes: Bool
    /// The lanes of the chunk, by their numbers.
    var lanes: [ReadLane] = []
    /// The lane of the last event that has one.
    var currentLane = 0
    /// Where the record last returned begins, in the file.
    package private(set) var recordOffset = 0
    /// Event records that were returned or, being of an unknown kind, passed over.
    package private(set) var count = 0
    /// Records of kinds that this version does not know; they were passed over.
    package private(set) var unknown = 0
    /// Where and why reading stopped before the end of the chunk.
    package private(set) var problem: (offset: Int, reason: String)?

    init(_ chunk: TraceFile.Chunk, _ version: TraceVersion) {
        offset = chunk.events.lowerBound
        end = chunk.events.upperBound
        time = chunk.baseTime
        hasLanes = version.hasLanes
    }

    /// The next event; `nil` at the end of the chunk or behind a ``problem``.
    @inline(__always)
    package mutating func next(in bytes: Span<UInt8>) -> TraceEvent? {
        while offset < end {
            recordOffset = offset
            let kind = bytes[offset]
            if kind & LaneStep.mark != 0, hasLanes {
                offset += 1
                count += 1
                return follow(kind, bytes) ?? stop("no lane says what it is")
            }
            guard let length = Self.header(bytes, &offset, end) else { return stop("its length does not fit the chunk") }
            let bodyEnd = offset + length
            var body = RecordBody(offset: offset, end: bodyEnd)
            offset = bodyEnd
            count += 1
            let step = body.number(bytes)
            time = time &+ UInt64(bitPattern: ZigZag.decode(step))
            if hasLanes, let lane = LaneKind(opening: kind) {
                return open(lane, &body, bytes) ?? stop("its body is not that of its kind")
            }
            guard let type = RecordType(rawValue: kind), type.rawValue >= RecordType.connected.rawValue else {
                unknown += 1
                continue
            }
            let event = Self.event(type, &body, bytes, time)
            if let event, body.isValid { return event }
            return stop("its body is not that of its kind")
        }
        return nil
    }

    private mutating func stop(_ reason: String) -> TraceEvent? {
        problem = (recordOffset, reason)
        offset = end
        return nil
    }

    /// Reads type and length; `offset` is then at the body.
    @inline(__always)
    private static func header(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) -> Int? {
        guard offset + 2 <= end else { return nil }
        let short = bytes[offset + 1]
        if short < 0x80 {
            offset += 2
            let length = Int(short)
            return length <= end - offset ? length : nil
        }
        var body = RecordBody(offset: offset + 1, end: end)
        let length = body.number(bytes)
        offset = body.offset
        return body.isValid && length <= UInt64(end - offset) ? Int(length) : nil
    }

    @inline(__always)
    static func event(_ type: RecordType, _ body: inout RecordBody, _ bytes: Span<UInt8>, _ at: UInt64) -> TraceEvent? {
        switch type {
        case .delivered:
            let process = body.small(bytes)
            let publisher = body.small(bytes)
            let sequence = body.number(bytes)
            let attempt = body.small(bytes)
            let topic = body.small(bytes)
            let flags = body.byte(bytes)
            let packetID = body.packetID(bytes)
            guard flags & DeliveryFlags.qos != 3 else { return nil }
            return .delivered(
                .init(
                    process: process, at: at, publisher: publisher, sequence: sequence, attempt: attempt, topic: topic, packetID: packetID,
                    qos: flags & DeliveryFlags.qos, retain: flags & DeliveryFlags.retain != 0, dup: dup(flags)))
        case .published:
            let process = body.small(bytes)
            let topic = body.small(bytes)
            let flags = body.byte(bytes)
            let sequence = body.number(bytes)
            let attempt = body.small(bytes)
            let intended = at &+ UInt64(bitPattern: ZigZag.decode(body.number(bytes)))
            let stampHead = body.number(bytes)
            // Each entry takes at least two bytes.
            guard flags & 0b11 != 3, stampHead >> 1 <= UInt64(max(0, body.end - body.offset)) / 2 else { return nil }
            return .published(
                .init(
                    process: process, at: at, topic: topic, qos: flags & 0b11, retain: flags & 4 != 0, isEmpty: flags & 8 != 0,
                    sequence: sequence, attempt: attempt, intended: intended,
                    stamp: .init(place: .written(body.offset), count: Int(stampHead >> 1), isFull: stampHead & 1 != 0)))
        case .completed:
            let process = body.small(bytes)
            let sequence = body.number(bytes)
            let attempt = body.small(bytes)
            guard let outcome = PublishOutcome(rawValue: body.byte(bytes)) else { return nil }
            let reason = body.byte(bytes)
            return .completed(
                .init(process: process, at: at, sequence: sequence, attempt: attempt, outcome: outcome, reason: reason))
        default:
            return rareEvent(type, &body, bytes, at)
        }
    }

    private static func rareEvent(_ type: RecordType, _ body: inout RecordBody, _ bytes: Span<UInt8>, _ at: UInt64) -> TraceEvent? {
        switch type {
        case .connected:
            let process = body.small(bytes)
            let flags = body.byte(bytes)
            return .connected(
                .init(process: process, at: at, sessionPresent: flags & 1 != 0, clean: flags & 2 != 0, isVersion5: flags & 4 != 0))
        case .connectionRefused:
            return .connectionRefused(.init(process: body.small(bytes), at: at, reason: body.byte(bytes)))
        case .disconnected:
            let process = body.small(bytes)
            let reason = body.byte(bytes)
            return .disconnected(.init(process: process, at: at, reason: reason, byClient: body.byte(bytes) & 1 != 0))
        case .subscribed:
            let process = body.small(bytes)
            let filter = body.text(bytes)
            let requested = body.byte(bytes)
            let granted = body.byte(bytes)
            let options = body.isAtEnd ? 0 : body.byte(bytes)
            let before = body.isAtEnd ? 0 : body.number(bytes)
            return .subscribed(
                .init(
                    process: process, at: at, filter: filter, requested: requested, granted: granted, options: .init(rawValue: options),
                    sent: before == 0 ? nil : at &- (before - 1)))
        case .unsubscribed:
            let process = body.small(bytes)
            return .unsubscribed(.init(process: process, at: at, filter: body.text(bytes)))
        case .resent:
            let process = body.small(bytes)
            let sequence = body.number(bytes)
            return .resent(.init(process: process, at: at, sequence: sequence, attempt: body.small(bytes)))
        case .deliveredUnreadable:
            let process = body.small(bytes)
            let topic = body.small(bytes)
            let flags = body.byte(bytes)
            let packetID = body.packetID(bytes)
            guard flags & DeliveryFlags.qos != 3, let cause = Unreadable(rawValue: body.byte(bytes)) else { return nil }
            return .deliveredUnreadable(
                .init(
                    process: process, at: at, topic: topic, packetID: packetID, qos: flags & DeliveryFlags.qos,
                    retain: flags & DeliveryFlags.retain != 0, dup: dup(flags), cause: cause))
        case .mark:
            guard let kind = MarkKind(rawValue: body.byte(bytes)) else { return nil }
            return .mark(.init(at: at, kind: kind, text: body.text(bytes)))
        default:
            return serviceEvent(type, &body, bytes, at)
        }
    }

    @inline(__always)
    private static func dup(_ flags: UInt8) -> Bool? {
        flags & DeliveryFlags.dupKnown == 0 ? nil : flags & DeliveryFlags.dup != 0
    }
}
