/// A trace file, mapped into memory. Opening it reads the header, finds every whole chunk, checks their checksums and reads the
/// dictionary; events are decoded as they are asked for.
///
/// A damaged file opens all the same, as long as its header is whole: ``damages`` says what is missing. The file may grow while it is
/// open, and must not shrink.
public struct TraceFile: Sendable {
    /// The path it was opened with.
    public let path: String
    /// The last component of the path.
    public let name: String
    /// What the head of the file says.
    public let header: TraceHeader
    /// Every whole chunk of events, in the order of the file.
    public let chunks: [Chunk]
    /// What is missing or wrong, in the order of the file; empty where the writer closed the file and nothing happened to it since.
    public let damages: [TraceDamage]
    /// Who the processes are that this file names.
    public let processes: [UInt32: Process]
    /// The topics by their id in this file; `nil` where the dictionary entry is missing.
    public let topics: [String?]

    let bytes: MappedFile

    /// The name and the group of a process.
    public struct Process: Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Its client group.
        public var group: String
    }

    /// One whole chunk.
    public struct Chunk: Sendable {
        /// Its number in the file, from 0.
        public let sequence: UInt32
        /// Where its header begins.
        public let offset: Int
        /// The number of events that its header promises.
        public let eventCount: Int
        /// Whether events may be missing between the chunk before it and this one.
        public let followsGap: Bool

        let events: Range<Int>
        /// The time from which the times of its events count.
        public let baseTime: UInt64
    }

    /// Opens a trace file.
    /// - Throws: where it cannot be read, or its header is not that of a trace of this version.
    public init(path: String) throws(TraceError) {
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
        let mapped = try MappedFile(path: path)
        bytes = mapped
        let found = try mapped.withBytes { (bytes) throws(TraceError) in
            let (header, length) = try HeaderReader.read(bytes, path: path)
            var scan = ChunkScan(bytes: bytes, from: length, header.version)
            scan.run(bytes) { mapped.release($0) }
            return (header, scan)
        }
        header = found.0
        chunks = found.1.chunks
        damages = found.1.damages
        processes = found.1.dictionary.processes
        topics = found.1.dictionary.topics
    }

    /// Whether the writer closed the file: its end chunk is there and its totals agree with what was found.
    public var isComplete: Bool { damages.isEmpty }

    /// The number of events in all whole chunks, as their headers promise.
    public var eventCount: Int { chunks.reduce(0) { $0 + $1.eventCount } }

    /// The length of the file in bytes.
    public var byteCount: Int { bytes.count }

    /// Calls `body` with each event of the file and its offset, in the order of the file.
    /// - Returns: what could not be decoded although its checksum was right, so what its writer got wrong.
    @discardableResult
    public func forEach<Failure: Error>(_ body: (TraceEvent, _ offset: Int) throws(Failure) -> Void) throws(Failure) -> [TraceDamage] {
        var damages: [TraceDamage] = []
        for chunk in chunks {
            if let damage = try forEach(in: chunk, body) { damages.append(damage) }
        }
        return damages
    }

    /// Calls `body` with each event of one of this file's chunks and its offset.
    /// - Returns: what could not be decoded.
    @inline(__always)
    public func forEach<Failure: Error>(
        in chunk: Chunk, _ body: (TraceEvent, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) -> TraceDamage? {
        defer { bytes.release(chunk.events) }
        return try bytes.withBytes { (bytes) throws(Failure) in
            var cursor = RecordCursor(chunk, header.version)
            while let event = cursor.next(in: bytes) { try body(event, cursor.recordOffset) }
            return Self.damage(of: cursor, in: chunk)
        }
    }

    /// Reads a text of an event of this file. Bytes that are not UTF-8 become replacement characters.
    public func text(_ reference: TraceEvent.TextReference) -> String {
        bytes.withBytes { Self.text($0, reference.offset, reference.length) }
    }

    /// Calls `body` with each entry of a stamp of this file, ascending by process.
    /// - Returns: whether all entries could be read; where not, the writer was wrong.
    @discardableResult
    @inline(__always)
    public func forEachEntry(of stamp: TraceEvent.StampReference, _ body: (_ process: UInt32, _ count: UInt64) -> Void) -> Bool {
        let offset: Int
        switch stamp.place {
        case .written(let place): offset = place
        case .own(let process, let count):
            body(process, count)
            return true
        }
        return bytes.withBytes { bytes in
            var record = RecordBody(offset: offset, end: bytes.count)
            var process: UInt64 = 0
            for index in 0..<stamp.count {
                let step = record.small(bytes)
                let count = record.number(bytes)
                process += UInt64(step)
                guard record.isValid, process <= UInt64(UInt32.max), index == 0 || step > 0 else { return false }
                body(UInt32(process), count)
            }
            return true
        }
    }

    static func text(_ bytes: Span<UInt8>, _ offset: Int, _ length: Int) -> String {
        guard offset >= 0, length >= 0, offset + length <= bytes.count else { return "" }
        return bytes.extracting(offset..<offset + length).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    static func damage(of cursor: RecordCursor, in chunk: Chunk) -> TraceDamage? {
        if let (offset, reason) = cursor.problem {
            return .init(
                kind: .unreadableRecord, offset: offset,
                sentence:
                    "the record at offset \(offset) in chunk \(chunk.sequence) cannot be read: \(reason); the rest of the chunk is left out"
            )
        }
        if cursor.unknown > 0 {
            return .init(
                kind: .unknownRecords, offset: chunk.offset,
                sentence:
                    "\(cursor.unknown) records of chunk \(chunk.sequence) at offset \(chunk.offset) are of a kind that this version does not know"
            )
        }
        if cursor.count != chunk.eventCount {
            return .init(
                kind: .unreadableRecord, offset: chunk.offset,
                sentence:
                    "chunk \(chunk.sequence) at offset \(chunk.offset) holds \(cursor.count) events but its header says \(chunk.eventCount)"
            )
        }
        return nil
    }
}

/// One thing that is missing or wrong in a trace file.
public struct TraceDamage: Equatable, Sendable {
    /// What kind of damage.
    public enum Kind: String, Sendable {
        /// The file was not closed, so whatever came after its last whole chunk is missing.
        case noEnd
        /// The last bytes are part of a chunk.
        case tornTail
        /// A chunk's payload does not have the checksum that its header says.
        case wrongChecksum
        /// Bytes stand where a chunk should begin.
        case garbage
        /// The numbers of the chunks are not consecutive.
        case missingChunks
        /// The end chunk counts other events or chunks than were found.
        case totalsDisagree
        /// There are bytes behind the end chunk.
        case bytesBehindEnd
        /// A dictionary record cannot be read.
        case dictionary
        /// A record cannot be read although the checksum is right.
        case unreadableRecord
        /// Records of a kind that this version does not know.
        case unknownRecords
    }

    /// What kind of damage.
    public var kind: Kind
    /// Where in the file.
    public var offset: Int
    /// What is wrong, as a part of a sentence that follows the file's name and a colon.
    public var sentence: String
}
