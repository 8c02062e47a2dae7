import Testing

@testable import Measurement

@Suite("Latency histogram")
struct LatencyHistogramTests {
    /// Percentiles as reports ask for them, with the same as a fraction, so that the expected rank is exact.
    static let percentiles: [(percent: Double, numerator: Int, denominator: Int)] = [
        (0, 0, 1), (1, 1, 100), (50, 1, 2), (75, 3, 4), (90, 9, 10), (95, 19, 20), (99, 99, 100), (99.9, 999, 1000), (99.99, 9999, 10_000),
        (100, 1, 1),
    ]

    /// Each line says a value, its percentile, how many values are no greater, and 1/(1 − percentile); the last has no fourth.
    @Test(arguments: [1, 10, 3_000])
    func theDistributionCountsTheValues(count: Int) throws {
        // From 16 ms on a count stands for more than the microsecond to which values are printed.
        let values = (0..<count).map { _ in UInt64.random(in: 16_000_000...9_000_000_000) }
        var histogram = LatencyHistogram()
        for value in values { histogram.record(Int64(value)) }
        let lines = histogram.percentileDistribution.split(separator: "\n")
        #expect(lines[0] == "       Value     Percentile TotalCount 1/(1-Percentile)")
        let rows = lines.dropFirst().filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").compactMap { Double($0) } }
        for row in rows {
            let place = LatencyHistogram.place(of: UInt64(row[0] * 1e6) - 500)
            #expect(Int(row[2]) == values.count { LatencyHistogram.place(of: $0) <= place })
            #expect(row[2] >= (row[1] * Double(count) - 1e-6).rounded(.up) && row[1] <= 1)
            if row[1] < 1 { #expect(abs(row[3] - 1 / (1 - row[1])) < 0.01) }
        }
        #expect(rows.last?.count == 3 && rows.last?[1] == 1 && rows.last?[2] == Double(count))
        #expect(lines.suffix(3).map { String($0.prefix(10)) } == ["#[Mean    ", "#[Max     ", "#[Buckets "])
    }

    @Test("Percentiles, minimum, maximum and mean agree with the sorted values", arguments: 1...60)
    func agreesWithSortedValues(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var values: [Int64] = []
        var histogram = LatencyHistogram()
        for _ in 0..<Int.random(in: 1...5_000, using: &random) {
            // Every order of magnitude from nanoseconds to an hour is as likely as any other.
            let scale = Int.random(in: 1...41, using: &random)
            let value = Int64.random(in: 1...min(1 << scale, LatencyHistogram.longest), using: &random)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        #expect(histogram.count == values.count, "seed \(seed)")
        #expect(histogram.minimum == Double(values[0]) / 1e9, "seed \(seed)")
        #expect(histogram.maximum == Double(values[values.count - 1]) / 1e9, "seed \(seed)")
        let mean = try #require(histogram.mean)
        let exact = Double(values.reduce(0, +)) / Double(values.count) / 1e9
        #expect(abs(mean - exact) <= exact * 1e-12, "seed \(seed)")
        for (percent, numerator, denominator) in Self.percentiles {
            let rank = max(1, (values.count * numerator + denominator - 1) / denominator)
            let expected = Double(values[rank - 1]) / 1e9
            let found = try #require(histogram.percentile(percent))
            #expect(found >= expected && found <= expected * 1.001, "seed \(seed), p\(percent): \(found) for \(expected)")
        }
    }

    @Test("Merging parts is recording everything in one", arguments: 1...20)
    func mergeIsUnion(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var whole = LatencyHistogram()
        var parts = [LatencyHistogram](repeating: LatencyHistogram(), count: 3)
        let recorded = Int.random(in: 0...500, using: &random)
        for _ in 0..<recorded {
            // Whole microseconds below 2^53 in sum: the order of adding cannot show in the mean.
            let value = Int64.random(in: -1_000_000_000...4_000_000_000, using: &random) * 1_000
            whole.record(value)
            parts[Int.random(in: 0..<3, using: &random)].record(value)
        }
        var merged = LatencyHistogram()
        for part in parts { merged.add(part) }
        #expect(merged.count + merged.skewed == recorded, "seed \(seed)")
        #expect(merged == whole, "seed \(seed)")
        #expect(merged.summary == whole.summary, "seed \(seed)")
        #expect(merged.skewed == whole.skewed && merged.clamped == whole.clamped, "seed \(seed)")
    }

    @Test("Zero and negative latencies count as clock skew and stand in no figure")
    func skew() {
        var histogram = LatencyHistogram()
        for value in [Int64.min, -1, 0, 1_000, 3_000] { histogram.record(value) }
        #expect(histogram.skewed == 3)
        #expect(histogram.count == 2)
        #expect(histogram.minimum == 1e-6)
        #expect(histogram.summary.skewed == 3)
        #expect(histogram.summary.count == 2)
    }

    @Test("A latency beyond an hour counts as an hour and is counted as such")
    func clamp() {
        var histogram = LatencyHistogram()
        for value in [LatencyHistogram.longest, LatencyHistogram.longest + 1, .max] { histogram.record(value) }
        #expect(histogram.count == 3)
        #expect(histogram.clamped == 2)
        #expect(histogram.maximum == 3600)
        #expect(histogram.percentile(50) == 3600)
    }

    @Test("What was taken and what is recorded afterwards do not mix")
    func take() {
        var histogram = LatencyHistogram()
        for value in [0, 1_000, .max] as [Int64] { histogram.record(value) }
        let before = histogram
        let taken = histogram.take()
        #expect(taken == before)
        #expect(histogram == LatencyHistogram())
        histogram.record(7_000)
        #expect(taken == before)
        #expect(histogram.count == 1 && histogram.minimum == 7e-6)
        #expect(LatencyHistogram().count == 0)
    }

    @Test("An empty histogram has no figures, and one that was reset is empty")
    func emptyAndReset() {
        #expect(LatencyHistogram().summary == LatencySummary())
        var histogram = LatencyHistogram()
        for value in [0, 5, .max] as [Int64] { histogram.record(value) }
        histogram.reset()
        #expect(histogram == LatencyHistogram())
        #expect(histogram.summary == LatencySummary())
        #expect(histogram.clamped == 0)
        histogram.record(0)
        histogram.reset()
        #expect(histogram.skewed == 0)
    }

    /// What never happened stands there with its waiting time, and every figure that rests on it says that it is a bound.
    @Test func whatNeverHappenedIsALowerBound() throws {
        var histogram = LatencyHistogram()
        for _ in 0..<60 { histogram.record(1_000_000) }
        for second in 1...40 as ClosedRange<Int64> { histogram.record(atLeast: second * 1_000_000_000) }
        let summary = histogram.summary
        #expect(summary.count == 100 && summary.bounds == 40 && summary.leastBound == 1)
        #expect(!histogram.isBound(try #require(histogram.percentile(60))))
        #expect(histogram.isBound(try #require(histogram.percentile(61))))
        #expect(try #require(histogram.percentile(75)) > 14)
        let (longest, median, mean) = (try #require(summary.max), try #require(summary.p50), try #require(summary.mean))
        #expect(summary.isBound(longest) && !summary.isBound(median) && summary.isBound(mean))

        var other = LatencyHistogram()
        other.record(atLeast: 0)
        other.add(histogram)
        #expect(other.bounds == 41 && other.count == 101)
        #expect(other.summary.leastBound == 1e-9, "a wait of no time is still a message that never left")
    }

    @Test func withoutBoundsNothingIsABound() {
        var histogram = LatencyHistogram()
        histogram.record(5)
        #expect(!histogram.isBound(1_000) && histogram.summary.leastBound == nil && histogram.summary.bounds == 0)
    }
}

/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
