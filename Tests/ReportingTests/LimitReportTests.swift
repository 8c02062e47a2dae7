import Foundation
import Measurement
import Testing
import Verification

@testable import Reporting

/// What the search for a limit leaves: the answer, and latency over load.
@Suite struct LimitReportTests {
    private static func trial(_ number: Int, _ rate: Double, _ code: ExitCode, limited: Bool = false) -> LimitReport.Trial {
        var result = Examples.good
        result.exitCode = code
        if code == .thresholdMissed { result.thresholds[0].met = false }
        result.throughputPerSecond.published = rate
        result.generator.limited = limited
        return LimitReport.Trial(directory: "trial-\(number)", rate: rate, result: result)
    }

    private static func report(_ answer: LimitSearch.Answer?) -> LimitReport {
        var report = LimitReport(waybillVersion: "1", startedAt: Date(timeIntervalSince1970: 0), profile: "queue", confidence: 0.95)
        report.add(trial(1, 200, .thresholdMissed))
        report.add(trial(2, 100, .ok))
        report.add(trial(3, 100, .ok))
        report.add(trial(4, 200, .ok))
        report.searchesPerSecond = [141]
        if let answer { report.take(answer) }
        return report
    }

    @Test func theGeneratorsFaultIsNotTheBrokers() {
        #expect(Self.trial(1, 1, .thresholdMissed).outcome == .failed && Self.trial(1, 1, .inconclusive).outcome == .failed)
        #expect(Self.trial(1, 1, .thresholdMissed, limited: true).outcome == .generatorLimited)
        #expect(Self.trial(1, 1, .inconclusive, limited: true).outcome == .generatorLimited)
        // A rule that the broker broke is the broker's, however late the generator was.
        #expect(Self.trial(1, 1, .violation, limited: true).outcome == .failed)
        // What held did so although the generator was late.
        #expect(Self.trial(1, 1, .ok, limited: true).outcome == .held)
    }

    @Test func theCurveIsByRate() throws {
        let report = Self.report(nil)
        #expect(
            report.curve.map(\.ratePerSecond) == [100, 200] && report.curve.map(\.trials) == [2, 2] && report.curve.map(\.held) == [2, 1])
        #expect(report.heldPerSecond == 100 && report.exitCode == .interrupted)
        let rows = report.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows.count == 5 && Set(rows.map(\.count)) == [12])
        #expect(rows.dropFirst().map { $0[0] } == ["100.0", "100.0", "200.0", "200.0"])
        #expect(rows.dropFirst().map { $0[11] } == ["trial-2", "trial-3", "trial-1", "trial-4"])
        #expect(try JSONOutput.decode(LimitReport.self, from: report.json()) == report)
    }

    @Test(arguments: [
        (
            LimitSearch.Answer.limit(150, low: 140, high: 160), ExitCode.ok,
            "The limit is 150/s; with a confidence of 95.0 % one more search here would end between 140/s and 160/s."
        ),
        (.unreproducible(low: 10, high: 90), .inconclusive, "Cannot be told on this machine: the searches differ too much from each other"),
        (
            .generator(held: 100), .inconclusive,
            "Waybill itself has no time for more, before the broker is at its end. It holds at least 100/s."
        ),
        (.aboveAll(1_000), .inconclusive, "The limit is above 1,000/s"), (.belowAll(1), .ok, "The limit is below 1.0/s"),
    ])
    func theAnswerIsASentence(answer: LimitSearch.Answer, code: ExitCode, says: String) {
        let report = Self.report(answer)
        #expect(report.sentence.contains(says), "\(report.sentence)")
        #expect(report.exitCode == code)
    }

    @Test func theTextIsAsRecorded() throws {
        let report = Self.report(.limit(150, low: 140, high: 160))
        try expectSnapshot(LimitText.render(report, directory: "runs/x", colour: false), "limit.txt")
    }

    @Test func everyKeyIsDocumented() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/results.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        let report = Self.report(.limit(150, low: 140, high: 160))
        let object = try #require(try JSONSerialization.jsonObject(with: try report.json()) as? [String: Any])
        let lists = ["trials", "curve"].compactMap { (object[$0] as? [[String: Any]])?.first }
        for key in Set(object.keys).union(lists.flatMap(\.keys)) {
            #expect(text.contains("`\(key)`"), "\(key) is missing in docs/results.md")
        }
        for column in report.csv.prefix(while: { $0 != "\n" }).split(separator: ",") {
            #expect(text.contains("`\(column)`"), "\(column) is missing in docs/results.md")
        }
    }
}
