import Foundation

/// Makes a trace file one of another host: another boot id in its header.
enum OtherClock {
    static func give(to path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let length = Int(bytes[12]) | Int(bytes[13]) << 8
        bytes[48] ^= 0xFF
        let crc = crc32c(bytes[..<(length - 4)])
        for index in 0..<4 { bytes[length - 4 + index] = UInt8(truncatingIfNeeded: crc >> (8 * index)) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
