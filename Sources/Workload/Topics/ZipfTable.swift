internal import Glibc

/// Numbers of which the first are drawn most often: number k, from 0, with a chance in proportion to 1 / (k + 1) (Zipf's law with exponent 1). A few topics
/// carry most of the messages, as in the field. One table serves all clients of a group.
final class ZipfTable: Sendable, Hashable {
    /// The most numbers of a table.
    static let greatestCount = 1_000_000
    /// The chance of each number or a smaller one, times 2⁶⁴, less 1.
    private let upTo: [UInt64]

    /// - Parameter count: how many numbers, from 1 to ``greatestCount``.
    init(count: Int) {
        var sum = 0.0
        let sums = (1...count).map { number -> Double in
            sum += 1 / Double(number)
            return sum
        }
        upTo = sums.map { $0 / sum < 1 ? UInt64($0 / sum * 0x1p64) : .max }
    }

    var count: Int { upTo.count }

    /// A number of 0 ..< `count`.
    func number(_ random: inout RandomStream) -> UInt64 {
        let drawn = random.next()
        var (low, high) = (0, upTo.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if drawn <= upTo[middle] { high = middle } else { low = middle + 1 }
        }
        return UInt64(low)
    }

    static func == (left: ZipfTable, right: ZipfTable) -> Bool { left.count == right.count }

    func hash(into hasher: inout Hasher) { hasher.combine(count) }
}
