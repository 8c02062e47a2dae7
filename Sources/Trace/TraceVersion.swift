internal import CChecksum
internal import CZlib

/// The versions of the file format, as docs/trace-format.md tells them apart.
package enum TraceVersion: UInt16, Sendable {
    /// Each event is a record of its own, and checksums are the CRC-32.
    case one = 1
    /// Events that follow a lane take a byte, and checksums are the CRC-32C.
    case two = 2

    /// The one that is written.
    package static let latest = TraceVersion.two

    var hasLanes: Bool { self == .two }

    /// The checksum of some bytes.
    func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        switch self {
        case .one: UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress, bytes.count))
        case .two: checksum_crc32c(0, bytes.baseAddress, bytes.count)
        }
    }

    /// The checksum of a part of a file.
    func checksum(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        bytes.extracting(range).withUnsafeBufferPointer { checksum(UnsafeRawBufferPointer($0)) }
    }
}
