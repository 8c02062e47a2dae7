/// One whole chunk of a trace as it stands in the file: header, checksums and all.
///
/// ``TraceWriter/cut()`` makes it. A service keeps its bytes where it commits what the chunk tells of, and after a crash gives them to ``TraceRecovery``.
public struct TraceChunk: Equatable, Sendable {
    /// Its number in its file, from 0.
    public let number: UInt32
    /// Its bytes, header included.
    public let bytes: [UInt8]

    init(number: UInt32, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    /// Takes the bytes of a chunk back from where they were kept.
    /// - Parameter bytes: as ``bytes`` of the chunk that was cut.
    /// - Throws: where they are not one whole chunk of events with the right checksums.
    public init(bytes: [UInt8]) throws(TraceError) {
        let span = bytes.span
        // An older Waybill may have kept it.
        let version = ChunkHeader(span, at: 0, .one) == nil ? TraceVersion.two : .one
        guard let header = ChunkHeader(span, at: 0, version), header.kind == .events,
            header.payloadLength == span.count - TraceFormat.chunkHeaderLength,
            version.checksum(span, TraceFormat.chunkHeaderLength..<span.count) == header.payloadChecksum
        else {
            throw TraceError(
                "The \(bytes.count) bytes that were kept of a trace are not a whole chunk: the store that they come from is damaged.")
        }
        self.init(number: header.sequence, bytes: bytes)
    }
}
