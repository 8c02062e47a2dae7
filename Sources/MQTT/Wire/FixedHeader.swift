/// The first two to five bytes of a packet (MQTT 2.2; 2.1 of 5.0).
struct FixedHeader {
    /// The type in the upper half, flags in the lower one.
    var first: UInt8
    /// Where the variable header begins.
    var bodyStart: Int
    /// Where the packet ends. What is left of it may not have come yet.
    var end: Int

    /// The greatest remaining length that four bytes can say.
    static let greatestLength = 268_435_455

    /// Reads the header of the packet at `offset`.
    /// - Returns: `nil` where the bytes end before the header does.
    @inline(__always)
    static func read(_ bytes: Span<UInt8>, at offset: Int) throws(WireError) -> FixedHeader? {
        guard bytes.count - offset >= 2 else { return nil }
        let second = bytes[offset + 1]
        // All but large packets.
        if second < 0x80 {
            return FixedHeader(first: bytes[offset], bodyStart: offset + 2, end: offset + 2 + Int(second))
        }
        return try readLong(bytes, at: offset)
    }

    private static func readLong(_ bytes: Span<UInt8>, at offset: Int) throws(WireError) -> FixedHeader? {
        var length = 0
        for index in 0..<4 {
            let place = offset + 1 + index
            guard place < bytes.count else { return nil }
            length |= Int(bytes[place] & 0x7F) << (7 * index)
            if bytes[place] < 0x80 {
                // The shortest form is the only one (MQTT-1.5.5-1).
                guard index == 0 || bytes[place] != 0 else {
                    throw .malformed("a remaining length that is written with more bytes than it takes")
                }
                return FixedHeader(first: bytes[offset], bodyStart: place + 1, end: place + 1 + length)
            }
        }
        throw .malformed("a remaining length of more than four bytes")
    }
}
