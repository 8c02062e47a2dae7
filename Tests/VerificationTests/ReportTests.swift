import Foundation
import Testing
import Trace

@testable import Verification

@Suite struct ReportTests {
    @Test func tellsALossInOneSentence() async throws {
        let report = try await History(
            "subscriber-0 sub orders/# 1; publisher-3 pub orders/7 1 #412; publisher-3 ack 412; publisher-3 pub orders/7 1; publisher-3 ack 413; subscriber-0 recv publisher-3/413"
        ).check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(
            witness.sentence
                == "orders/7 message 412 of publisher-3 (QoS 1, acknowledged) never reached subscriber-0, although its message 413 did, "
                + "the first of its stream to arrive.")
        #expect(
            witness.publisher == "publisher-3" && witness.sequence == 412 && witness.topic == "orders/7"
                && witness.subscriber == "subscriber-0")
        #expect(witness.events.map(\.what) == ["published", "acked", "delivered"])
        #expect(report.anomalies[0].atBeginning == 1)
    }

    /// Each event of a witness stands where the witness says.
    @Test func offsetsPointAtTheEvents() async throws {
        let directory = try TemporaryDirectory()
        let history = History("s sub a 2; p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/2; s recv p/1; s recv p/1")
        let files = try (try await history.write(to: directory, files: 2)).map { try TraceFile(path: $0) }
        let report = try Checker.check(files)
        #expect(report.anomalies.map(\.class) == ["duplicate-qos2", "reorder"])
        for event in report.anomalies.flatMap(\.witnesses).flatMap(\.events) {
            let file = try #require(files.first { $0.name == event.file })
            var found = 0
            file.forEach { record, offset in
                guard offset == event.offset else { return }
                switch record {
                case .published(let record): #expect(event.what == "published" && record.at == event.time)
                case .completed(let record): #expect(event.what == "acked" && record.at == event.time)
                case .delivered(let record): #expect(event.what == "delivered" && record.at == event.time)
                default: Issue.record("\(record)")
                }
                found += 1
            }
            #expect(found == 1)
        }
    }

    @Test func countsByGroupAndQoS() async throws {
        let report = try await History(
            "s sub # 1; p pub a 0; p ack 1; p pub a 1; p ack 2; p pub a 2; p unknown 3; q pub b 1; q ack 1; q pub b 1; q refuse 2; s recv p/2; s recv p/2"
        ).check()
        #expect(report.parts.map { "\($0.group) \($0.qos)" } == ["clients 0", "clients 1", "clients 2", "other 1"])
        #expect(report.parts.map(\.totals.published) == [1, 1, 1, 2])
        #expect(report.totals.published == 5 && report.totals.acked == 3 && report.totals.refused == 1 && report.totals.unknown == 1)
        #expect(report.totals.due == 2 && report.totals.delivered == 1 && report.totals.redelivered == 1 && report.totals.dropped == 1)
        #expect(report.parts[3].totals.unseen == 1)
    }

    @Test func witnessesAreCappedAndCountsAreNot() async throws {
        var line = "s sub a 1"
        for number in 1...50 { line += "; p pub a 1; p ack \(number)" }
        let report = try await History(line + "; s recv p/50").check()
        #expect(report.anomalies.map(\.count) == [49] && report.anomalies[0].witnesses.count == 20)
        #expect(Set(report.anomalies[0].witnesses.map(\.sequence)).count == 20)
    }

    @Test func readsAsJSON() async throws {
        let report = try await History("s sub a 1; p pub a 1; p ack 1").check()
        #expect(try JSONDecoder().decode(CheckReport.self, from: JSONEncoder().encode(report)) == report)
    }

    @Test func filtersMatchAsTheStandardSays() {
        var tree = TopicTree()
        let topics = ["a", "a/b", "a/b/c", "/a", "a/", "a//b", "$SYS/a", "b", ""]
        for topic in topics { _ = tree.identify(topic) }
        for filter in [
            "#", "+", "a", "a/#", "a/+", "+/+", "+/b", "/+", "/#", "a/+/c", "a//b", "$SYS/#", "$SYS/+", "+/a", "a/b/#", "+/#", "x/#",
        ] {
            let found = tree.topics(matching: filter).map { tree.names[Int($0)] }
            #expect(Set(found) == Set(topics.filter { Oracle.matches(filter, $0) }), "\(filter)")
        }
    }
}
