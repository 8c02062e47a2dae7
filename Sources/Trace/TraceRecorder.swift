import Synchronization

/// A trace writer that many tasks and threads share: a ``TraceWriter`` behind a mutex.
///
/// A writer belongs to one thread or actor. Here it is made inside the mutex and never leaves it, so the mutex is that owner. Recording
/// copies a few bytes into memory while the mutex is held, and never waits for the disk.
public final class TraceRecorder: Sendable {
    private struct State: ~Copyable {
        let writer: TraceWriter
        var isClosed = false
    }

    private let state: Mutex<State>
    /// The writer's way to the disk, which may be awaited without the mutex.
    private let sink: TraceSink

    /// Creates the file, replacing one of the same name.
    /// - Parameters: as those of ``TraceWriter/init(path:run:writer:name:)``.
    /// - Throws: where the file cannot be created or its header not be written.
    public init(path: String, run: UInt64, writer: UInt32, name: String) throws(TraceError) {
        let writer = try TraceWriter(path: path, run: run, writer: writer, name: name)
        sink = writer.sink
        state = Mutex(State(writer: writer))
    }

    /// The first failure to bring the trace to the disk; later events are dropped.
    public var failure: TraceError? { sink.failure }

    /// Calls `body` with the writer while no other task or thread has it. `body` must not keep it, call the recorder, or be slow.
    /// - Precondition: the recorder is not closed. An event that nobody wrote would be charged to who is judged by the trace.
    public func record(_ body: @Sendable (TraceWriter) -> Void) {
        state.withLock { state in
            precondition(!state.isClosed, "an event is recorded after its recorder was closed")
            body(state.writer)
        }
    }

    /// Ends the present chunk and hands it to the disk's queue, so that a crash loses nothing recorded before. Does not wait.
    public func flush() {
        state.withLock { state in
            if !state.isClosed { state.writer.flush() }
        }
    }

    /// Ends the present chunk and returns when it and all before it has been written, so that not even SIGKILL loses what was recorded before.
    /// Blocks the thread until then; others may record meanwhile.
    /// - Throws: the first failure of the whole trace, if there was one.
    public func writeThrough() throws(TraceError) {
        flush()
        sink.settle()
        if let failure { throw failure }
    }

    /// Writes what is left and the end of the file, and returns when all of it has been written. Closing twice is harmless.
    /// - Throws: the first failure of the whole trace, if there was one.
    public func close() async throws(TraceError) {
        state.withLock { state in
            state.isClosed = true
            state.writer.finish()
        }
        await sink.drained()
        if let failure { throw failure }
    }
}
