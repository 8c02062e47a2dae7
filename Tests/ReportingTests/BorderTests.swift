import Foundation
import Measurement
import Printing
import Testing
import Trace
import Verification

@testable import Reporting

/// Names of strangers at each border where text leaves the program: nothing in them acts on a terminal, a page or a spreadsheet.
@Suite struct BorderTests {
    /// Ends a line, colours, clears, turns round what follows, and forges a line.
    private static let hostile = "x\u{1B}[2J\u{9B}31m\u{202E}\u{2066}\r\nPASS  all is well\u{7}"
    private static let shown = #"x\u{1B}[2J\u{9B}31m\u{202E}\u{2066}\u{D}\u{A}PASS"#

    /// Whether a text has only what may be in one of ours: lines, and the emphasis that we use.
    private func isHarmless(_ text: String) -> Bool {
        text.replacing(/\u{1B}\[(1|2|32|1;31|33|0)m/, with: "").unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) }
    }

    /// The result with every text in it made hostile.
    private func hostile(_ result: RunResult) throws -> RunResult {
        let fixed: Set = ["verdict", "unit", "started_at", "kind", "class", "waybill_version", "outcome"]
        func change(_ value: Any, _ key: String) -> Any {
            switch value {
            case let text as String: fixed.contains(key) ? text : text + Self.hostile
            case let list as [Any]: list.map { change($0, key) }
            case let object as [String: Any]: Dictionary(uniqueKeysWithValues: object.map { ($0.key, change($0.value, $0.key)) })
            default: value
            }
        }
        let object = try JSONSerialization.jsonObject(with: JSONOutput.encode(result))
        return try JSONOutput.decode(RunResult.self, from: JSONSerialization.data(withJSONObject: change(object, "")))
    }

    @Test(arguments: Examples.all.map(\.name), [false, true])
    func theSummary(name: String, colour: Bool) throws {
        let result = try #require(Examples.all.first { $0.name == name }).result
        let text = SummaryText.render(try hostile(result), directory: "runs/" + Self.hostile, colour: colour)
        #expect(isHarmless(text), "\(text)")
        #expect(text.contains(Self.shown))
        #expect(!text.split(separator: "\n").contains { $0.hasPrefix("PASS  all is well") }, "\(text)")
        #expect(colour == text.contains("\u{1B}["))
    }

    @Test func theResultInJSON() throws {
        let result = try hostile(Examples.bad)
        let json = try JSONOutput.encode(result)
        #expect(isHarmless(String(decoding: json, as: UTF8.self)))
        // What it says is what was there.
        #expect(try JSONOutput.decode(RunResult.self, from: json) == result)
    }

    /// Characters that stand for emphasis while a text is put together are drawn anew by each process; those that nobody uses stay as they are.
    @Test func noStrangerEmphasises() {
        let text = TextStyle.print(["\u{F0000}\u{FFF00}\u{1B}[1mx", TextStyle(colour: true).bad("y")])
        #expect(text.hasSuffix("\\u{1B}[1mx\n\u{1B}[1;31my\u{1B}[0m\n"), "\(text)")
    }

    @Test func otherTexts() {
        var service = ShopView.Service(name: Self.hostile)
        service.run = Self.hostile
        service.orders = [Self.hostile: 1]
        service.stock = [Self.hostile: 1]
        let first = FirstLine(
            profile: Self.hostile, load: .clients(1), broker: Self.hostile, warmUp: 0, hold: nil,
            drainLimit: 1)
        for text in [ShopView(services: [service]).text(), first.text(width: 100)] {
            #expect(isHarmless(text) && text.contains(#"\u{1B}"#), "\(text)")
        }
    }

    /// A trace of strangers: its explanation, its drawing, and what it is exported as.
    @Test func aTrace() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let path = directory.appending(path: "clients.trace").path
            let writer = try TraceWriter(path: path, run: 5, writer: 0, name: "host")
            writer.define(process: 1, name: "=HYPERLINK(1)" + Self.hostile, group: Self.hostile)
            writer.define(process: 2, name: Self.hostile, group: "@g")
            writer.publish(1, 1, "a/" + Self.hostile, at: 1_000, stamp: [1: 1])
            writer.publish(1, 2, "a/" + Self.hostile, at: 2_000, stamp: [1: 2])
            writer.deliver(2, 1, 2, "a/" + Self.hostile, at: 3_000)
            try await writer.close()
            let files = [try TraceFile(path: path)]
            var rows: [String] = []
            var witnessed: [Witness.Event] = []
            files[0].forEach { event, offset in
                let exported = ExportedEvent(event, at: offset, of: files[0])
                rows.append(exported.csvRow)
                if exported.topic != nil {
                    witnessed.append(.init(what: Self.hostile, time: exported.time, file: exported.file, offset: exported.offset))
                }
            }
            #expect(rows.allSatisfy(isHarmless) && rows.allSatisfy { !$0.contains("\n") })
            #expect(rows.contains { $0.contains(",\"'=HYPERLINK(1)x") } && rows.contains { $0.contains(",\"'@g\",") }, "\(rows)")

            let anomaly = Anomaly(
                class: "lost", count: 1,
                witnesses: [
                    Witness(
                        sentence: Self.hostile, publisher: Self.hostile, sequence: 1, topic: Self.hostile, subscriber: Self.hostile,
                        events: witnessed)
                ])
            let evidence = EvidenceReader(files).read([anomaly])
            var report = try Checker.check(files)
            report.anomalies = [anomaly]
            report.doubts = [Self.hostile]
            let explanation = ExplanationText.render(
                anomaly, name: "lost", evidence: evidence, drawings: [1: Self.hostile], report: report, paths: [Self.hostile], colour: true)
            #expect(isHarmless(explanation) && explanation.contains(Self.shown), "\(explanation)")
            let drawing = SpaceTimeDrawing(try #require(evidence.first)).svg()
            #expect(isHarmless(drawing) && drawing.contains(#"\u{1B}"#), "\(drawing)")
            let summary = CheckSummary.render(report, paths: [Self.hostile], colour: true)
            #expect(isHarmless(summary) && summary.contains(Self.shown), "\(summary)")

            let slice = TraceSlice(files)
            var lines: [String] = []
            _ = ShiVizLog(files, slice).write { lines.append($0) }
            #expect(!lines.isEmpty && lines.allSatisfy { isHarmless($0) && !$0.contains("\n") }, "\(lines)")
            lines = []
            _ = ChromeTrace(files, slice).write { lines.append($0) }
            #expect(!lines.isEmpty && lines.allSatisfy(isHarmless), "\(lines)")
        }
    }
}
