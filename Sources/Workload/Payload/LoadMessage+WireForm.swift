internal import CChecksum
internal import Causality
internal import CZlib

/// The layout, byte for byte, is in docs/profiles.md under "Payload": a header of fixed width, the stamp, padding, a checksum.
extension LoadMessage {
    /// The first four bytes of every load message.
    package static let magic: [UInt8] = [0x57, 0x42, 0x4C, 0x4D]  // "WBLM"
    /// The same as a little-endian number.
    private static let magicWord: UInt32 = 0x4D4C_4257
    /// The version of the layout that is written: its checksum is the CRC-32C. Version 1, which is still read, has the CRC-32.
    package static let version: UInt32 = 2
    /// Magic, version, run, publisher, attempt, sequence, intended and sent time.
    package static let headerLength = 48
    /// The checksum at the end.
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
        try Self.check(size, stampLength, entries: stamp.entries.count)
        Self.resize(&scratch, to: size)
        scratch.withUnsafeMutableBytes { payload in
            let next = putHead(into: payload)
            Self.finish(payload, paddingFrom: next)
        }
    }

    /// Writes the payload into `scratch` with bytes of the user's own where padding would be, and nothing beside.
    /// - Parameters:
    ///   - scratch: Holds exactly ``leastSize`` and the bytes of `body` afterwards.
    ///   - body: What the user wants sent.
    public func encode(into scratch: inout [UInt8], body: [UInt8]) {
        let size = leastSize + body.count
        Self.resize(&scratch, to: size)
        scratch.withUnsafeMutableBytes { payload in
            let next = putHead(into: payload)
            UnsafeMutableRawBufferPointer(rebasing: payload[next...]).copyBytes(from: body)
            Self.finish(payload, paddingFrom: next + body.count)
        }
    }

    /// Writes what stands before the padding, header and stamp.
    /// - Returns: the place behind them.
    private func putHead(into payload: UnsafeMutableRawBufferPointer) -> Int {
        var next = Self.put(header, into: payload)
        Self.put(UInt64(stamp.entries.count), at: &next, in: payload)
        var previous: UInt32 = 0
        for entry in stamp.entries {
            Self.put(UInt64(entry.process - previous), at: &next, in: payload)
            Self.put(entry.count, at: &next, in: payload)
            previous = entry.process
        }
        return next
    }

    /// Reads a payload. Never traps, whatever the bytes are.
    public static func decode(_ bytes: Span<UInt8>) -> Decoded {
        switch Header.read(bytes) {
        case .message(let header): .message(LoadMessage(header, stamp: Header.stamp(of: bytes)))
        case .foreign: .foreign
        case .corrupt(let reason): .corrupt(reason)
        }
    }
}

extension LoadMessage.Header {
    /// Writes the payload of a message with nothing in its past but what its publisher itself published: the stamp has the one entry
    /// {`publisher`: `own`}. The bytes are those of ``LoadMessage/encode(into:size:)``, without a stamp being made for them.
    /// - Parameters:
    ///   - own: How many messages the publisher has published, this one included; at least 1.
    ///   - payload: Filled as a whole; what the message does not need is filled with zeros. Unchanged where the call throws.
    /// - Throws: ``LoadMessage/SizeError`` where the payload is too small.
    public func encode(own: UInt64, into payload: inout MutableRawSpan) throws(LoadMessage.SizeError) {
        try LoadMessage.check(
            payload.byteCount, 1 + Varint.length(of: UInt64(publisher)) + Varint.length(of: own), entries: 1)
        payload.withUnsafeMutableBytes { payload in
            var next = LoadMessage.put(self, into: payload)
            LoadMessage.put(1, at: &next, in: payload)
            LoadMessage.put(UInt64(publisher), at: &next, in: payload)
            LoadMessage.put(own, at: &next, in: payload)
            LoadMessage.finish(payload, paddingFrom: next)
        }
    }

    /// The same into an array of the caller's, as ``LoadMessage/encode(into:size:)``.
    public func encode(own: UInt64, into scratch: inout [UInt8], size: Int) throws(LoadMessage.SizeError) {
        try LoadMessage.check(size, 1 + Varint.length(of: UInt64(publisher)) + Varint.length(of: own), entries: 1)
        LoadMessage.resize(&scratch, to: size)
        var span = scratch.mutableSpan
        var payload = span.mutableBytes
        try encode(own: own, into: &payload)
    }

