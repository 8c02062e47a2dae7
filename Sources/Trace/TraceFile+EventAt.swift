extension TraceFile {
    /// Reads one event by where it stands. Its time counts from the beginning of its chunk, so the chunk is read up to it.
    /// - Parameter offset: the offset of the event's first byte, as ``forEach(_:)`` gives it.
    /// - Returns: `nil` where no event of a whole chunk begins.
    public func event(at offset: Int) -> TraceEvent? {
        // Chunks stand in the order of their offsets.
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].events.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        guard low < chunks.count, chunks[low].events.contains(offset) else { return nil }
        return bytes.withBytes { bytes in
            var cursor = RecordCursor(chunks[low], header.version)
            while let event = cursor.next(in: bytes) {
                if cursor.recordOffset == offset { return event }
                if cursor.recordOffset > offset { return nil }
            }
            return nil
        }
    }
}
