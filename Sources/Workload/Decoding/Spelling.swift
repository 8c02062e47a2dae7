/// Finds what a misspelt word was meant to be.
enum Spelling {
    /// The known word nearest to `word`, where it is near enough to be a slip: one change for short words, a third of the letters
    /// for long ones.
    static func suggestion(for word: String, among known: [String]) -> String? {
        let scored = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, max(word.count, best.word.count) / 3) ? best.word : nil
    }

    /// The number of letters to insert, remove, replace or swap with a neighbour to turn one word into the other
    /// (optimal string alignment).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a)
        let b = Array(b)
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for row in 0..<a.count {
            var current = [row + 1]
            for column in 0..<b.count {
                var least = min(current[column] + 1, last[column + 1] + 1, last[column] + (a[row] == b[column] ? 0 : 1))
                if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            beforeLast = last
            last = current
        }
        return last[b.count]
    }
}
