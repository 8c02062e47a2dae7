import Causality
import Testing

@Suite struct VectorTimestampTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func agreesWithDenseClocks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let processes = Int.random(in: 1...5, using: &random)
            let a = DenseClock(processes: processes, using: &random)
            let b = DenseClock(processes: processes, using: &random)
            #expect(a.sparse.compared(to: b.sparse) == a.compared(to: b), "seed \(seed): \(a) and \(b)")
            var merged = a.sparse
            merged.merge(b.sparse)
            #expect(merged == a.merged(b).sparse, "seed \(seed): \(a) and \(b)")
            for process in 0..<processes { #expect(a.sparse[UInt32(process) * 7] == a.counts[process], "seed \(seed): \(a)") }
        }
    }

    /// All clocks of three processes with counts 0 to 2, and all pairs and triples of them.
    private static let all: [DenseClock] = (0..<27).map { number in DenseClock([number % 3, number / 3 % 3, number / 9].map(UInt64.init)) }

    @Test func comparisonIsAPartialOrder() {
        let stamps = Self.all.map(\.sparse)
        func atMost(_ a: VectorTimestamp, _ b: VectorTimestamp) -> Bool { [.before, .equal].contains(a.compared(to: b)) }
        for a in stamps {
            #expect(a.compared(to: a) == .equal)
            for b in stamps {
                #expect((a.compared(to: b) == .equal) == (a == b), "\(a), \(b)")
                #expect((a.compared(to: b) == .before) == (b.compared(to: a) == .after), "\(a), \(b)")
                #expect((a.compared(to: b) == .concurrent) == (b.compared(to: a) == .concurrent), "\(a), \(b)")
                for c in stamps where atMost(a, b) && atMost(b, c) { #expect(atMost(a, c), "\(a), \(b), \(c)") }
            }
        }
    }

    @Test func mergeIsTheLeastUpperBound() {
        let stamps = Self.all.map(\.sparse)
        func atMost(_ a: VectorTimestamp, _ b: VectorTimestamp) -> Bool { [.before, .equal].contains(a.compared(to: b)) }
        for a in stamps {
            for b in stamps {
                var merged = a
                merged.merge(b)
                var other = b
                other.merge(a)
                #expect(merged == other, "\(a), \(b)")
                #expect(atMost(a, merged) && atMost(b, merged), "\(a), \(b)")
                for bound in stamps where atMost(a, bound) && atMost(b, bound) { #expect(atMost(merged, bound), "\(a), \(b), \(bound)") }
            }
        }
    }

    @Test func incrementCountsOnePublish() {
        var stamp = VectorTimestamp()
        #expect(stamp.increment(9) == 1)
        #expect(stamp.increment(3) == 1)
        let before = stamp
        #expect(stamp.increment(9) == 2)
        #expect(before.compared(to: stamp) == .before)
        #expect(stamp.entries.map(\.process) == [3, 9])
        #expect(stamp.description == "{3: 1, 9: 2}")
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func assignmentKeepsEntriesSortedAndPositive(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var stamp = VectorTimestamp()
        var model: [UInt32: UInt64] = [:]
        for _ in 0..<100 {
            let process = UInt32.random(in: 0..<8, using: &random)
            let count = UInt64.random(in: 0...2, using: &random)
            stamp[process] = count
            model[process] = count
            let expected = model.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            #expect(stamp.entries.map(\.process) == expected.map(\.key), "seed \(seed)")
            #expect(stamp.entries.map(\.count) == expected.map(\.value), "seed \(seed)")
        }
    }

    @Test func greaterCountHoldsForAProcessNamedTwice() {
        let stamp = VectorTimestamp([.init(process: 4, count: 7), .init(process: 4, count: 2), .init(process: 1, count: 0)])
        #expect(stamp.entries == [.init(process: 4, count: 7)])
    }
}
