// How a service brings its trace to the file in step with what it commits.
extension TraceWriter {
    /// Ends the present chunk and gives it as the bytes that belong into the file, to be committed together with what it tells of.
    /// - Precondition: the writer is synchronous.
    /// - Returns: the chunk, or `nil` where nothing was recorded since the last. Whoever takes it appends it with ``append(_:)``.
    public func cut() -> TraceChunk? {
        precondition(isSynchronous, "a chunk is cut from a writer whose queue cuts chunks as well")
        guard sealEvents() else { return nil }
        buffer.checksum()
        defer { reuseBuffer() }
        return TraceChunk(number: sequence - 1, bytes: [UInt8](buffer.contents))
    }

    /// Appends a chunk that was cut and returns when it has been written: from then on it survives SIGKILL of the process.
    /// - Precondition: the writer is synchronous.
    /// - Throws: where the chunk is not the next one of the file, or the writer is closed; then the file stays as it is. Where the
    ///   disk fails or is full; then every later call throws the same.
    public func append(_ chunk: TraceChunk) throws(TraceError) {
        precondition(isSynchronous, "a chunk is appended past the queue of its writer")
        guard !isClosed else {
            throw TraceError("Chunk \(chunk.number) cannot be appended to the trace \(sink.path): the trace is closed.")
        }
        guard chunk.number == appendedChunks, chunk.number < sequence else {
            let next = appendedChunks < sequence ? "the next one is chunk \(appendedChunks)" : "no chunk waits to be appended"
            throw TraceError("Chunk \(chunk.number) cannot be appended to the trace \(sink.path): \(next).")
        }
        if let failure = chunk.bytes.withUnsafeBytes({ sink.append($0) }) { throw failure }
        appendedChunks += 1
    }

    /// Ends the present chunk and returns when it and all before it has been written, so that not even SIGKILL loses what was recorded before.
    /// - Throws: the first failure of the whole trace, if there was one. In a synchronous writer also where a chunk that was cut is
    ///   not appended: the present chunk then goes on.
    public func writeThrough() throws(TraceError) {
        if isSynchronous {
            try expectNothingWaits(to: "be written through")
            if let chunk = cut() { try append(chunk) }
            unflushed = nil
        } else {
            flush()
            sink.settle()
        }
        if let failure { throw failure }
    }

    func finishSynchronously() throws(TraceError) {
        guard !isClosed else { return }
        try expectNothingWaits(to: "be closed")
        try writeThrough()
        isClosed = true
        sealEnd()
        buffer.checksum()
        defer { reuseBuffer() }
        if let failure = sink.append(buffer.contents) { throw failure }
    }

    private func expectNothingWaits(to what: String) throws(TraceError) {
        if let failure = sink.failure { throw failure }
        guard appendedChunks < sequence, !isClosed else { return }
        throw TraceError("The trace \(sink.path) cannot \(what): chunk \(appendedChunks) was cut and is to be appended first.")
    }
}
