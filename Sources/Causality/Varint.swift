/// Unsigned LEB128: seven bits a byte, least significant group first, the top bit set on every byte but the last.
/// The one integer coding of stamps, load messages and traces.
package enum Varint {
    /// The most bytes one 64-bit value takes.
    package static let maximumLength = 10

    /// The number of bytes `value` takes, 1 to 10.
    @inlinable
    package static func length(of value: UInt64) -> Int {
        (max(1, UInt64.bitWidth - value.leadingZeroBitCount) + 6) / 7
    }

    /// Appends `value`.
    @inlinable
    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Reads one value at `offset` and moves `offset` behind it.
    /// - Returns: `nil`, with `offset` unspecified, where the bytes end inside the value or it does not fit 64 bits.
    @inlinable
    package static func read(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }
}