    /// Reads a payload but for its stamp, which is only looked at as far as ``LoadMessage/decode(_:)`` would refuse it. Never traps, whatever the bytes
    /// are, and allocates nothing unless they are corrupt.
    public static func read(_ bytes: Span<UInt8>) -> LoadMessage.HeaderDecoded {
        guard LoadMessage.isLoadMessage(bytes) else { return .foreign }
        guard bytes.count >= LoadMessage.headerLength + 1 + LoadMessage.checksumLength else {
            return .corrupt("it has \(bytes.count) bytes, fewer than any load message")
        }
        let body = bytes.count - LoadMessage.checksumLength
        let raw = bytes.bytes
        func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Word.Type) -> Word {
            Word(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
        }
        let written = load(body, as: UInt32.self)
        let version = load(4, as: UInt32.self)
        guard let computed = LoadMessage.checksum(bytes.extracting(0..<body), version: version) else {
            // Of a layout that is not known, so is the checksum; one of those that are known may have lost its version.
            let checksums = (1...LoadMessage.version).compactMap { LoadMessage.checksum(bytes.extracting(0..<body), version: $0) }
            return checksums.contains(written)
                ? .foreign : .corrupt("its checksum \(LoadMessage.hexadecimal(written)) is not that of its bytes")
        }
        guard written == computed else {
            return .corrupt(
                "its checksum is \(LoadMessage.hexadecimal(written)), but that of its bytes is \(LoadMessage.hexadecimal(computed))")
        }
        var offset = LoadMessage.headerLength
        guard let greatest = VectorTimestamp.greatestCount(bytes.extracting(0..<body), at: &offset) else {
            return .corrupt("its vector timestamp cannot be read")
        }
        // What counts on from a stamp must not overflow, whoever wrote it.
        guard greatest <= LoadMessage.greatestCount else {
            return .corrupt("its vector timestamp counts more than 2^53 publishes")
        }
        let header = LoadMessage.Header(
            run: load(8, as: UInt64.self), publisher: load(16, as: UInt32.self), sequence: load(24, as: UInt64.self),
            attempt: load(20, as: UInt32.self), intended: load(32, as: UInt64.self), sent: load(40, as: UInt64.self))
        guard header.sequence > 0, header.sequence <= LoadMessage.greatestCount, header.attempt > 0 else {
            return .corrupt(
                "its sequence number is \(header.sequence) and its attempt \(header.attempt); both count from 1, to 2^53 at most")
        }
        return .message(header)
    }
}

/// The parts of the layout. What writes has made sure of the room before.
extension LoadMessage {
    fileprivate static func check(_ size: Int, _ stampLength: Int, entries: Int) throws(SizeError) {
        let least = headerLength + stampLength + checksumLength
        guard size >= least else { throw SizeError(size: size, leastSize: least, stampEntries: entries) }
    }

    fileprivate static func resize(_ scratch: inout [UInt8], to size: Int) {
        guard scratch.count != size else { return }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: repeatElement(0, count: size))
    }

    /// - Returns: where the stamp begins.
    fileprivate static func put(_ header: Header, into payload: UnsafeMutableRawBufferPointer) -> Int {
        payload.storeBytes(of: magicWord.littleEndian, toByteOffset: 0, as: UInt32.self)
        payload.storeBytes(of: version.littleEndian, toByteOffset: 4, as: UInt32.self)
        payload.storeBytes(of: header.run.littleEndian, toByteOffset: 8, as: UInt64.self)
        payload.storeBytes(of: header.publisher.littleEndian, toByteOffset: 16, as: UInt32.self)
        payload.storeBytes(of: header.attempt.littleEndian, toByteOffset: 20, as: UInt32.self)
        payload.storeBytes(of: header.sequence.littleEndian, toByteOffset: 24, as: UInt64.self)
        payload.storeBytes(of: header.intended.littleEndian, toByteOffset: 32, as: UInt64.self)
        payload.storeBytes(of: header.sent.littleEndian, toByteOffset: 40, as: UInt64.self)
        return headerLength
    }

    fileprivate static func put(_ value: UInt64, at offset: inout Int, in payload: UnsafeMutableRawBufferPointer) {
        var rest = value
        while rest >= 0x80 {
            payload[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
            offset += 1
            rest >>= 7
        }
        payload[offset] = UInt8(truncatingIfNeeded: rest)
        offset += 1
    }

    fileprivate static func finish(_ payload: UnsafeMutableRawBufferPointer, paddingFrom next: Int) {
        let body = payload.count - checksumLength
        payload[next..<body].withMemoryRebound(to: UInt8.self) { $0.update(repeating: 0) }
        let sum = checksum_crc32c(0, payload.baseAddress, body)
        payload.storeBytes(of: sum.littleEndian, toByteOffset: body, as: UInt32.self)
    }

    fileprivate static func isLoadMessage(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 4 && UInt32(littleEndian: bytes.bytes.unsafeLoadUnaligned(as: UInt32.self)) == magicWord
    }

    /// The checksum that a version of the layout has; `nil` where the version is not known.
    fileprivate static func checksum(_ bytes: Span<UInt8>, version: UInt32) -> UInt32? {
        bytes.withUnsafeBufferPointer { bytes in
            switch version {
            case 1: UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress, bytes.count))
            case 2: checksum_crc32c(0, bytes.baseAddress, bytes.count)
            default: nil
            }
        }
    }

    fileprivate static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
