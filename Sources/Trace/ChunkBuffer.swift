/// The bytes of one chunk while it grows: room for the header, then the records. Whoever fills it writes through its pointer and says how far with ``use(upTo:)``.
///
/// `@unchecked Sendable` is sound because a buffer has one owner at a time: the writer until it hands the buffer to the sink, the
/// sink's queue until it puts the buffer back among the spare ones under its lock, and then a writer again.
final class ChunkBuffer: @unchecked Sendable {
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    /// The bytes in use, header room included.
    private(set) var used = TraceFormat.chunkHeaderLength
    private var version = TraceVersion.latest

    init(capacity: Int = TraceFormat.chunkCapacity) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    deinit {
        bytes.deallocate()
    }

    var isEmpty: Bool { used == TraceFormat.chunkHeaderLength }

    func clear() {
        used = TraceFormat.chunkHeaderLength
    }

    /// Makes room for `count` more bytes.
    func grow(by count: Int) {
        guard capacity - used < count else { return }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: used + count)
        larger.update(from: bytes, count: used)
        bytes.deallocate()
        bytes = larger
        capacity = used + count
    }

    /// Takes what was written behind what was in use.
    /// - Parameter end: the first byte behind it, in this buffer.
    func use(upTo end: UnsafeMutablePointer<UInt8>) {
        used = end - bytes
    }

    func append(_ more: [UInt8]) {
        grow(by: more.count)
        for (index, byte) in more.enumerated() { bytes[used + index] = byte }
        used += more.count
    }

    /// Fills in the chunk header over all that was appended; both checksums follow in ``checksum()``.
    func seal(
        _ version: TraceVersion, kind: TraceFormat.ChunkKind, sequence: UInt32, baseTime: UInt64, events: UInt32, dictionaryLength: Int
    ) {
        self.version = version
        store(TraceFormat.chunkMagic, at: 0)
        store(sequence, at: 4)
        store(baseTime, at: 8)
        store(kind.rawValue, at: 16)
        store(events, at: 20)
        store(UInt32(used - TraceFormat.chunkHeaderLength), at: 24)
        store(UInt32(dictionaryLength), at: 28)
    }

    /// Fills in the checksum of the payload, then that of the header. Apart from ``seal`` so that the sink's thread does it.
    func checksum() {
        store(version.checksum(UnsafeRawBufferPointer(rebasing: contents[TraceFormat.chunkHeaderLength...])), at: 32)
        store(version.checksum(UnsafeRawBufferPointer(rebasing: contents[..<36])), at: 36)
    }

    var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: used) }

    private func store(_ value: some FixedWidthInteger, at offset: Int) {
        UnsafeMutableRawPointer(bytes + offset).storeBytes(of: value.littleEndian, as: type(of: value))
    }
}

/// Puts the fields of one record. Its length is put last, as one byte where it can be.
struct RecordWriter: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>
    private var next: UnsafeMutablePointer<UInt8>

    /// The most bytes that the type and the length take.
    static let overhead = 1 + 5

    @inline(__always)
    init(start: UnsafeMutablePointer<UInt8>, type: UInt8) {
        self.start = start
        start[0] = type
        next = start + 2
    }

    @inline(__always)
    mutating func put(byte: UInt8) {
        next.pointee = byte
        next += 1
    }

    @inline(__always)
    mutating func put(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            next.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
            next += 1
            rest >>= 7
        }
        next.pointee = UInt8(truncatingIfNeeded: rest)
        next += 1
    }

    @inline(__always)
    mutating func put(_ value: UInt32) {
        put(UInt64(value))
    }

    mutating func put(text: String) {
        let count = text.utf8.count
        put(UInt64(count))
        UnsafeMutableRawBufferPointer(start: next, count: count).copyBytes(from: text.utf8)
        next += count
    }

    /// Puts the length and gives the number of bytes of the whole record.
    @inline(__always)
    consuming func finish() -> Int {
        let length = next - (start + 2)
        if length < 0x80 {
            start[1] = UInt8(truncatingIfNeeded: length)
            return length + 2
        }
        return finishLong(length)
    }

    private consuming func finishLong(_ length: Int) -> Int {
        var digits: [UInt8] = []
        var rest = length
        while rest >= 0x80 {
            digits.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        digits.append(UInt8(rest))
        let body = start + 1 + digits.count
        // Overlapping: `update` moves as memmove does.
        body.update(from: start + 2, count: length)
        for (index, digit) in digits.enumerated() { start[1 + index] = digit }
        return 1 + digits.count + length
    }
}
