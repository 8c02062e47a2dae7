package import MQTT

/// Connections of one group's clients that ended without being asked to.
package struct ConnectionLosses: Equatable, Sendable {
    /// How many.
    package var count: Int
    /// Why the last one ended, as far as anybody said, and what probably was the matter.
    package var last: String

    /// One that ended like this.
    /// - Parameter likely: what probably was the matter, where nobody said.
    package init(_ end: ConnectionEnd, likely: String?) {
        count = 1
        last = likely.map { "\(end); \($0)" } ?? "\(end)"
    }

    static func + (left: ConnectionLosses, right: ConnectionLosses) -> ConnectionLosses {
        var sum = right
        sum.count += left.count
        return sum
    }
}
