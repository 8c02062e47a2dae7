import Causality
import Glibc

/// Writes the trace of one reactor or one service: an append-only file of chunks, each with its own checksum.
///
/// A writer belongs to one thread or actor. Recording an event puts one to 30 bytes into memory and never waits for the disk; full
/// chunks, and what ``flush()`` cuts off, are written by a queue of the writer's own. When the disk fails or cannot keep up, ``failure`` says so in one sentence,
/// what is already in the file stays valid, and later events are dropped. A writer that is let go without ``close()`` leaves a
/// truncated file, as a crash would; ``TraceRecovery`` completes it.
///
/// A synchronous writer is for a service that commits what it does together with the trace of it. It cuts and writes a chunk only when it is told to, on
/// the thread that tells it: ``cut()``, commit, ``append(_:)``.
///
/// Times are nanoseconds of CLOCK_MONOTONIC.
public final class TraceWriter {
    let sink: TraceSink
    var buffer: ChunkBuffer
    /// The present chunk as far as events go. Its memory is the writer's own, from ``init(path:header:synchronous:)`` to its end.
    let recorder: UnsafeMutablePointer<EventRecorder>
    let version: TraceVersion
    /// The dictionary records of the present chunk.
    var dictionary: [UInt8] = []
    /// One history for each publisher, found by its number.
    var stamps: [StampHistory] = []
    var stampIndices: [UInt32: Int] = [:]
    /// The number of the present chunk.
    private(set) var sequence: UInt32 = 0
    private var handedBytes: Int
    /// The events of the chunks before the present one.
    private var sealedEvents = 0
    var isClosed = false
    /// Why the latest ``flush()`` of a synchronous writer could not write, where that was not the disk; `nil` once something was written through.
    var unflushed: TraceError?
    /// The number of the chunk that a synchronous writer appends next; below ``sequence`` while a chunk that was cut is not appended.
    var appendedChunks: UInt32 = 0

    /// Whether nothing reaches the file but by ``append(_:)``, ``writeThrough()``, ``flush()`` and ``close()``, which write before they return.
    public let isSynchronous: Bool

    /// The number of events recorded so far, those after a failure included.
    public var eventCount: Int { sealedEvents + Int(recorder.pointee.events) }

    /// Creates the file, replacing one of the same name, and writes its header.
    /// - Parameters:
    ///   - path: where the file goes; its directory exists.
    ///   - run: the number of the run, the same in all its files.
    ///   - writer: the number of this writer, unique in the run.
    ///   - name: what this writer is, for people: `reactor-0`, `order`. At most 65,535 bytes.
    ///   - synchronous: whether chunks wait in memory, however large they grow, until they are cut, and are written by the caller's thread.
    /// - Throws: where the file cannot be created or its header not be written.
    public convenience init(path: String, run: UInt64, writer: UInt32, name: String, synchronous: Bool = false) throws(TraceError) {
        guard name.utf8.count <= Int(UInt16.max) else {
            throw TraceError("The name of the trace writer of \(path) has \(name.utf8.count) bytes; at most 65535 are allowed.")
        }
        try self.init(
            path: path,
            header: TraceHeader(run: run, writer: writer, name: name, host: Host.name, clock: Host.clock, anchor: ClockAnchor.now()),
            synchronous: synchronous)
    }

