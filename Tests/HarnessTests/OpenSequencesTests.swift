import Testing

@testable import Harness

/// What is open is what was put in and not taken out, as a set would have it.
@Suite struct OpenSequencesTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func isTheSameAsASet(_ seed: UInt64) throws {
        var random = seed
        func next(_ bound: UInt64) -> UInt64 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (random >> 33) % bound
        }
        var open = OpenSequences()
        // When each was put in, beside it.
        var times = SendTimes()
        var expectedTimes: [UInt64: UInt64] = [:]
        var expected: Set<UInt64> = []
        var latest: UInt64 = 0
        for _ in 0..<2_000 {
            switch next(8) {
            case 0...3:
                // In order, but for one that was left out before.
                latest += 1 + (next(20) == 0 ? next(300) : 0)
                open.insert(latest)
                expected.insert(latest)
                let time = next(1 << 40)
                times.note(latest, at: time, among: open.span)
                expectedTimes[latest] = time
            case 4:  // Again, or one from before what is open.
                let old = latest - min(latest, next(400))
                open.insert(old)
                expected.insert(old)
            case 5:  // One that may not be there.
                let any = next(latest + 200)
                open.remove(any)
                expected.remove(any)
            default:
                if let oldest = expected.min(), let any = next(3) == 0 ? expected.randomElement() : oldest {
                    open.remove(any)
                    expected.remove(any)
                }
            }
            // The first difference is enough: all that follow are its.
            try #require(open.count == expected.count && open.isEmpty == expected.isEmpty, "seed \(seed)")
        }
        #expect(open.sorted == expected.sorted(), "seed \(seed)")
        for sequence in expected where expectedTimes[sequence] != nil {
            try #require(times.time(of: sequence) == expectedTimes[sequence], "seed \(seed)")
        }
        open.removeAll()
        #expect(open.isEmpty && open.sorted.isEmpty)
    }
}
