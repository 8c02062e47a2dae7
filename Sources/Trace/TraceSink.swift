import Dispatch
import Glibc
import Synchronization

/// Takes full chunks from one writer and brings them to the disk on a queue of its own, so that a reactor never waits for a disk.
final class TraceSink: Sendable {
    /// The most bytes that wait for the disk: 64 full chunks.
    static let limit = 64 * TraceFormat.chunkCapacity
    /// A chunk that was flushed early holds a whole buffer; it counts as at least this much, so that the number of buffers is bounded too.
    private static let leastWeight = TraceFormat.chunkCapacity / 16

    private struct State: ~Copyable {
        var waiting = 0
        var spare: [ChunkBuffer] = []
        var failure: TraceError?
    }

    let path: String
    private let descriptor: Int32
    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// - Parameter descriptor: an open file; the sink closes it when it goes.
    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
        queue = DispatchQueue(label: "waybill.trace")
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// The first failure; nothing was written since.
    var failure: TraceError? {
        state.withLock { $0.failure }
    }

    /// Takes a sealed chunk and gives an empty buffer for the next. After a failure the chunk is dropped.
    func exchange(_ chunk: ChunkBuffer) -> ChunkBuffer {
        let weight = max(chunk.used, Self.leastWeight)
        let next = state.withLock { state -> ChunkBuffer? in
            guard state.failure == nil else { return nil }
            guard state.waiting < Self.limit else {
                state.failure = TraceError(
                    "The disk cannot keep up with the trace \(path): \(Self.limit >> 20) MiB wait to be written. "
                        + "Use a faster disk for the run's directory or a lower rate.")
                return nil
            }
            state.waiting += weight
            return state.spare.popLast() ?? ChunkBuffer()
        }
        guard let next else {
            chunk.clear()
            return chunk
        }
        queue.async { [self] in
            write(chunk)
            chunk.clear()
            state.withLock { state in
                state.waiting -= weight
                if state.spare.count < 2 { state.spare.append(chunk) }
            }
        }
        return next
    }

    /// Returns when all that was handed over is written or dropped.
    func drained() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// Returns when all that was handed over is written or dropped; blocks the thread until then.
    func settle() {
        queue.sync {}
    }

    /// Writes on the caller's thread. For a writer that hands nothing over to the queue, which this would overtake.
    /// - Returns: the first failure, also if it was an earlier one: nothing is written after it.
    func append(_ bytes: UnsafeRawBufferPointer) -> TraceError? {
        if let failure { return failure }
        let failure = writeWhole(bytes, to: descriptor, path: path)
        if let failure { state.withLock { $0.failure = failure } }
        return failure
    }

    private func write(_ chunk: ChunkBuffer) {
        guard failure == nil else { return }
        chunk.checksum()
        if let failure = writeWhole(chunk.contents, to: descriptor, path: path) {
            state.withLock { state in
                if state.failure == nil { state.failure = failure }
            }
        }
    }
}

/// Writes all bytes, however many calls it takes.
/// - Returns: what went wrong.
func writeWhole(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) -> TraceError? {
    var rest = bytes
    while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if count == 0 || errno != EINTR {
            let reason = count == 0 ? "nothing was written" : String(cString: strerror(errno))
            return TraceError("The trace \(path) cannot be written any further: \(reason). What was written before stays readable.")
        }
    }
    return nil
}
