import Causality
import Testing
import Workload

@Suite struct LoadMessageTests {
    private let message = LoadMessage(
        run: 0x0102_0304_0506_0708, publisher: 5, sequence: 300, attempt: 2, intended: 1_000_000_000, sent: 1_000_000_500,
        stamp: VectorTimestamp([.init(process: 5, count: 300), .init(process: 7, count: 1)]))

    /// Byte for byte what docs/profiles.md says, with the CRC-32C as a program of another language computes it.
    @Test func hasTheDocumentedLayout() throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: 64)
        #expect(
            bytes.prefix(60) == [
                0x57, 0x42, 0x4C, 0x4D, 2, 0, 0, 0,  // magic, version
                8, 7, 6, 5, 4, 3, 2, 1,  // run
                5, 0, 0, 0, 2, 0, 0, 0,  // publisher, attempt
                0x2C, 1, 0, 0, 0, 0, 0, 0,  // sequence
                0x00, 0xCA, 0x9A, 0x3B, 0, 0, 0, 0,  // intended
                0xF4, 0xCB, 0x9A, 0x3B, 0, 0, 0, 0,  // sent
                2, 5, 0xAC, 2, 2, 1,  // stamp
                0, 0, 0, 0, 0, 0,  // padding
            ])
        #expect(bytes.suffix(4) == [0xC1, 0x23, 0x60, 0x2C])
    }

    /// What an older Waybill sent, with the CRC-32 as Python's zlib.crc32 computes it: the same message.
    @Test func readsVersionOne() throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: 64)
        bytes[4] = 1
        bytes.replaceSubrange(60..., with: [0xAD, 0x9D, 0x1D, 0xDF])
        #expect(LoadMessage.decode(bytes.span) == .message(message))
        bytes[63] ^= 1
        #expect(LoadMessage.decode(bytes.span) == .corrupt("its checksum is 0xde1d9dad, but that of its bytes is 0xdf1d9dad"))
    }

    /// A layout of a later version is none of ours, whichever checksum it has; one with neither is one of ours that was damaged.
    @Test func otherVersionsAreForeign() throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: 64)
        bytes[4] = 3
        for sum in [checksum(of: bytes[..<60], polynomial: 0xEDB8_8320), checksum(of: bytes[..<60], polynomial: 0x82F6_3B78)] {
            for index in 0..<4 { bytes[60 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
            #expect(LoadMessage.decode(bytes.span) == .foreign)
        }
        bytes[60] ^= 1
        guard case .corrupt = LoadMessage.decode(bytes.span) else {
            Issue.record("a damaged payload is none of ours")
            return
        }
    }

    /// Bit by bit, from the definition.
    private func checksum(of bytes: ArraySlice<UInt8>, polynomial: UInt32) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ polynomial : sum >> 1 }
        }
        return ~sum
    }

    /// The way without a stamp writes the same bytes, over whatever was there, and throws where the other does.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func aPublisherAloneNeedsNoStamp(seed: UInt64) throws {
        var random = RandomStream(state: seed)
        var message = randomMessage(&random)
        let own = UInt64.random(in: 1...LoadMessage.greatestCount, using: &random) >> UInt64.random(in: 0...52, using: &random) | 1
        message.stamp = VectorTimestamp([.init(process: message.publisher, count: own)])
        let size = message.leastSize + Int.random(in: -3...40, using: &random)
        var expected: [UInt8] = []
        var scratch = (0..<Int.random(in: 0...1, using: &random) * size).map { UInt8(truncatingIfNeeded: $0) }
        let before = scratch
        if size < message.leastSize {
            let error = #expect(throws: LoadMessage.SizeError.self) { try message.header.encode(own: own, into: &scratch, size: size) }
            #expect(error?.size == size && error?.leastSize == message.leastSize && error?.stampEntries == 1)
            #expect(scratch == before, "seed \(seed)")
        } else {
            try message.encode(into: &expected, size: size)
            try message.header.encode(own: own, into: &scratch, size: size)
            #expect(scratch == expected, "seed \(seed)")
        }
    }

    /// What is read without the stamp is what is read with it, for good payloads and for bad ones with a right checksum.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func theHeaderIsReadLikeTheMessage(seed: UInt64) throws {
        var random = RandomStream(state: seed)
        let message = randomMessage(&random)
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: message.leastSize + 7)
        #expect(LoadMessage.Header.read(bytes.span) == .message(message.header), "seed \(seed)")
        #expect(LoadMessage.Header.stamp(of: bytes.span) == message.stamp, "seed \(seed)")
        bytes[Int.random(in: 16..<24, using: &random)] = 0
        bytes[Int.random(in: 48..<bytes.count - 4, using: &random)] = UInt8.random(in: 0...255, using: &random)
        let sum = checksum(of: bytes[..<(bytes.count - 4)], polynomial: 0x82F6_3B78)
        for index in 0..<4 { bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
        switch (LoadMessage.decode(bytes.span), LoadMessage.Header.read(bytes.span)) {
        case (.message(let whole), .message(let header)): #expect(whole.header == header, "seed \(seed)")
        case (.corrupt(let one), .corrupt(let other)): #expect(one == other, "seed \(seed)")
        case (let one, let other): Issue.record("seed \(seed): \(one) and \(other)")
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func comesBackFromItsPayload(seed: UInt64) throws {
        var random = RandomStream(state: seed)
        let message = randomMessage(&random)
        let size = message.leastSize + Int.random(in: 0...40, using: &random)
        var bytes: [UInt8] = [9, 9, 9]
        try message.encode(into: &bytes, size: size)
        #expect(bytes.count == size, "seed \(seed)")
        #expect(LoadMessage.decode(bytes.span) == .message(message), "seed \(seed)")
    }

    @Test func namesTheLeastSizeThatFits() throws {
        var bytes: [UInt8] = [1, 2, 3]
        let least = message.leastSize
        try message.encode(into: &bytes, size: least)
        let whole = bytes
        let error = #expect(throws: LoadMessage.SizeError.self) { try message.encode(into: &bytes, size: least - 1) }
        #expect(error?.leastSize == least)
        #expect(error?.description.contains("of 2 entries: the least size that fits is \(least) bytes") == true)
        #expect(bytes == whole, "the scratch is unchanged")
    }

    @Test(arguments: [1, 2, 50, 127, 128, 5_000])
    func leastSizeUpFrontHoldsTheLongestEntries(entries: Int) throws {
        // The greatest ids and counts that longestStampEntry promises to hold.
        let stamp = VectorTimestamp((0..<entries).map { .init(process: UInt32($0) + 2_097_151 - UInt32(entries), count: 1 << 35 - 1) })
        let message = LoadMessage(run: .max, publisher: .max, sequence: .max, attempt: .max, intended: .max, sent: .max, stamp: stamp)
        #expect(message.leastSize <= LoadMessage.leastSize(stampEntries: entries))
    }

    @Test func keepsTheCapacityOfItsScratch() throws {
        var scratch: [UInt8] = []
        try message.encode(into: &scratch, size: 1_024)
        let address = scratch.withUnsafeBufferPointer { $0.baseAddress }
        var next = message
        for sequence in 2...100 as ClosedRange<UInt64> {
            next.sequence = sequence
            next.stamp.increment(5)
            try next.encode(into: &scratch, size: 1_024)
        }
        #expect(scratch.withUnsafeBufferPointer { $0.baseAddress } == address)
    }

    /// CRC-32C finds every single flipped bit; one in the magic makes it foreign.
    @Test func everyFlippedBitIsFound() throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: 80)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            switch LoadMessage.decode(flipped.span) {
            case .message: Issue.record("bit \(bit) went unnoticed")
            case .foreign: #expect(bit < 32, "bit \(bit)")
            case .corrupt(let reason): #expect(bit >= 32 && reason.contains("checksum"), "bit \(bit)")
            }
        }
    }

    @Test func truncationIsFound() throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes, size: 80)
        for length in 0..<bytes.count {
            let decoded = LoadMessage.decode(bytes.span.extracting(0..<length))
            if length < 4 {
                #expect(decoded == .foreign, "\(length)")
            } else {
                guard case .corrupt = decoded else {
                    Issue.record("\(length) bytes: \(decoded)")
                    continue
                }
            }
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func readsAnyBytesWithoutATrap(seed: UInt64) throws {
        var random = RandomStream(state: seed)
        for _ in 0..<50 {
            var bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes.replaceSubrange(0..<min(4, bytes.count), with: [0x57, 0x42, 0x4C, 0x4D].prefix(min(4, bytes.count)))
            if case .message = LoadMessage.decode(bytes.span) { Issue.record("seed \(seed): noise passed for a message: \(bytes)") }
        }
    }

    /// Whoever writes the right checksum can write any number: none may have a client count on from where there is no next one.
    @Test(arguments: [LoadMessage.greatestCount + 1, .max]) func countsThatCannotBeAreCorrupt(count: UInt64) throws {
        for forged in [
            LoadMessage(run: 7, publisher: 1, sequence: count),
            LoadMessage(run: 7, publisher: 1, stamp: VectorTimestamp([.init(process: 5, count: count)])),
        ] {
            var bytes: [UInt8] = []
            try forged.encode(into: &bytes, size: 80)
            guard case .corrupt(let reason) = LoadMessage.decode(bytes.span) else {
                Issue.record("\(forged) was believed")
                continue
            }
            #expect(reason.contains("2^53"), "\(reason)")
        }
    }

    @Test func otherPayloadsAreForeign() {
        #expect(LoadMessage.decode([UInt8]().span) == .foreign)
        #expect(LoadMessage.decode(Array("{\"temperature\": 21}".utf8).span) == .foreign)
    }

    private func randomMessage(_ random: inout RandomStream) -> LoadMessage {
        var stamp = VectorTimestamp()
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            stamp[UInt32.random(in: 0...UInt32.max, using: &random)] = UInt64.random(in: 1...LoadMessage.greatestCount, using: &random)
        }
        return LoadMessage(
            run: random.next(), publisher: UInt32(truncatingIfNeeded: random.next()),
            sequence: UInt64.random(in: 1...LoadMessage.greatestCount, using: &random),
            attempt: max(1, UInt32(truncatingIfNeeded: random.next())), intended: random.next(), sent: random.next(), stamp: stamp)
    }
}
