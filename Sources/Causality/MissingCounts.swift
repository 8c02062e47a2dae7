/// The counts of one publisher and topic that an inbox no longer waits for and that it has not released: what comes after all is
/// told from a copy of what was released. A bounded number of runs is kept.
struct MissingCounts: Sendable {
    private struct Run: Sendable {
        var first: UInt64
        var last: UInt64
        /// Whether the inbox gave up waiting for them; if not, they were sent before the subscription.
        var isGivenUp: Bool
    }

    /// The most runs that are kept.
    static let greatestRuns = 64

    /// Ascending and apart.
    private var runs: [Run] = []
    /// The last count of the runs that had to be forgotten.
    private var forgotten: UInt64 = 0

    /// Adds counts that are greater than all before.
    mutating func append(_ first: UInt64, through last: UInt64, isGivenUp: Bool) {
        if let end = runs.last, end.last + 1 == first, end.isGivenUp == isGivenUp {
            runs[runs.count - 1].last = last
        } else {
            runs.append(Run(first: first, last: last, isGivenUp: isGivenUp))
            trim()
        }
    }

    /// None of the counts so far was given up: none was owed.
    mutating func excuse() {
        for index in runs.indices { runs[index].isGivenUp = false }
    }

    /// Takes one count out.
    /// - Returns: whether it was missing.
    mutating func remove(_ count: UInt64) -> Bool {
        let index = firstRun(endingAtOrAbove: count)
        guard index < runs.count, runs[index].first <= count else { return false }
        let run = runs[index]
        switch (run.first == count, run.last == count) {
        case (true, true): runs.remove(at: index)
        case (true, false): runs[index].first += 1
        case (false, true): runs[index].last -= 1
        case (false, false):
            runs[index].last = count - 1
            runs.insert(Run(first: count + 1, last: run.last, isGivenUp: run.isGivenUp), at: index + 1)
            trim()
        }
        return true
    }

    /// Whether any count above `low` and up to `high` was given up, or may have been and is forgotten.
    func containsGivenUp(above low: UInt64, through high: UInt64) -> Bool {
        guard low < high else { return false }
        if low < forgotten { return true }
        return runs[firstRun(endingAtOrAbove: low + 1)...].prefix { $0.first <= high }.contains(where: \.isGivenUp)
    }

    private mutating func trim() {
        guard runs.count > Self.greatestRuns else { return }
        forgotten = runs[0].last
        runs.removeFirst()
    }

    private func firstRun(endingAtOrAbove count: UInt64) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last < count { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
