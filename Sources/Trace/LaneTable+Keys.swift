/// The kinds of events that have lanes.
enum LaneKind: Int {
    case published, completed, delivered, acknowledged

    var type: RecordType {
        switch self {
        case .published: .published
        case .completed: .completed
        case .delivered: .delivered
        case .acknowledged: .acknowledged
        }
    }

    /// The kind of a record that opens a lane; `nil` where it opens none.
    init?(opening type: UInt8) {
        switch type {
        case RecordType.published.rawValue + TraceFormat.opensLane: self = .published
        case RecordType.completed.rawValue + TraceFormat.opensLane: self = .completed
        case RecordType.delivered.rawValue + TraceFormat.opensLane: self = .delivered
        case RecordType.acknowledged.rawValue + TraceFormat.opensLane: self = .acknowledged
        default: return nil
        }
    }
}

// What the events of each kind have in common in a lane.
extension LaneTable.Key {
    /// - Parameters:
    ///   - ahead: how far the publisher's own count is ahead of the sequence.
    ///   - isAlone: whether the stamp has no other entry; where it has, no other changes.
    @inline(__always)
    static func published(process: UInt32, topic: UInt32, attempt: UInt32, flags: UInt8, ahead: Int32, isAlone: Bool) -> Self {
        .init(
            parties: UInt64(process) << 32 | UInt64(UInt32(bitPattern: ahead)), topic: UInt64(topic) << 32 | UInt64(attempt),
            kind: UInt64(RecordType.published.rawValue) | UInt64(flags) << 8 | (isAlone ? 1 << 16 : 0))
    }

    @inline(__always)
    static func completed(process: UInt32, attempt: UInt32, outcome: PublishOutcome, reason: UInt8) -> Self {
        .init(
            parties: UInt64(process) << 32, topic: UInt64(attempt),
            kind: UInt64(RecordType.completed.rawValue) | UInt64(outcome.rawValue) << 8 | UInt64(reason) << 16)
    }

    @inline(__always)
    static func delivered(process: UInt32, publisher: UInt32, topic: UInt32, attempt: UInt32, flags: UInt8) -> Self {
        .init(
            parties: UInt64(process) << 32 | UInt64(publisher), topic: UInt64(topic) << 32 | UInt64(attempt),
            kind: UInt64(RecordType.delivered.rawValue) | UInt64(flags) << 8)
    }

    @inline(__always)
    static func acknowledged(process: UInt32) -> Self {
        .init(parties: UInt64(process) << 32, topic: 0, kind: UInt64(RecordType.acknowledged.rawValue))
    }

    /// Whether it is a lane of what a process publishes with a stamp that names nobody else.
    func isAlone(_ process: UInt32) -> Bool {
        kind & 0xFF == UInt64(RecordType.published.rawValue) && kind >> 16 == 1 && parties >> 32 == UInt64(process)
    }
}

/// Packet identifiers in the order in which a sender gives them out.
enum PacketID {
    /// The one behind `id`: 65,535 is followed by 1, and 0, which is none, by 0.
    @inline(__always)
    static func next(_ id: UInt16) -> UInt16 {
        id == 0 ? 0 : id == .max ? 1 : id + 1
    }
}
