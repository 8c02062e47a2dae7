internal import CChecksum
internal import CZlib

/// Puts right what guards the inside of a trace or a message: magic numbers, lengths and checksums. Without it every change of a byte would
/// end at a checksum, and what stands behind it would never be reached.
enum Sealing {
    private static let fileMagic: [UInt8] = [0x57, 0x42, 0x54, 0x52, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let chunkMagic: [UInt8] = [0x57, 0x42, 0x43, 0x48]
    private static let messageMagic: [UInt8] = [0x57, 0x42, 0x4C, 0x4D]

    /// The same bytes as a trace of one of the versions whose header and chunks are whole: lengths that do not fit are cut to what is there.
    static func seal(_ input: [UInt8]) -> [UInt8] {
        guard input.count >= 72 else { return input }
        var bytes = input
        put(fileMagic, at: 0, &bytes)
        let version = UInt32(bytes[8] & 1 == 1 ? 1 : 2)
        put(UInt16(version), at: 8, &bytes, as: UInt16.self)
        let name = Int(bytes[44]) % 8
        let host = Int(bytes[46]) % 8
        put(UInt16(name), at: 44, &bytes, as: UInt16.self)
        put(UInt16(host), at: 46, &bytes, as: UInt16.self)
        let header = min(64 + name + host + 4, bytes.count)
        // Names that do not fit any more are cut too.
        guard header == 64 + name + host + 4 else { return input }
        put(UInt32(header), at: 12, &bytes, as: UInt32.self)
        put(checksum(bytes[..<(header - 4)], version: version), at: header - 4, &bytes, as: UInt32.self)
        var start = header
        var number: UInt32 = 0
        while start + 40 <= bytes.count {
            put(chunkMagic, at: start, &bytes)
            // Most chunks stand in their order; some do not.
            if bytes[start + 4] < 0xF0 { put(number, at: start + 4, &bytes, as: UInt32.self) }
            put(UInt32(bytes[start + 16] & 1), at: start + 16, &bytes, as: UInt32.self)
            let room = bytes.count - start - 40
            let payload = min(Int(get(start + 24, bytes) % 4096), room)
            put(UInt32(payload), at: start + 24, &bytes, as: UInt32.self)
            put(UInt32(min(Int(get(start + 28, bytes) % 4096), payload)), at: start + 28, &bytes, as: UInt32.self)
            put(checksum(bytes[(start + 40)..<(start + 40 + payload)], version: version), at: start + 32, &bytes, as: UInt32.self)
            put(checksum(bytes[start..<(start + 36)], version: version), at: start + 36, &bytes, as: UInt32.self)
            start += 40 + payload
            number += 1
        }
        return bytes
    }

    /// The same bytes as a load message of one of the versions, with its right checksum.
    static func sealMessage(_ input: [UInt8]) -> [UInt8] {
        guard input.count >= 53 else { return input }
        var bytes = input
        put(messageMagic, at: 0, &bytes)
        let version = UInt32(bytes[4] & 1 == 1 ? 1 : 2)
        put(version, at: 4, &bytes, as: UInt32.self)
        put(checksum(bytes[..<(bytes.count - 4)], version: version), at: bytes.count - 4, &bytes, as: UInt32.self)
        return bytes
    }

    private static func get(_ offset: Int, _ bytes: [UInt8]) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    private static func put(_ new: [UInt8], at offset: Int, _ bytes: inout [UInt8]) {
        bytes.replaceSubrange(offset..<(offset + new.count), with: new)
    }

    private static func put<Number: FixedWidthInteger>(_ value: Number, at offset: Int, _ bytes: inout [UInt8], as: Number.Type) {
        withUnsafeBytes(of: value.littleEndian) { put([UInt8]($0), at: offset, &bytes) }
    }

    /// Version 1 of both formats has the CRC-32, version 2 the CRC-32C.
    private static func checksum(_ bytes: ArraySlice<UInt8>, version: UInt32) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            version == 1
                ? UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress, bytes.count))
                : checksum_crc32c(0, bytes.baseAddress, bytes.count)
        }
    }
}
