internal import Glibc

/// The bytes that a connection has to send, in order: what is appended at the end leaves from the front. The only file of the engine that writes through
/// a raw pointer.
///
/// A stream position counts all bytes that were ever appended, so that what has to leave before something is known can be remembered as a number.
struct OutputBuffer: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var head = 0
    private var tail = 0
    /// The position of the first byte that has not left.
    private(set) var sent: UInt64 = 0

    /// An idle connection keeps no more than this.
    private static let smallest = 128

    init() {
        capacity = Self.smallest
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    /// How many bytes wait.
    var count: Int { tail - head }
    var isEmpty: Bool { tail == head }
    /// The position behind the last byte.
    var end: UInt64 { sent &+ UInt64(tail - head) }

    /// Makes room for `count` more bytes; what is put afterwards may not be more.
    @inline(__always)
    mutating func reserve(_ count: Int) {
        if capacity - tail < count { makeRoom(count) }
    }

    private mutating func makeRoom(_ more: Int) {
        let waiting = tail - head
        if waiting + more <= capacity, head >= capacity / 2 {
            base.update(from: base + head, count: waiting)
        } else {
            let larger = max(capacity * 2, waiting + more)
            let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
            new.update(from: base + head, count: waiting)
            base.deallocate()
            base = new
            capacity = larger
        }
        head = 0
        tail = waiting
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        assert(tail < capacity)
        base[tail] = byte
        tail &+= 1
    }

    @inline(__always)
    mutating func put(short value: UInt16) {
        put(UInt8(truncatingIfNeeded: value >> 8))
        put(UInt8(truncatingIfNeeded: value))
    }

    mutating func put(long value: UInt32) {
        put(short: UInt16(truncatingIfNeeded: value >> 16))
        put(short: UInt16(truncatingIfNeeded: value))
    }

    /// A variable byte integer (MQTT 5.0, 1.5.5).
    @inline(__always)
    mutating func put(variable value: Int) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func put(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            assert(tail + source.count <= capacity)
            memcpy(base + tail, start, source.count)
            tail &+= source.count
        }
    }

    /// Data with its length before it.
    @inline(__always)
    mutating func put(data bytes: Span<UInt8>) {
        put(short: UInt16(truncatingIfNeeded: bytes.count))
        put(bytes)
    }

    /// A text with its length before it.
    @inline(__always)
    mutating func put(text: String) {
        put(data: text.utf8Span.span)
    }

    /// The bytes that wait, for whoever sends them.
    @inline(__always)
    borrowing func withWaiting<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: base + head, count: tail - head))
    }

    /// What was appended from a position on.
    @inline(__always)
    borrowing func withBytes<Result>(from position: UInt64, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let start = head + Int(position &- sent)
        return body(UnsafeBufferPointer(start: base + start, count: tail - start))
    }

    /// Appends what was appended to another buffer from a position on.
    @inline(__always)
    mutating func put(_ other: borrowing OutputBuffer, from position: UInt64) {
        let start = other.head + Int(position &- other.sent)
        let length = other.tail - start
        reserve(length)
        memcpy(base + tail, other.base + start, length)
        tail &+= length
    }

    /// Changes a byte that has not left.
    mutating func change(at position: UInt64, _ body: (inout UInt8) -> Void) {
        body(&base[head + Int(position &- sent)])
    }

    /// The first `count` bytes have left.
    @inline(__always)
    mutating func removeFirst(_ count: Int) {
        head &+= count
        sent &+= UInt64(count)
        guard head == tail else { return }
        head = 0
        tail = 0
    }

    /// Forgets what waits, and gives memory back that a burst took. Positions go on.
    mutating func removeAll() {
        removeFirst(count)
        shrink()
    }

    /// Gives memory back where nothing waits.
    private mutating func shrink() {
        guard tail == head, capacity > Self.smallest else { return }
        base.deallocate()
        capacity = Self.smallest
        base = .allocate(capacity: capacity)
    }
}
