/// Positions that were added in ascending order, as ranges. Unlike a `RangeSet` it has a size that the compiler knows, and so has what it is a part of:
/// tables that are looked at with every event must not ask at run time where their columns are.
struct AscendingPositions {
    private var ranges: [Range<Int>] = []

    var isEmpty: Bool { ranges.isEmpty }

    /// Adds a position that is greater than all that were added.
    mutating func append(_ position: Int) {
        if let last = ranges.last, last.upperBound == position {
            ranges[ranges.count - 1] = last.lowerBound..<position + 1
        } else {
            ranges.append(position..<position + 1)
        }
    }

    func contains(_ position: Int) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= position { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(position)
    }
}
