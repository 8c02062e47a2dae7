import Causality
import Glibc

/// Writes the trace of one reactor or one service: an append-only file of chunks, each with its own checksum.
///
/// A writer belongs to one thread or actor. Recording an event copies some 10 to 30 bytes into memory and never waits for the disk; full
/// chunks, and what ``flush()`` cuts off, are written by a queue of the writer's own. When the disk fails or cannot keep up, ``failure`` says so in one sentence,
/// what is already in the file stays valid, and later events are dropped. A writer that is let go without ``close()`` leaves a
/// truncated file, as a crash would.
///
/// Times are nanoseconds of CLOCK_MONOTONIC.
public final class TraceWriter {
    let sink: TraceSink
    var buffer = ChunkBuffer()
    /// The dictionary records of the present chunk.
    var dictionary: [UInt8] = []
    var topics = TopicTable()
    /// One history for each publisher, found by its number.
    var stamps: [StampHistory] = []
    var stampIndices: [UInt32: Int] = [:]
    private var sequence: UInt32 = 0
    private var baseTime: UInt64 = 0
    private var lastTime: UInt64 = 0
    private var chunkEvents: UInt32 = 0
    private var handedBytes: Int
    private var isClosed = false

    /// The number of events recorded so far, those after a failure included.
    public private(set) var eventCount = 0

    /// Creates the file, replacing one of the same name, and writes its header.
    /// - Parameters:
    ///   - path: where the file goes; its directory exists.
    ///   - run: the number of the run, the same in all its files.
    ///   - writer: the number of this writer, unique in the run.
    ///   - name: what this writer is, for people: `reactor-0`, `order`. At most 65,535 bytes.
    /// - Throws: where the file cannot be created or its header not be written.
    public convenience init(path: String, run: UInt64, writer: UInt32, name: String) throws(TraceError) {
        guard name.utf8.count <= Int(UInt16.max) else {
            throw TraceError("The name of the trace writer of \(path) has \(name.utf8.count) bytes; at most 65535 are allowed.")
        }
        try self.init(
            path: path,
            header: TraceHeader(run: run, writer: writer, name: name, host: Host.name, clock: Host.clock, anchor: ClockAnchor.now()))
    }

    /// The same with a header of one's own, for a simulation that has hosts and clocks of its own.
    package init(path: String, header: TraceHeader) throws(TraceError) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TraceError("The trace \(path) cannot be created: \(String(cString: strerror(errno))).")
        }
        sink = TraceSink(path: path, descriptor: descriptor)
        let head = header.encoded()
        handedBytes = head.count
        if let failure = head.withUnsafeBytes({ writeWhole($0, to: descriptor, path: path) }) { throw failure }
    }

    /// The first failure to bring the trace to the disk. Cheap enough for every turn of a loop.
    public var failure: TraceError? { sink.failure }

    /// The bytes recorded so far, headers included.
    public var byteCount: Int { handedBytes + (buffer.isEmpty ? 0 : buffer.used) + dictionary.count }

    /// Ends the present chunk and hands it to the disk's queue, so that a crash loses nothing recorded before. Does not wait.
    public func flush() {
        guard !buffer.isEmpty || !dictionary.isEmpty else { return }
        buffer.append(dictionary)
        hand(over: .events, events: chunkEvents, dictionaryLength: dictionary.count)
        dictionary.removeAll(keepingCapacity: true)
        chunkEvents = 0
    }

    /// Writes what is left and the end chunk, and returns when all of it has been written. Closing twice is harmless.
    /// - Throws: the first failure of the whole trace, if there was one.
    public func close() async throws(TraceError) {
        finish()
        await sink.drained()
        if let failure { throw failure }
    }

    /// Hands what is left and the end chunk to the disk's queue. Does not wait; nothing may be recorded afterwards.
    func finish() {
        guard !isClosed else { return }
        isClosed = true
        flush()
        var counts: [UInt8] = []
        for count in [UInt64(eventCount), UInt64(sequence)] {
            counts.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) })
        }
        buffer.append(counts)
        hand(over: .end, events: 0, dictionaryLength: 0)
    }

    private func hand(over kind: TraceFormat.ChunkKind, events: UInt32, dictionaryLength: Int) {
        handedBytes += buffer.used
        buffer.seal(kind: kind, sequence: sequence, baseTime: baseTime, events: events, dictionaryLength: dictionaryLength)
        sequence &+= 1
        buffer = sink.exchange(buffer)
    }

    /// Starts an event record with its time. `room` is the most bytes that the rest of the record takes.
    @inline(__always)
    func begin(_ type: RecordType, at: UInt64, room: Int = 64) -> RecordWriter {
        if buffer.room < room + RecordWriter.overhead + Varint.maximumLength {
            makeRoom(room + RecordWriter.overhead + Varint.maximumLength)
        }
        if chunkEvents == 0 {
            baseTime = at
            lastTime = at
        }
        var record = buffer.begin(type)
        record.put(ZigZag.encode(Int64(bitPattern: at &- lastTime)))
        lastTime = at
        return record
    }

    @inline(__always)
    func end(_ record: consuming RecordWriter) {
        buffer.end(record)
        chunkEvents &+= 1
        eventCount &+= 1
    }

    private func makeRoom(_ count: Int) {
        flush()
        buffer.grow(by: count)
    }
}
