import Foundation
import Testing
import Verification

@testable import Reporting

/// The index of a series of runs, and its table.
@Suite struct SeriesReportTests {
    private static func figures(_ published: Double, _ p99: Double?) -> SeriesReport.Figures {
        var figures = SeriesReport.Figures()
        figures.publishedPerSecond = published
        figures.deliveredPerSecond = published * 2
        figures.p50Seconds = p99.map { $0 / 4 }
        figures.p99Seconds = p99
        figures.generatorMicrosecondsPerMessage = 12.34
        return figures
    }

    private static func run(_ number: Int, _ cell: Int, _ code: ExitCode, _ figures: SeriesReport.Figures, limited: Bool = false)
        -> SeriesReport.Run
    {
        var run = SeriesReport.Run(run: number, directory: "cell-\(cell + 1)-run-\(number)", error: "")
        run.error = nil
        run.verdict = code == .violation ? .violation : .pass
        run.exitCode = code
        run.generatorLimited = limited
        run.figures = figures
        return run
    }

    private static var series: SeriesReport {
        var series = SeriesReport(
            waybillVersion: "1", startedAt: Date(timeIntervalSince1970: 0), profile: "levels",
            parameters: ["groups.a.publish.qos", "groups.b.publish.qos", "phases.hold"], repeats: 2,
            cells: [["0", "1", "2s"], ["0", "2", "2s"], ["1", "1", "2s"]])
        series.add(run(1, 0, .ok, figures(100, 0.001)), to: 0)
        series.add(run(1, 1, .thresholdMissed, figures(200, 0.003), limited: true), to: 1)
        series.add(run(1, 2, .violation, figures(300, nil)), to: 2)
        series.add(run(2, 0, .ok, figures(110, 0.002)), to: 0)
        series.add(.init(run: 2, directory: "cell-2-run-2", error: "The broker did not start."), to: 1)
        return series
    }

    @Test func theWorstCountsAndMediansAreOfWhatIsThere() throws {
        let series = Self.series
        #expect(series.exitCode == .violation && !series.complete)
        #expect(series.cells.map(\.exitCode) == [.ok, .failure, .violation])
        #expect(series.cells[0].median.publishedPerSecond == 105 && series.cells[0].median.p99Seconds == 0.0015)
        #expect(series.cells[1].median.publishedPerSecond == 200 && series.cells[2].median.p99Seconds == nil)
        var whole = series
        whole.add(Self.run(2, 2, .ok, Self.figures(1, 1)), to: 2)
        #expect(whole.complete)
        #expect(try JSONOutput.decode(SeriesReport.self, from: series.json()) == series)
    }

    @Test(arguments: [
        ([ExitCode.ok, .thresholdMissed], ExitCode.thresholdMissed), ([.thresholdMissed, .inconclusive], .inconclusive),
        ([.inconclusive, .failure, .ok], .failure), ([.failure, .violation], .violation), ([.violation, .interrupted], .interrupted),
        ([], .ok),
    ])
    func theFirstOfTheOrderIsTheWorst(codes: [ExitCode], worst: ExitCode) {
        #expect(ExitCode.worst(codes) == worst && ExitCode.worst(codes.reversed()) == worst)
    }

    @Test func namesAreAsShortAsTheyMayBe() {
        #expect(
            SeriesTable.names(["groups.a.publish.qos", "groups.b.publish.qos", "phases.hold"]) == [
                "a.publish.qos", "b.publish.qos", "hold",
            ])
        #expect(SeriesTable.names(["hold", "phases.hold"]) == ["hold", "phases.hold"])
        #expect(SeriesTable.names([]) == [])
    }

    @Test func theTableIsAsRecorded() throws {
        try expectSnapshot(SeriesTable.render(Self.series, directory: "runs/x", colour: false, width: 110), "series.txt")
    }

    @Test func everyKeyIsDocumented() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/results.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        func keys(_ value: Any) -> [String] {
            if let list = value as? [Any] { return list.flatMap(keys) }
            guard let map = value as? [String: Any] else { return [] }
            return map.keys + map.values.flatMap(keys)
        }
        for key in Set(keys(try JSONSerialization.jsonObject(with: try Self.series.json()))) {
            #expect(text.contains("`\(key)`"), "\(key) is missing in docs/results.md")
        }
    }
}
