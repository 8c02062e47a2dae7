/// Reads the fields of one record. A field that the bytes do not hold reads as 0 and makes the record invalid.
struct RecordBody {
    private(set) var offset: Int
    let end: Int
    private(set) var isValid = true

    /// Whether no field is left: those of later versions are absent in older files.
    var isAtEnd: Bool { offset >= end }

    init(offset: Int, end: Int) {
        self.offset = offset
        self.end = end
    }

    @inline(__always)
    mutating func byte(_ bytes: Span<UInt8>) -> UInt8 {
        guard offset < end else { return invalid() }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inline(__always)
    mutating func number(_ bytes: Span<UInt8>) -> UInt64 {
        guard offset < end else { return invalid() }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return UInt64(first)
        }
        return longNumber(bytes)
    }

    private mutating func longNumber(_ bytes: Span<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            if shift == 63 && byte > 1 { return invalid() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { return invalid() }
        }
        return invalid()
    }

    /// A number of at most 32 bits.
    @inline(__always)
    mutating func small(_ bytes: Span<UInt8>) -> UInt32 {
        let value = number(bytes)
        guard value <= UInt64(UInt32.max) else { return invalid() }
        return UInt32(truncatingIfNeeded: value)
    }

    @inline(__always)
    mutating func packetID(_ bytes: Span<UInt8>) -> UInt16 {
        let value = number(bytes)
        guard value <= UInt64(UInt16.max) else { return invalid() }
        return UInt16(truncatingIfNeeded: value)
    }

    /// A number in zigzag form.
    mutating func signed(_ bytes: Span<UInt8>) -> Int64 {
        ZigZag.decode(number(bytes))
    }

    mutating func text(_ bytes: Span<UInt8>) -> TraceEvent.TextReference {
        let length = number(bytes)
        guard isValid, length <= UInt64(end - offset) else {
            let _: UInt8 = invalid()
            return .init(offset: 0, length: 0)
        }
        defer { offset += Int(length) }
        return .init(offset: offset, length: Int(length))
    }

    private mutating func invalid<Number: FixedWidthInteger>() -> Number {
        isValid = false
        offset = end
        return 0
    }
}
