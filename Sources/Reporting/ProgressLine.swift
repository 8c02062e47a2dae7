package import Measurement

/// One line a second while a run goes on, under a header that comes again every 20 lines.
package struct ProgressLine: Sendable {
    /// Lines between two headers.
    package static let headerInterval = 20

    private static let columns: [(title: String, width: Int)] = [
        ("time", 7), ("sent/s", 9), ("acked/s", 9), ("received/s", 12), ("min ms", 8), ("p50", 6), ("p95", 6), ("p99", 6), ("p99.9", 7),
        ("max", 7), ("late", 8), ("in flight", 11),
    ]

    private var lines = 0

    /// A progress display that has not written anything.
    package init() {}

    /// The next line, with the header before it where one is due.
    ///
    /// - Returns: at most 100 columns, without a line break at the end. A figure that is too wide pushes the rest of its line to the right.
    package mutating func next(_ sample: ProgressSample) -> String {
        defer { lines += 1 }
        let latency = sample.latency
        let cells = [
            "\(Units.count(Int(sample.time.rounded()))) s", Units.rate(sample.sentPerSecond), Units.rate(sample.ackedPerSecond),
            Units.rate(sample.receivedPerSecond), Units.milliseconds(latency.min), Units.milliseconds(latency.p50),
            Units.milliseconds(latency.p95), Units.milliseconds(latency.p99), Units.milliseconds(latency.p999),
            Units.milliseconds(latency.max), Units.count(sample.late), Units.count(sample.inFlight),
        ]
        let line = Self.line(cells)
        return lines % Self.headerInterval == 0 ? Self.line(Self.columns.map(\.title)) + "\n" + line : line
    }

    private static func line(_ cells: [String]) -> String {
        zip(cells, columns).map { cell, column in
            // A cell never touches the one before it, however wide it is.
            TextLayout.pad(cell.count < column.width ? cell : " " + cell, to: column.width, right: true)
        }.joined()
    }
}
