package import Measurement

/// One line a second while a run goes on, under a header that comes again every 20 lines.
package struct ProgressLine: Sendable {
    /// Lines between two headers.
    package static let headerInterval = 20

    /// The columns in their order. Where the line has no room for all, those of the highest rank are left out.
    private static let columns: [(title: String, width: Int, rank: Int, cell: @Sendable (ProgressSample) -> String)] = [
        ("time", 7, 0, { "\(Units.count(Int($0.time.rounded()))) s" }),
        ("phase", 11, 0, { $0.stage.rawValue }),
        ("sent/s", 8, 0, { Units.rate($0.sentPerSecond) }),
        ("acked/s", 8, 0, { Units.rate($0.ackedPerSecond) }),
        ("received/s", 11, 0, { Units.rate($0.receivedPerSecond) }),
        ("min", 6, 7, { Units.milliseconds($0.latency.min) }),
        ("p50 ms", 8, 0, { Units.milliseconds($0.latency.p50) }),
        ("p95", 6, 4, { Units.milliseconds($0.latency.p95) }),
        ("p99", 6, 1, { Units.milliseconds($0.latency.p99) }),
        ("p99.9", 7, 6, { Units.milliseconds($0.latency.p999) }),
        ("max", 7, 2, { Units.milliseconds($0.latency.max) }),
        ("late", 8, 3, { Units.count($0.late) }),
        ("in flight", 11, 5, { Units.count($0.inFlight) }),
    ]

    private var lines = 0
    /// The columns of the latest header.
    private var shown: [Int] = []

    /// A progress display that has not written anything.
    package init() {}

    /// The next line, with the header before it where one is due: every 20 lines, and where the width has changed.
    ///
    /// - Parameter width: the most columns, 60 or more.
    /// - Returns: a line without a line break at the end. A figure that is too wide pushes the rest of its line to the right. What should be 0 and is not
    ///   follows in words.
    package mutating func next(_ sample: ProgressSample, width: Int = .max) -> String {
        let fitting = Self.fitting(width)
        if fitting != shown { lines = 0 }
        shown = fitting
        defer { lines += 1 }
        var line = Self.line(fitting) { Self.columns[$0].cell(sample) }
        if let trouble = Self.trouble(sample.trouble) {
            // Where it has no room behind the figures it comes below.
            let fits = line.count + 2 + trouble.count <= width
            line += fits ? "  " + trouble : "\n" + next(sample.stage, trouble, width: width)
        }
        return lines % Self.headerInterval == 0 ? Self.line(fitting) { Self.columns[$0].title } + "\n" + line : line
    }

    /// What a stage of the run does that has no figures, in the columns of time and phase and behind them.
    ///
    /// - Parameter width: the most columns, 60 or more.
    package func next(_ stage: RunStage, _ text: String, width: Int = .max) -> String {
        let begin = Self.pad("", Self.columns[0]) + Self.pad(stage.rawValue, Self.columns[1]) + "  "
        return TextLayout.shorten(begin + text, to: width)
    }

    /// `2 connections lost, 40 unsent so far`; `nil` where there is nothing of it.
    private static func trouble(_ trouble: ProgressSample.Trouble) -> String? {
        let parts = [
            (trouble.connectionsLost, trouble.connectionsLost == 1 ? "connection lost" : "connections lost"), (trouble.refused, "refused"),
            (trouble.unknown, "unknown"), (trouble.unsent, "unsent"),
        ].filter { $0.0 > 0 }.map { "\(Units.count($0.0)) \($0.1)" }
        return parts.isEmpty ? nil : parts.joined(separator: ", ") + " so far"
    }

    private static func fitting(_ width: Int) -> [Int] {
        var left = width
        // The least rank first, so that of two columns the one that says more stays.
        let chosen = columns.indices.sorted { (columns[$0].rank, $0) < (columns[$1].rank, $1) }.prefix { column in
            if columns[column].rank > 0, columns[column].width > left { return false }
            left -= min(left, columns[column].width)
            return true
        }
        return chosen.sorted()
    }

    private static func line(_ shown: [Int], cell: (Int) -> String) -> String {
        shown.map { pad(cell($0), columns[$0]) }.joined()
    }

    private static func pad(
        _ cell: String, _ column: (title: String, width: Int, rank: Int, cell: @Sendable (ProgressSample) -> String)
    ) -> String {
        // A cell never touches the one before it, however wide it is.
        TextLayout.pad(cell.count < column.width ? cell : " " + cell, to: column.width, right: true)
    }
}