    /// The same with a header of one's own, for a simulation that has hosts and clocks of its own.
    package init(path: String, header: TraceHeader, synchronous: Bool = false) throws(TraceError) {
        isSynchronous = synchronous
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TraceError("The trace \(path) cannot be created: \(String(cString: strerror(errno))).")
        }
        sink = TraceSink(path: path, descriptor: descriptor)
        version = header.version
        buffer = ChunkBuffer()
        recorder = .allocate(capacity: 1)
        recorder.initialize(to: EventRecorder(buffer))
        let head = header.encoded()
        handedBytes = head.count
        if let failure = head.withUnsafeBytes({ writeWhole($0, to: descriptor, path: path) }) { throw failure }
    }

    deinit {
        recorder.pointee.free()
        recorder.deinitialize(count: 1)
        recorder.deallocate()
    }

    /// The first failure to bring the trace to the disk. Cheap enough for every turn of a loop.
    public var failure: TraceError? { sink.failure ?? unflushed }

    /// The bytes recorded so far, headers included.
    public var byteCount: Int {
        let used = recorder.pointee.next - buffer.bytes
        return handedBytes + (used == TraceFormat.chunkHeaderLength ? 0 : used) + dictionary.count
    }

    /// Ends the present chunk and hands it to the disk's queue, so that a crash loses nothing recorded before. Does not wait, but in a synchronous writer,
    /// where it is ``writeThrough()`` and ``failure`` says what went wrong.
    public func flush() {
        if isSynchronous {
            do { try writeThrough() } catch { unflushed = error }
        } else if sealEvents() {
            handOver()
        }
    }

    /// Writes what is left and the end chunk, and returns when all of it has been written. Closing twice is harmless.
    /// - Throws: the first failure of the whole trace, if there was one. In a synchronous writer also where a chunk that was cut is not appended: the
    ///   file then stays as it is.
    public func close() async throws(TraceError) {
        if isSynchronous {
            try finishSynchronously()
        } else {
            finish()
            await sink.drained()
        }
        if let failure { throw failure }
    }

    /// Hands what is left and the end chunk to the disk's queue. Does not wait; nothing may be recorded afterwards.
    func finish() {
        guard !isClosed else { return }
        isClosed = true
        flush()
        sealEnd()
        handOver()
    }

    /// Gives the sealed chunk to the sink and goes on in an empty buffer.
    private func handOver() {
        buffer = sink.exchange(buffer)
        recorder.pointee.attach(buffer)
    }

    /// Goes on in the buffer of the sealed chunk, which is not needed any more.
    func reuseBuffer() {
        buffer.clear()
        recorder.pointee.attach(buffer)
    }

    /// Ends the present chunk, but for its checksums.
    /// - Returns: whether there is anything in it.
    func sealEvents() -> Bool {
        buffer.use(upTo: recorder.pointee.next)
        guard !buffer.isEmpty || !dictionary.isEmpty else { return false }
        buffer.append(dictionary)
        seal(.events, events: recorder.pointee.events, dictionaryLength: dictionary.count)
        dictionary.removeAll(keepingCapacity: true)
        sealedEvents += Int(recorder.pointee.events)
        recorder.pointee.beginChunk()
        return true
    }

    /// Makes the end chunk, but for its checksums, in a buffer that is empty.
    func sealEnd() {
        buffer.append(TraceFormat.endPayload(events: UInt64(eventCount), chunks: UInt64(sequence)))
        seal(.end, events: 0, dictionaryLength: 0)
    }

    private func seal(_ kind: TraceFormat.ChunkKind, events: UInt32, dictionaryLength: Int) {
        handedBytes += buffer.used
        buffer.seal(
            version, kind: kind, sequence: sequence, baseTime: recorder.pointee.baseTime, events: events, dictionaryLength: dictionaryLength
        )
        sequence &+= 1
    }

    /// Starts an event record with its time. `room` is the most bytes that the rest of the record takes.
    @inline(__always)
    func begin(_ type: RecordType, at: UInt64, room: Int = 64) -> RecordWriter {
        ensure(room)
        return recorder.pointee.begin(type.rawValue, at: at)
    }

    /// Starts an event record that opens a lane, where the version of the file has any.
    /// - Parameters: as those of ``EventRecorder/begin(_:opening:at:sequence:second:)``.
    func begin(
        _ kind: LaneKind, opening key: LaneTable.Key, at: UInt64, sequence: UInt64, second: UInt64 = 0
    ) -> RecordWriter {
        guard version.hasLanes else { return begin(kind.type, at: at) }
        ensure(64)
        return recorder.pointee.begin(kind, opening: key, at: at, sequence: sequence, second: second)
    }

    @inline(__always)
    func end(_ record: consuming RecordWriter) {
        recorder.pointee.end(record)
    }

    @inline(__always)
    private func ensure(_ room: Int) {
        let count = room + RecordWriter.overhead + 2 * Varint.maximumLength
        if recorder.pointee.room < count { makeRoom(count) }
    }

    private func makeRoom(_ count: Int) {
        if isSynchronous {
            buffer.use(upTo: recorder.pointee.next)
            // Twice as large each time, so that a long chunk is not copied over and over.
            buffer.grow(by: max(count, buffer.capacity))
        } else {
            flush()
            buffer.grow(by: count)
        }
        recorder.pointee.attach(buffer)
    }
}
