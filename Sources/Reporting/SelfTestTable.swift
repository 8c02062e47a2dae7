/// The table that `waybill selftest` prints.
public enum SelfTestTable {
    /// The runs of one fault, or of one kind of legal run.
    public struct Row {
        /// Its name.
        public var name: String
        /// What the checker must say.
        public var expected: String
        /// How many runs were made.
        public var runs: Int
        /// In how many the checker said what it must.
        public var caught: Int
        /// In how many it said more than that.
        public var falseAlarms: Int
        /// The runs in which something was wrong: the seed that makes each again, and what was wrong.
        public var failures: [(seed: UInt64, sentences: [String])]

        /// Makes a row.
        public init(
            name: String, expected: String, runs: Int, caught: Int, falseAlarms: Int, failures: [(seed: UInt64, sentences: [String])]
        ) {
            self.name = name
            self.expected = expected
            self.runs = runs
            self.caught = caught
            self.falseAlarms = falseAlarms
            self.failures = failures
        }
    }

    /// The most failures of one row that are told.
    static let failureLimit = 5

    /// The names of all cases with what the checker must say of each.
    public static func list(_ cases: [(name: String, expected: String)]) -> String {
        let tables = TextLayout.tables(header: ["fault", "must be reported as"], rows: cases.map { [$0.name, $0.expected] })
        return TextStyle.print(tables.flatMap(\.self))
    }

    /// The whole text: the table, what went wrong, and one line that sums up.
    /// - Parameter width: the most columns of a line, 60 or more.
    public static func render(_ rows: [Row], seed: UInt64, width: Int = 100) -> String {
        TextLayout.$width.withValue(width) { text(rows, seed: seed) }
    }

    private static func text(_ rows: [Row], seed: UInt64) -> String {
        var lines = TextLayout.tables(
            header: ["fault", "must be reported as", "runs", "caught", "false alarms"],
            rows: rows.map { [$0.name, $0.expected, "\($0.runs)", "\($0.caught)", "\($0.falseAlarms)"] }
        ).flatMap(\.self)
        lines.append("")
        for row in rows {
            for failure in row.failures.prefix(failureLimit) {
                lines += TextLayout.wrap(
                    "\(row.name), seed \(failure.seed): \(failure.sentences.joined(separator: "; "))", first: "✗ ", rest: "  ")
            }
            if row.failures.count > failureLimit { lines.append("  … and \(row.failures.count - failureLimit) more of \(row.name)") }
        }
        let wrong = rows.reduce(0) { $0 + $1.failures.count }
        let runs = rows.reduce(0) { $0 + $1.runs }
        if let row = rows.first(where: { !$0.failures.isEmpty }), let failure = row.failures.first {
            lines.append("\(wrong) of \(runs) runs were judged wrongly. The first again, with its traces:")
            lines.append("  waybill selftest --seed \(failure.seed) --runs 1 --fault \(row.name) --keep DIR")
        } else {
            lines.append("All \(runs) runs were judged rightly. Seed \(seed).")
        }
        return TextStyle.print(lines)
    }
}
