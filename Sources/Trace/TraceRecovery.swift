import Glibc

/// Completes a trace file whose writer was killed, so that it reads as whole and undamaged.
///
/// The service that comes back does this with the file of its former life before it begins one of its own. Being killed while it does so does no harm: it does it
/// again. Nobody else may write the file or have it open as a ``TraceFile`` meanwhile.
public enum TraceRecovery {
    /// What was done to a file.
    public enum Outcome: Equatable, Sendable {
        /// It was complete already and is as it was.
        case wasComplete
        /// It is complete now: so many bytes of a torn chunk were cut off, and the committed chunk was appended or was there already.
        case completed(bytesCut: Int, chunkAppended: Bool)
        /// It ends inside its header, so its writer was killed while it made the file, and no event was recorded. It is as it was; it can be removed.
        case neverBegun
    }

    /// Cuts off what is behind the last whole chunk, appends the committed chunk if the file does not have it, and ends the file.
    /// - Parameters:
    ///   - path: the file.
    ///   - committed: the last chunk that the writer committed, which it may not have appended any more. `nil` where it committed none.
    /// - Throws: where the file cannot be read, has a damaged header, or is damaged other than by being cut short; where the committed
    ///   chunk is neither the next one nor one that the file has. Then the file is as it was. Where it cannot be written: try again.
    public static func complete(_ path: String, committed: TraceChunk? = nil) throws(TraceError) -> Outcome {
        if try hasNoHeader(path) {
            guard let committed else { return .neverBegun }
            throw TraceError(
                "The trace \(path) ends inside its header, but chunk \(committed.number) of it was committed: it is another file.")
        }
        let found = try examine(path, committed)
        guard !found.isComplete else { return .wasComplete }
        var rest = found.lacksCommitted ? committed?.bytes ?? [] : []
        rest += endChunk(of: found, committed)
        try write(rest, to: path, at: found.wholeBytes)
        return .completed(bytesCut: found.byteCount - found.wholeBytes, chunkAppended: found.lacksCommitted)
    }

    /// What is in a file, without a mapping of it: it may now be cut shorter.
    private struct Found {
        var version: TraceVersion
        var byteCount: Int
        /// Where the last whole chunk ends.
        var wholeBytes: Int
        var isComplete: Bool
        var lacksCommitted: Bool
        var chunks: Int
        var events: Int
        var lastBaseTime: UInt64
    }

    private static func hasNoHeader(_ path: String) throws(TraceError) -> Bool {
        try MappedFile(path: path).withBytes { HeaderReader.isPartOfHeader($0) }
    }

    private static func examine(_ path: String, _ committed: TraceChunk?) throws(TraceError) -> Found {
        let file = try TraceFile(path: path)
        // A file that was cut short lacks its end and may have a torn tail; anything else happened to it otherwise.
        if let damage = file.damages.first(where: { $0.kind != .noEnd && $0.kind != .tornTail }) {
            throw TraceError("The trace \(path) is damaged and cannot be completed: \(damage.sentence).")
        }
        let next = file.chunks.count
        let lacksCommitted = try committed.map { (chunk) throws(TraceError) in try lacks(chunk, file) } ?? false
        if lacksCommitted, file.isComplete, let committed {
            throw TraceError(
                "The trace \(path) was closed after \(next) chunks, but chunk \(committed.number) was committed: it is another file.")
        }
        let torn = file.damages.first { $0.kind == .tornTail }
        return Found(
            version: file.header.version, byteCount: file.byteCount, wholeBytes: torn?.offset ?? file.byteCount,
            isComplete: file.isComplete,
            lacksCommitted: lacksCommitted, chunks: next, events: file.eventCount, lastBaseTime: file.chunks.last?.baseTime ?? 0)
    }

    private static func lacks(_ committed: TraceChunk, _ file: TraceFile) throws(TraceError) -> Bool {
        let number = Int(committed.number)
        guard ChunkHeader(committed.bytes.span, at: 0, file.header.version) != nil else {
            throw TraceError("The trace \(file.path) is of another version than chunk \(number), which was committed: it is another file.")
        }
        guard number < file.chunks.count else {
            guard number == file.chunks.count else {
                throw TraceError(
                    "The trace \(file.path) has \(file.chunks.count) chunks, and chunk \(number), which was committed last, does not follow them: chunks are missing."
                )
            }
            return true
        }
        let offset = file.chunks[number].offset
        let isSame = file.bytes.withBytes { bytes in
            offset + committed.bytes.count <= bytes.count
                && committed.bytes.indices.allSatisfy { committed.bytes[$0] == bytes[offset + $0] }
        }
        guard isSame else {
            throw TraceError("The trace \(file.path) has another chunk \(number) than the one that was committed: it is another file.")
        }
        return false
    }

    private static func endChunk(of found: Found, _ committed: TraceChunk?) -> [UInt8] {
        var chunks = found.chunks
        var events = found.events
        var baseTime = found.lastBaseTime
        if found.lacksCommitted, let header = committed.flatMap({ ChunkHeader($0.bytes.span, at: 0, found.version) }) {
            chunks += 1
            events += header.events
            baseTime = header.baseTime
        }
        let end = ChunkBuffer(capacity: TraceFormat.chunkHeaderLength + TraceFormat.endPayloadLength)
        end.append(TraceFormat.endPayload(events: UInt64(events), chunks: UInt64(chunks)))
        end.seal(found.version, kind: .end, sequence: UInt32(chunks), baseTime: baseTime, events: 0, dictionaryLength: 0)
        end.checksum()
        return [UInt8](end.contents)
    }

    /// Puts `bytes` at `offset` and nothing behind them.
    private static func write(_ bytes: [UInt8], to path: String, at offset: Int) throws(TraceError) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TraceError("The trace \(path) cannot be completed: \(String(cString: strerror(errno))).")
        }
        defer { Glibc.close(descriptor) }
        guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, 0, SEEK_END) == off_t(offset) else {
            throw TraceError("The trace \(path) cannot be completed: \(String(cString: strerror(errno))).")
        }
        if let failure = bytes.withUnsafeBytes({ writeWhole($0, to: descriptor, path: path) }) { throw failure }
    }
}
