import Causality
import Testing

@Suite struct WireFormTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func comesBackFromItsWireForm(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let stamp = randomStamp(&random)
        var bytes: [UInt8] = [0xAA]
        stamp.encode(into: &bytes)
        #expect(bytes.count == 1 + stamp.encodedLength, "seed \(seed): \(stamp)")
        bytes.append(0xBB)
        var offset = 1
        #expect(VectorTimestamp.decode(bytes.span, at: &offset) == stamp, "seed \(seed)")
        #expect(offset == bytes.count - 1, "seed \(seed): \(stamp)")
    }

    @Test func writesDistancesOfProcesses() {
        let stamp = VectorTimestamp([.init(process: 5, count: 1), .init(process: 7, count: 300)])
        var bytes: [UInt8] = []
        stamp.encode(into: &bytes)
        #expect(bytes == [2, 5, 1, 2, 0xAC, 0x02])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func refusesEveryTruncation(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let stamp = randomStamp(&random)
        var bytes: [UInt8] = []
        stamp.encode(into: &bytes)
        for length in 0..<bytes.count {
            var offset = 0
            #expect(VectorTimestamp.decode(bytes.span.extracting(0..<length), at: &offset) == nil, "seed \(seed), \(length) of \(bytes)")
        }
    }

    /// Whatever the bytes are, what is read obeys the invariants of a stamp and can be written again.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func mutatedBytesNeverMakeABadStamp(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes: [UInt8] = []
            randomStamp(&random).encode(into: &bytes)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var offset = 0
            guard let stamp = VectorTimestamp.decode(bytes.span, at: &offset) else { continue }
            #expect(offset <= bytes.count, "seed \(seed): \(bytes)")
            #expect(zip(stamp.entries, stamp.entries.dropFirst()).allSatisfy { $0.process < $1.process }, "seed \(seed): \(bytes)")
            #expect(stamp.entries.allSatisfy { $0.count > 0 }, "seed \(seed): \(bytes)")
            var again: [UInt8] = []
            stamp.encode(into: &again)
            var end = 0
            #expect(VectorTimestamp.decode(again.span, at: &end) == stamp, "seed \(seed): \(bytes)")
        }
    }

    @Test(
        arguments: [
            ([2, 5, 1, 0, 1], "the same process twice"), ([1, 5, 0], "a count of 0"),
            ([1, 0x80, 0x80, 0x80, 0x80, 0x10, 1], "a process above 32 bits"),
            ([2, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 1, 1], "a process that overflows 32 bits by its distance"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 1, 1], "more entries than bytes"), ([], "nothing"),
        ] as [([UInt8], String)])
    func refuses(bytes: [UInt8], what: String) {
        var offset = 0
        #expect(VectorTimestamp.decode(bytes.span, at: &offset) == nil, "\(what)")
    }

    private func randomStamp(_ random: inout SeededGenerator) -> VectorTimestamp {
        VectorTimestamp(
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                VectorTimestamp.Entry(
                    process: UInt32(truncatingIfNeeded: random.next() >> UInt64.random(in: 32...63, using: &random)),
                    count: max(1, random.next() >> UInt64.random(in: 0...63, using: &random)))
            })
    }
}

@Suite struct VarintTests {
    /// Every value at which the length changes, its neighbours, and the extremes.
    private static let edges: [UInt64] = {
        var edges: [UInt64] = [0, 1, .max, .max - 1]
        for groups in 1...9 as ClosedRange<UInt64> {
            let edge: UInt64 = 1 << (7 * groups)
            edges += [edge - 1, edge, edge + 1]
        }
        return edges
    }()

    @Test func comesBackInItsLength() {
        for value in Self.edges {
            var bytes: [UInt8] = []
            Varint.append(value, to: &bytes)
            #expect(bytes.count == Varint.length(of: value), "\(value)")
            #expect(bytes.count <= Varint.maximumLength, "\(value)")
            var offset = 0
            #expect(Varint.read(bytes.span, at: &offset) == value, "\(value)")
            #expect(offset == bytes.count, "\(value)")
            for length in 0..<bytes.count {
                var start = 0
                #expect(Varint.read(bytes.span.extracting(0..<length), at: &start) == nil, "\(value) cut to \(length)")
            }
        }
    }

    @Test func refusesWhatDoesNotFit64Bits() {
        let ones = [UInt8](repeating: 0xFF, count: 9)
        for (last, fits) in [(UInt8(0x01), true), (0x02, false), (0x7F, false), (0x81, false)] {
            var offset = 0
            #expect((Varint.read((ones + [last, 0]).span, at: &offset) != nil) == fits, "last byte \(last)")
        }
    }
}
