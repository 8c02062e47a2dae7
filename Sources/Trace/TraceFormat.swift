/// The numbers of the file format, as docs/trace-format.md lists them.
package enum TraceFormat {
    /// `WBTR`, then the line ends and the control byte that transfers in text mode would damage.
    static let magic: [UInt8] = [0x57, 0x42, 0x54, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The length of the file header without names and CRC.
    static let fixedHeaderLength = 64
    /// `WBCH` as it stands in the file, read as a little-endian number.
    static let chunkMagic: UInt32 = 0x4843_4257
    /// The length of a chunk header.
    static let chunkHeaderLength = 40
    /// A chunk is cut when it reaches this many bytes, header included.
    static let chunkCapacity = 1 << 20
    /// The length of the end chunk's payload.
    static let endPayloadLength = 16
    /// A publisher's whole stamp is written once in this many of its publishes.
    package static let checkpointInterval: UInt32 = 1024
    /// What the type of a record that opens a lane has more than that of the same record alone.
    static let opensLane: UInt8 = 64
    /// The most lanes of a chunk.
    static let laneLimit = 4096

    /// What a chunk holds.
    enum ChunkKind: UInt32 {
        case events = 0
        case end = 1
    }

    /// The payload of an end chunk: the events of the whole file, then the chunks before the end chunk.
    static func endPayload(events: UInt64, chunks: UInt64) -> [UInt8] {
        [events, chunks].flatMap { count in (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
    }
}

/// The type byte of a record. Dictionary records are below 16, events from 16.
enum RecordType: UInt8 {
    case process = 1
    case topic = 2
    case connected = 16
    case connectionRefused = 17
    case disconnected = 18
    case subscribed = 19
    case unsubscribed = 20
    case published = 21
    case resent = 22
    case completed = 23
    case delivered = 24
    case deliveredUnreadable = 25
    case mark = 26
    case lockCreated = 27
    case acquired = 28
    case released = 29
    case counted = 30
    case acknowledged = 31
    case processed = 32
    case will = 33
    case entered = 34
    case moved = 35
}

/// The first byte of an event that follows a lane: ``mark``, and what of the event is not as the lane says.
enum LaneStep {
    static let mark: UInt8 = 1 << 7
    /// The number of the lane follows; otherwise it is that of the last event that has one.
    static let lane: UInt8 = 1 << 6
    /// The step of the time follows.
    static let time: UInt8 = 1 << 0
    /// The step of the sequence follows.
    static let sequence: UInt8 = 1 << 1
    /// The step of the packet id or of the lead of the intended time follows.
    static let second: UInt8 = 1 << 2
    static let unused: UInt8 = 0b0011_1000
}

/// The flags byte of the delivery records.
enum DeliveryFlags {
    /// The QoS of the packet.
    static let qos: UInt8 = 0b11
    static let retain: UInt8 = 1 << 2
    /// Whether the engine could see the DUP flag.
    static let dupKnown: UInt8 = 1 << 3
    static let dup: UInt8 = 1 << 4

    static func byte(qos: UInt8, retain: Bool, dup: Bool?) -> UInt8 {
        var flags = qos & Self.qos
        if retain { flags |= Self.retain }
        if let dup { flags |= dup ? Self.dupKnown | Self.dup : Self.dupKnown }
        return flags
    }
}

/// Maps small signed numbers to small unsigned ones: 0, -1, 1, -2 … become 0, 1, 2, 3 ….
enum ZigZag {
    @inline(__always)
    static func encode(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    @inline(__always)
    static func decode(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
