/// Reads the fields of one packet in place. Texts and data are ranges of the bytes: nothing is copied.
struct FieldReader {
    private(set) var offset: Int
    let end: Int

    init(from offset: Int, to end: Int) {
        self.offset = offset
        self.end = end
    }

    /// How many bytes are left.
    var left: Int { end - offset }

    @inline(__always)
    mutating func byte(_ bytes: Span<UInt8>) throws(WireError) -> UInt8 {
        guard offset < end else { throw tooShort }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inline(__always)
    mutating func short(_ bytes: Span<UInt8>) throws(WireError) -> UInt16 {
        guard end - offset >= 2 else { throw tooShort }
        defer { offset += 2 }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    mutating func long(_ bytes: Span<UInt8>) throws(WireError) -> UInt32 {
        let high = try short(bytes)
        return UInt32(high) << 16 | UInt32(try short(bytes))
    }

    /// A variable byte integer (MQTT 5.0, 1.5.5).
    @inline(__always)
    mutating func variable(_ bytes: Span<UInt8>) throws(WireError) -> Int {
        let first = try byte(bytes)
        return first < 0x80 ? Int(first) : try longVariable(bytes, first)
    }

    private mutating func longVariable(_ bytes: Span<UInt8>, _ first: UInt8) throws(WireError) -> Int {
        var value = Int(first & 0x7F)
        for index in 1..<4 {
            let next = try byte(bytes)
            value |= Int(next & 0x7F) << (7 * index)
            if next < 0x80 {
                guard next != 0 else { throw .malformed("a variable byte integer that is written with more bytes than it takes") }
                return value
            }
        }
        throw .malformed("a variable byte integer of more than four bytes")
    }

    /// Data with its length before it (MQTT 5.0, 1.5.6).
    @inline(__always)
    mutating func data(_ bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        let length = Int(try short(bytes))
        guard length <= end - offset else { throw tooShort }
        defer { offset += length }
        return offset..<offset + length
    }

    /// A text, which has to be UTF-8 without a null character (MQTT-1.5.4-1, -2; MQTT-1.5.3-1, -2 of 3.1.1).
    @inline(__always)
    mutating func text(_ bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        let range = try data(bytes)
        guard UTF8Check.isText(bytes, range) else { throw .malformed("a text that is not UTF-8, or has a null character") }
        return range
    }

    /// Passes over some bytes that are known to be there.
    mutating func skip(_ count: Int) throws(WireError) {
        guard count <= end - offset else { throw tooShort }
        offset += count
    }

    private var tooShort: WireError { .malformed("a packet that ends within a field") }
}
