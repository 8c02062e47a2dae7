internal import CZlib
internal import Histogram

extension LatencyHistogram {
    /// The histogram in the compressed form that HdrHistogram tools read (its encoding V2): a header, and behind it the counts up to the greatest value
    /// that was recorded, where a run of empty ones is one number. Values are nanoseconds.
    package var compressed: [UInt8] {
        var counts: [UInt8] = []
        var next = 0
        for value in histogram.recordedValues() {
            let index = Self.place(of: value.value)
            if index > next { counts.appendZigZag(Int64(next - index)) }
            counts.appendZigZag(Int64(value.count))
            next = index + 1
        }
        var plain: [UInt8] = []
        plain.append(bigEndian: UInt32(0x1C84_9313))
        plain.append(bigEndian: UInt32(counts.count))
        // No place is shifted.
        plain.append(bigEndian: UInt32(0))
        plain.append(bigEndian: UInt32(histogram.numberOfSignificantValueDigits.rawValue))
        plain.append(bigEndian: UInt64(1))
        plain.append(bigEndian: UInt64(Self.longest))
        // Values stand for themselves.
        plain.append(bigEndian: (1.0).bitPattern)
        plain += counts
        let body = Self.deflated(plain)
        var result: [UInt8] = []
        result.append(bigEndian: UInt32(0x1C84_9314))
        result.append(bigEndian: UInt32(body.count))
        return result + body
    }

    /// The place of a value among the counts: with three digits there are 2,048 places up to that value, and 1,024 for each doubling after it.
    static func place(of value: UInt64) -> Int {
        let doubling = max(0, 53 - (value | 2_047).leadingZeroBitCount)
        return doubling * 1_024 + Int(value >> UInt64(doubling))
    }

    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(length))
        let code = compress2(&result, &length, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
        // It has room for the worst case, so only a lack of memory is left.
        precondition(code == Z_OK, "zlib has no memory")
        return Array(result.prefix(Int(length)))
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// A number in seven bits a byte, the lowest first; one that is negative becomes odd. The ninth byte has eight bits.
    fileprivate mutating func appendZigZag(_ number: Int64) {
        var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
        for _ in 0..<8 {
            guard rest > 0x7F else { return append(UInt8(rest)) }
            append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
