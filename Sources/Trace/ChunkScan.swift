/// Finds the chunks of a file, whatever state the file is in.
///
/// A chunk whose header is whole but whose payload is not is passed over by its length. Where no whole header stands, the next one is looked for.
struct ChunkScan {
    private(set) var chunks: [TraceFile.Chunk] = []
    private(set) var damages: [TraceDamage] = []
    private(set) var dictionary = TraceDictionary()

    private var offset: Int
    private let count: Int
    private var nextSequence: UInt32 = 0
    private var gap = false
    private var ended = false

    private let version: TraceVersion

    init(bytes: Span<UInt8>, from offset: Int, _ version: TraceVersion) {
        self.version = version
        self.offset = offset
        count = bytes.count
    }

    /// Goes through the file.
    /// - Parameter passed: called with each part that was looked at and is not needed any more.
    mutating func run(_ bytes: Span<UInt8>, passed: (Range<Int>) -> Void) {
        while offset < count, !ended {
            guard let header = ChunkHeader(bytes, at: offset, version) else {
                passGarbage(bytes)
                continue
            }
            guard header.payloadLength <= count - offset - TraceFormat.chunkHeaderLength else {
                passUnfinished(bytes, header)
                continue
            }
            let next = offset + TraceFormat.chunkHeaderLength + header.payloadLength
            let isWhole = version.checksum(bytes, offset + TraceFormat.chunkHeaderLength..<next) == header.payloadChecksum
            guard isWhole || next == count || ChunkHeader(bytes, at: next, version) != nil else {
                passUnfinished(bytes, header)
                continue
            }
            take(header, isWhole, bytes)
            passed(offset..<next)
            offset = next
        }
        if ended, offset < count {
            note(.bytesBehindEnd, "\(count - offset) bytes stand behind the end chunk")
        } else if !ended {
            offset = count
            note(.noEnd, "it was not closed: there is no end chunk, so the last events are missing")
        }
        let nameless = dictionary.topics.count { $0 == nil }
        if nameless > 0 { note(.dictionary, "the names of \(nameless) topics are missing") }
    }

    private mutating func take(_ header: ChunkHeader, _ isWhole: Bool, _ bytes: Span<UInt8>) {
        let payload = offset + TraceFormat.chunkHeaderLength
        guard isWhole else {
            note(.wrongChecksum, "chunk \(header.sequence) at offset \(offset) has a wrong checksum and is left out")
            gap = true
            nextSequence = header.sequence &+ 1
            return
        }
        // A chunk that was there before is a copy: taking it would count its events twice.
        let isCopy = header.sequence < nextSequence
        if header.sequence != nextSequence, isCopy || !gap {
            note(.missingChunks, "chunk \(header.sequence) stands at offset \(offset) where chunk \(nextSequence) should be")
            gap = true
        }
        if isCopy { return }
        nextSequence = header.sequence &+ 1
        if header.kind == .end {
            takeEnd(header, bytes, payload)
            return
        }
        let events = payload..<payload + header.payloadLength - header.dictionaryLength
        chunks.append(
            .init(
                sequence: header.sequence, offset: offset, eventCount: header.events, followsGap: gap, events: events,
                baseTime: header.baseTime))
        gap = false
        if let problem = dictionary.read(bytes, events.upperBound..<payload + header.payloadLength) {
            note(.dictionary, "the dictionary record at offset \(problem) in chunk \(header.sequence) cannot be read")
        }
    }

    private mutating func takeEnd(_ header: ChunkHeader, _ bytes: Span<UInt8>, _ payload: Int) {
        ended = true
        guard header.payloadLength >= TraceFormat.endPayloadLength else {
            note(.totalsDisagree, "the end chunk at offset \(offset) is too short")
            return
        }
        let events = LittleEndian.read64(bytes, at: payload)
        let chunkCount = LittleEndian.read64(bytes, at: payload + 8)
        let found = chunks.reduce(0) { $0 + $1.eventCount }
        if events != UInt64(found) || chunkCount != UInt64(chunks.count) {
            note(
                .totalsDisagree,
                "the end chunk at offset \(offset) counts \(events) events in \(chunkCount) chunks, but \(found) in \(chunks.count) are there"
            )
        }
    }

    private mutating func passGarbage(_ bytes: Span<UInt8>) {
        var next = offset + 1
        while next < count, ChunkHeader(bytes, at: next, version) == nil { next += 1 }
        if next >= count {
            note(.tornTail, "the last \(count - offset) bytes, from offset \(offset), are part of a chunk")
        } else {
            note(.garbage, "the \(next - offset) bytes from offset \(offset) are not a chunk and are left out")
        }
        gap = true
        offset = next
    }

    private mutating func passUnfinished(_ bytes: Span<UInt8>, _ header: ChunkHeader) {
        // Either the file ends inside this chunk, or bytes were taken out of it and more chunks follow.
        var next = offset + 1
        while next < count, ChunkHeader(bytes, at: next, version) == nil { next += 1 }
        if next >= count {
            note(.tornTail, "the last \(count - offset) bytes, from offset \(offset), are part of chunk \(header.sequence)")
        } else {
            note(.garbage, "chunk \(header.sequence) at offset \(offset) is not whole and is left out")
        }
        gap = true
        offset = next
    }

    private mutating func note(_ kind: TraceDamage.Kind, _ sentence: String) {
        damages.append(TraceDamage(kind: kind, offset: offset, sentence: sentence))
    }
}

/// The head of a chunk whose own checksum is right and whose lengths agree with each other.
struct ChunkHeader {
    var sequence: UInt32
    var baseTime: UInt64
    var kind: TraceFormat.ChunkKind
    var events: Int
    var payloadLength: Int
    var dictionaryLength: Int
    var payloadChecksum: UInt32

    init?(_ bytes: Span<UInt8>, at offset: Int, _ version: TraceVersion) {
        guard offset >= 0, offset + TraceFormat.chunkHeaderLength <= bytes.count, bytes[offset] == 0x57,
            LittleEndian.read32(bytes, at: offset) == TraceFormat.chunkMagic,
            version.checksum(bytes, offset..<offset + 36) == LittleEndian.read32(bytes, at: offset + 36),
            let kind = TraceFormat.ChunkKind(rawValue: LittleEndian.read32(bytes, at: offset + 16))
        else { return nil }
        self.kind = kind
        sequence = LittleEndian.read32(bytes, at: offset + 4)
        baseTime = LittleEndian.read64(bytes, at: offset + 8)
        events = Int(LittleEndian.read32(bytes, at: offset + 20))
        payloadLength = Int(LittleEndian.read32(bytes, at: offset + 24))
        dictionaryLength = Int(LittleEndian.read32(bytes, at: offset + 28))
        payloadChecksum = LittleEndian.read32(bytes, at: offset + 32)
        guard dictionaryLength <= payloadLength else { return nil }
    }
}

/// Numbers at fixed places.
enum LittleEndian {
    static func read16(_ bytes: Span<UInt8>, at offset: Int) -> UInt16 {
        UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    }

    static func read32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        UInt32(read16(bytes, at: offset)) | UInt32(read16(bytes, at: offset + 2)) << 16
    }

    static func read64(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        UInt64(read32(bytes, at: offset)) | UInt64(read32(bytes, at: offset + 4)) << 32
    }
}
