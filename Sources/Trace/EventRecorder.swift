/// What recording an event touches: the place of the next byte, the time of the event before, the lanes of the chunk, the topics. Apart from the writer,
/// which reaches it through a pointer, as each access to a property of a class is guarded.
///
/// It writes through raw pointers into the buffer that ``attach(_:)`` was given, whose room is looked at before each event.
struct EventRecorder {
    /// Where the next byte goes.
    private(set) var next: UnsafeMutablePointer<UInt8>
    /// Where the buffer ends.
    private var limit: UnsafeMutablePointer<UInt8>
    /// The time of the first event of the chunk.
    private(set) var baseTime: UInt64 = 0
    /// The time of the event before.
    private var lastTime: UInt64 = 0
    /// The events of the chunk.
    private(set) var events: UInt32 = 0
    var topics = TopicTable()
    private var table = LaneTable()
    /// The lane of the last event that has one.
    private var current = -1
    /// The lane of the last event of each ``LaneKind``.
    private let latest: UnsafeMutablePointer<Int>

    /// The most bytes that an event of a lane takes: its head, the lane's number and three steps.
    private static let laneRoom = 1 + 2 + 3 * 10

    init(_ buffer: ChunkBuffer) {
        next = buffer.bytes + buffer.used
        limit = buffer.bytes + buffer.capacity
        latest = .allocate(capacity: 4)
        latest.initialize(repeating: 0, count: 4)
    }

    func free() {
        table.free()
        latest.deallocate()
    }

    /// Goes on in a buffer, behind what is in use there.
    mutating func attach(_ buffer: ChunkBuffer) {
        next = buffer.bytes + buffer.used
        limit = buffer.bytes + buffer.capacity
    }

    /// Begins the next chunk, of which no event is known yet.
    mutating func beginChunk() {
        events = 0
        current = -1
        latest.update(repeating: 0, count: 4)
        table.clear()
    }

    /// How many more bytes fit into the buffer.
    @inline(__always)
    var room: Int { limit - next }

    /// Starts an event record with its time. The caller has made room for all that it will put.
    @inline(__always)
    mutating func begin(_ type: UInt8, at: UInt64) -> RecordWriter {
        if events == 0 {
            baseTime = at
            lastTime = at
        }
        var record = RecordWriter(start: next, type: type)
        record.put(ZigZag.encode(Int64(bitPattern: at &- lastTime)))
        lastTime = at
        return record
    }

    /// Ends the record that ``begin(_:at:)`` started.
    @inline(__always)
    mutating func end(_ record: consuming RecordWriter) {
        next += record.finish()
        events &+= 1
    }

    /// Starts a record whose event opens a lane.
    /// - Parameters:
    ///   - key: what the events of the lane have in common.
    ///   - sequence: the sequence of the lane's next event.
    ///   - second: see ``LaneTable/Lane/second``.
    mutating func begin(_ kind: LaneKind, opening key: LaneTable.Key, at: UInt64, sequence: UInt64, second: UInt64) -> RecordWriter {
        var record = begin(kind.type.rawValue + TraceFormat.opensLane, at: at)
        current = table.open(key, sequence: sequence, second: second)
        latest[kind.rawValue] = current
        record.put(UInt64(current))
        return record
    }

    /// Closes the lanes of which `isMeant` says so.
    func closeLanes(where isMeant: (LaneTable.Key) -> Bool) {
        table.close(where: isMeant)
    }

    /// Records the next event of a lane.
    /// - Parameters:
    ///   - key: what the events of the lane have in common.
    ///   - at: when it happened.
    ///   - sequence: its sequence, 0 where the kind has none, and that of the lane's next event.
    ///   - second: its other number, see ``LaneTable/Lane/second``, and that of the next event.
    /// - Returns: false where there is no such lane, or too little room. Then nothing was recorded.
    @inline(__always)
    mutating func follow(
        _ kind: LaneKind, _ key: LaneTable.Key, at: UInt64, sequence: (now: UInt64, next: UInt64), second: (now: UInt64, next: UInt64)
    ) -> Bool {
        var number = latest[kind.rawValue]
        if table.lanes[number].key != key {
            guard let found = table.find(key) else { return false }
            number = found
            latest[kind.rawValue] = found
        }
        guard room >= Self.laneRoom else { return false }
        if number == current, at == lastTime, table.lanes[number].sequence == sequence.now, table.lanes[number].second == second.now {
            next.pointee = LaneStep.mark
            next += 1
        } else {
            put(number, at: at, sequence: sequence.now &- table.lanes[number].sequence, second: second.now &- table.lanes[number].second)
        }
        table.lanes[number].sequence = sequence.next
        table.lanes[number].second = second.next
        events &+= 1
        return true
    }

    /// Puts what is not as the lane says.
    private mutating func put(_ number: Int, at: UInt64, sequence: UInt64, second: UInt64) {
        let head = next
        var step = LaneStep.mark
        next += 1
        if number != current {
            step |= LaneStep.lane
            put(UInt64(number))
            current = number
        }
        if at != lastTime {
            step |= LaneStep.time
            put(ZigZag.encode(Int64(bitPattern: at &- lastTime)))
            lastTime = at
        }
        if sequence != 0 {
            step |= LaneStep.sequence
            put(ZigZag.encode(Int64(bitPattern: sequence)))
        }
        if second != 0 {
            step |= LaneStep.second
            put(ZigZag.encode(Int64(bitPattern: second)))
        }
        head.pointee = step
    }

    @inline(__always)
    private mutating func put(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            next.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
            next += 1
            rest >>= 7
        }
        next.pointee = UInt8(truncatingIfNeeded: rest)
        next += 1
    }
}
