internal import Causality
internal import CZlib

/// The layout, byte for byte, is in docs/profiles.md under "Payload": a header of fixed width, the stamp, padding, a checksum.
extension LoadMessage {
    /// The first four bytes of every load message.
    package static let magic: [UInt8] = [0x57, 0x42, 0x4C, 0x4D]  // "WBLM"
    /// The version of the layout.
    package static let version: UInt32 = 1
    /// Magic, version, run, publisher, attempt, sequence, intended and sent time.
    package static let headerLength = 48
    /// The CRC-32 at the end.
    package static let checksumLength = 4
    /// The greatest sequence number and the greatest count of a stamp, 2⁵³: no run comes near, and whoever counts on from one does not overflow.
    package static let greatestCount: UInt64 = 1 << 53

    /// The least payload in bytes that holds this message with its present stamp.
    public var leastSize: Int {
        Self.headerLength + stamp.encodedLength + Self.checksumLength
    }

    /// The least payload in bytes that holds any message whose stamp has `stampEntries` entries, each at most as long as
    /// ``longestStampEntry``. Profiles are validated with it before the run.
    public static func leastSize(stampEntries: Int) -> Int {
        headerLength + Varint.length(of: UInt64(stampEntries)) + stampEntries * longestStampEntry + checksumLength
    }

    /// The bytes that ``leastSize(stampEntries:)`` reckons for one entry: three for the process, which holds ids below 2,097,152,
    /// and five for its count, which holds 34 thousand million messages of one publisher.
    public static let longestStampEntry = 8

    /// Writes the payload into `scratch`, replacing its contents and keeping its capacity: nothing is allocated once it has grown.
    /// - Parameters:
    ///   - scratch: Holds exactly `size` bytes afterwards; unchanged where the call throws.
    ///   - size: The payload's size in bytes; what the message does not need is filled with zeros.
    /// - Throws: ``SizeError`` where `size` is less than ``leastSize``.
    public func encode(into scratch: inout [UInt8], size: Int) throws(SizeError) {
        let stampLength = stamp.encodedLength
        let padding = size - Self.headerLength - stampLength - Self.checksumLength
        guard padding >= 0 else {
            throw SizeError(size: size, leastSize: size - padding, stampEntries: stamp.entries.count)
        }
        scratch.removeAll(keepingCapacity: true)
        scratch.reserveCapacity(size)
        scratch.append(contentsOf: Self.magic)
        Self.append(Self.version, to: &scratch)
        Self.append(run, to: &scratch)
        Self.append(publisher, to: &scratch)
        Self.append(attempt, to: &scratch)
        Self.append(sequence, to: &scratch)
        Self.append(intended, to: &scratch)
        Self.append(sent, to: &scratch)
        stamp.encode(into: &scratch)
        scratch.append(contentsOf: repeatElement(0, count: padding))
        Self.append(Self.checksum(scratch.span), to: &scratch)
    }

    /// Reads a payload. Never traps, whatever the bytes are.
    public static func decode(_ bytes: Span<UInt8>) -> Decoded {
        guard bytes.count >= magic.count, (0..<magic.count).allSatisfy({ bytes[$0] == magic[$0] }) else { return .foreign }
        guard bytes.count >= headerLength + 1 + checksumLength else {
            return .corrupt("it has \(bytes.count) bytes, fewer than any load message")
        }
        let body = bytes.count - checksumLength
        let written: UInt32 = load(bytes, at: body)
        let computed = checksum(bytes.extracting(0..<body))
        guard written == computed else {
            return .corrupt("its checksum is \(hexadecimal(written)), but that of its bytes is \(hexadecimal(computed))")
        }
        guard load(bytes, at: 4) == version else { return .foreign }
        var offset = headerLength
        guard let stamp = VectorTimestamp.decode(bytes.extracting(0..<body), at: &offset) else {
            return .corrupt("its vector timestamp cannot be read")
        }
        // What counts on from a stamp must not overflow, whoever wrote it.
        guard stamp.entries.allSatisfy({ $0.count <= greatestCount }) else {
            return .corrupt("its vector timestamp counts more than 2^53 publishes")
        }
        let message = LoadMessage(
            run: load(bytes, at: 8), publisher: load(bytes, at: 16), sequence: load(bytes, at: 24), attempt: load(bytes, at: 20),
            intended: load(bytes, at: 32), sent: load(bytes, at: 40), stamp: stamp)
        guard message.sequence > 0, message.sequence <= greatestCount, message.attempt > 0 else {
            return .corrupt(
                "its sequence number is \(message.sequence) and its attempt \(message.attempt); both count from 1, to 2^53 at most")
        }
        return .message(message)
    }

    private static func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func load<Word: FixedWidthInteger>(_ bytes: Span<UInt8>, at offset: Int) -> Word {
        var word: Word = 0
        for index in (offset..<offset + MemoryLayout<Word>.size).reversed() { word = word << 8 | Word(bytes[index]) }
        return word
    }

    /// The CRC-32 of zlib, gzip and PNG.
    private static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
