import Foundation
import Measurement
import Testing
import Verification

@testable import Reporting

@Suite("Texts for people")
struct TextTests {
    static let directory = "runs/20261123-232811-smoke"

    static let report = CheckReport(
        verdict: .violation, doubts: Examples.bad.doubts, anomalies: Examples.bad.anomalies, totals: Examples.bad.totals,
        parts: Examples.bad.groups.map { .init(group: $0.name, qos: $0.qos, totals: $0.totals) }, locks: Examples.bad.locks,
        workflow: Examples.bad.workflow, limits: Examples.bad.limits, exercised: Examples.bad.exercised, overlap: Examples.bad.overlap,
        receivers: Examples.bad.receivers)

    /// Every text that is compared with a file.
    static var texts: [(name: String, plain: String, coloured: String)] {
        Examples.all.map { name, result in
            (
                "\(name).summary.txt", SummaryText.render(result, directory: directory, colour: false),
                SummaryText.render(result, directory: directory, colour: true)
            )
        } + [
            (
                "check.txt", CheckSummary.render(report, paths: ["my runs/it's"], colour: false),
                CheckSummary.render(report, paths: ["my runs/it's"], colour: true)
            )
        ]
    }

    @Test("Summaries read as recorded")
    func snapshots() throws {
        for (name, plain, _) in Self.texts { try expectSnapshot(plain, name) }
    }

    @Test("Summaries fit 100 columns and end no line with spaces")
    func shape() {
        for (name, plain, _) in Self.texts {
            for line in plain.split(separator: "\n") {
                #expect(line.count <= 100 && line.last != " ", "\(name): \(line)")
            }
        }
    }

    @Test("Colour adds emphasis and changes no character")
    func colour() throws {
        for (name, plain, coloured) in Self.texts {
            #expect(plain.allSatisfy { $0 != "\u{1B}" }, "\(name)")
            #expect(coloured != plain, "\(name)")
            #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain, "\(name)")
        }
    }

    @Test("The first line tells the verdict and who set the pace")
    func firstLine() throws {
        func first(_ result: RunResult) throws -> Substring {
            try #require(SummaryText.render(result, directory: Self.directory, colour: false).split(separator: "\n").first)
        }
        #expect(try first(Examples.good).hasPrefix("PASS  generator kept up"))
        #expect(try first(Examples.bad).hasPrefix("VIOLATION  generator-limited"))
        #expect(try first(Examples.stopped).hasPrefix("INCONCLUSIVE  generator kept up · interrupted"))
    }

    @Test("Progress reads as recorded: a header every twenty lines, columns that stay")
    func progress() throws {
        var display = ProgressLine()
        var text = ""
        for second in 1...22 {
            let busy = Double(second)
            text += display.next(
                ProgressSample(
                    time: busy, stage: second < 3 ? .warmUp : .hold, sentPerSecond: busy * 998.4, ackedPerSecond: busy * 990,
                    receivedPerSecond: busy * 4_000.2,
                    latency: second == 1 ? LatencySummary() : Examples.latency(busy * busy / 4, count: 10), late: second * second * 3,
                    inFlight: second * 40))
            text += "\n"
        }
        let flood = ProgressSample(
            time: 86_400, stage: .drain, sentPerSecond: 1_234_567, ackedPerSecond: 1_234_567, receivedPerSecond: 12_345_678,
            latency: Examples.latency(1e6, count: 10), late: 1_234_567, inFlight: 1_000_000)
        text += display.next(flood) + "\n"
        try expectSnapshot(text, "progress.txt")

        let lines = text.split(separator: "\n")
        #expect(lines.indices.filter { lines[$0].contains("in flight") } == [0, 21])
        #expect(Set(lines.dropLast().map(\.count)).count == 1)
        #expect(lines[0].count <= 120)
    }

    @Test("A progress row fits its terminal, says its phase, and keeps what says most", arguments: [60, 72, 80, 100, 120])
    func progressWidth(width: Int) throws {
        var display = ProgressLine()
        let sample = ProgressSample(
            time: 12, stage: .warmUp, sentPerSecond: 8_000, ackedPerSecond: 7_999, receivedPerSecond: 64_000,
            latency: Examples.latency(9, count: 10), late: 1_234, inFlight: 600)
        let lines = display.next(sample, width: width).split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines { #expect(line.count <= width, "\(line)") }
        for title in ["time", "phase", "sent/s", "acked/s", "received/s", "p50 ms", "p99"] { #expect(lines[0].contains(title)) }
        #expect(lines[1].contains("warm-up"))
        #expect(lines[0].contains("in flight") == (width >= 100) && lines[0].contains("min") == (width >= 110))
        // A terminal that was resized gets a header that goes with its rows.
        #expect(display.next(sample, width: width).split(separator: "\n").count == 1)
        #expect(display.next(sample, width: width == 60 ? 100 : 60).split(separator: "\n").count == 2)
        #expect(display.next(.connecting, String(repeating: "much ", count: 40), width: width).count <= width)
    }

    @Test("What should be 0 and is not stands in the row, or below it where there is no room", arguments: [60, 120, 200])
    func progressTrouble(width: Int) throws {
        var display = ProgressLine()
        var sample = ProgressSample(
            time: 12, stage: .hold, sentPerSecond: 80, ackedPerSecond: 79, receivedPerSecond: 64, latency: LatencySummary(), late: 0,
            inFlight: 6)
        #expect(display.next(sample, width: width).split(separator: "\n").count == 2)
        sample.trouble.connectionsLost = 1
        sample.trouble.unsent = 1_234
        let lines = display.next(sample, width: width).split(separator: "\n")
        #expect(lines.count == (width == 200 ? 1 : 2))
        #expect(lines.last?.hasSuffix("  1 connection lost, 1,234 unsent so far") == true, "\(lines)")
        #expect(lines.allSatisfy { $0.count <= width })
    }

    @Test("No line of a summary is wider than the terminal, and every figure is there", arguments: [60, 80, 100])
    func summaryWidth(width: Int) throws {
        for result in [Examples.good, Examples.bad, Examples.stopped] {
            let text = SummaryText.render(result, directory: "runs/20261128-154051-a-name", colour: false, width: width)
            for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
            for title in ["published", "unknown", "delivered", "redelivered"] { #expect(text.contains(title)) }
        }
    }

    @Test("Words are broken into lines at spaces only, and escape sequences take no room")
    func wrapping() {
        let words = Array(repeating: "nine char", count: 30).joined(separator: " ")
        let lines = TextLayout.wrap(words, first: "- ", rest: "  ")
        #expect(lines.count == 4)
        #expect(lines.map { $0.dropFirst(2) }.joined(separator: " ") == words)
        #expect(TextLayout.wrap(String(repeating: "x", count: 300), first: "- ", rest: "  ").count == 1)
        #expect(TextLayout.columns(TextStyle(colour: true).bad("lost")) == 4)
    }
}
