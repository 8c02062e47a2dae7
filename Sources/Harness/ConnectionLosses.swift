package import MQTT

/// Connections of one group's clients that ended without being asked to.
package struct ConnectionLosses: Equatable, Sendable {
    /// The most times that are kept.
    static let keptTimes = 100

    /// How many.
    package var count: Int
    /// Why the last one ended, as far as anybody said, and what probably was the matter.
    package var last: String
    /// When each of the first ended, in nanoseconds of the monotonic clock.
    package var times: [UInt64]

    /// One that ended like this.
    /// - Parameter likely: what probably was the matter, where nobody said.
    package init(_ end: ConnectionEnd, likely: String?, at now: UInt64) {
        count = 1
        last = likely.map { "\(end); \($0)" } ?? "\(end)"
        times = [now]
    }

    static func + (left: ConnectionLosses, right: ConnectionLosses) -> ConnectionLosses {
        var sum = right
        sum.count += left.count
        sum.times = Array((left.times + right.times).sorted().prefix(keptTimes))
        return sum
    }
}
