import Histogram

/// Latencies of one kind of message, from one nanosecond to one hour, each kept to three significant digits.
///
/// Its owner is one reactor or one task: recording takes no lock, about 10 ns, and after the first value no memory. Histograms of several owners
/// are merged with ``add(_:)``. An empty one takes next to no memory, any other about 270 KiB, however many values it has seen.
///
/// Reading walks through all of it, which takes up to some milliseconds. A reactor that must not pause hands over its histogram for that, and goes
/// on with an empty one.
package struct LatencyHistogram: Equatable, Sendable {
    /// The longest latency that is told from longer ones, in nanoseconds: one hour. Longer ones count as this one, and in ``clamped``.
    package static let longest: Int64 = 3_600_000_000_000

    /// All empty histograms share this one's storage until their first value, so that making and clearing one costs nothing.
    private static let empty = Histogram<UInt64>(highestTrackableValue: UInt64(longest), numberOfSignificantValueDigits: .three)

    private(set) var histogram = Self.empty
    /// Kept apart so that the mean is exact, where the buckets know it to three digits only.
    private var sum = 0.0

    /// How many recorded values were 0 or less: an effect stamped before its cause, which only clocks that disagree can show.
    /// They stand in no other figure, because such a value says nothing about the latency.
    package private(set) var skewed = 0
    /// How many recorded values were longer than ``longest``. They stand in ``count`` as one hour each.
    package private(set) var clamped = 0

    /// How many values are lower bounds: of messages that were due and never left, only how long they had waited is known.
    package private(set) var bounds = 0
    /// The least of these bounds in nanoseconds.
    private var leastBound: Int64?

    /// An empty histogram.
    package init() {}

    /// How many values above 0 were recorded.
    package var count: Int { Int(histogram.totalCount) }

    /// Records one latency.
    ///
    /// - Parameter nanoseconds: the latency; 0 and less counts as clock skew, more than ``longest`` as ``longest``.
    package mutating func record(_ nanoseconds: Int64) {
        guard nanoseconds > 0 else {
            skewed += 1
            return
        }
        var value = nanoseconds
        if value > Self.longest {
            clamped += 1
            value = Self.longest
        }
        histogram.record(UInt64(value))
        sum += Double(value)
    }

    /// Records how long something had waited that never happened: its latency is that at least. Leaving it out would be coordinated omission.
    ///
    /// - Parameter nanoseconds: how long it had waited; less than 1 counts as 1.
    package mutating func record(atLeast nanoseconds: Int64) {
        let bound = Swift.max(1, nanoseconds)
        record(bound)
        bounds += 1
        leastBound = Swift.min(leastBound ?? bound, bound)
    }

    /// Whether a figure of this histogram, in seconds, is a lower bound: one of the bounds stands at it or below, and what it stands for may be longer.
    package func isBound(_ figure: Double) -> Bool {
        // A percentile is read from buckets, so it may be a thousandth off.
        leastBound.map { Double($0) / 1e9 <= figure * 1.001 } ?? false
    }

    /// Adds everything that another histogram has recorded.
    package mutating func add(_ other: LatencyHistogram) {
        skewed += other.skewed
        bounds += other.bounds
        leastBound = [leastBound, other.leastBound].compactMap(\.self).min()
        guard other.count > 0 else { return }
        histogram.add(other.histogram)
        sum += other.sum
        clamped += other.clamped
    }

    /// Forgets everything and gives the memory back.
    package mutating func reset() {
        self = LatencyHistogram()
    }

    /// Gives away everything that was recorded so far, and goes on empty.
    package mutating func take() -> LatencyHistogram {
        defer { reset() }
        return self
    }

    /// The shortest latency in seconds; exact. `nil` when nothing was recorded.
    package var minimum: Double? { count == 0 ? nil : Self.seconds(histogram.min) }

    /// The longest latency in seconds; exact up to one hour. `nil` when nothing was recorded.
    package var maximum: Double? { count == 0 ? nil : Self.seconds(histogram.maxRecorded) }

    /// The mean latency in seconds; exact. `nil` when nothing was recorded.
    package var mean: Double? { count == 0 ? nil : sum / Double(count) / 1e9 }

    /// The latency that the given share of all values does not exceed: the nearest-rank percentile, at most 0.1 % too high, never too low.
    ///
    /// - Parameter percent: 0 through 100; 0 gives the minimum, 100 the maximum.
    /// - Returns: seconds; `nil` when nothing was recorded.
    /// - Complexity: O(1), some 30,000 buckets.
    package func percentile(_ percent: Double) -> Double? {
        count == 0 ? nil : Self.seconds(histogram.valueAtPercentile(percent))
    }

    /// The figures that reports show.
    package var summary: LatencySummary {
        LatencySummary(
            min: minimum, p50: percentile(50), p75: percentile(75), p90: percentile(90), p95: percentile(95), p99: percentile(99),
            p999: percentile(99.9), p9999: percentile(99.99), max: maximum, mean: mean, count: count, skewed: skewed,
            bounds: bounds, leastBound: leastBound.map { Double($0) / 1e9 })
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}
