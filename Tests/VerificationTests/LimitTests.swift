import Causality
import Foundation
import Testing
import Trace

@testable import Verification

/// What a broker owns up to is a documented limit, and not one message more.
@Suite struct LimitTests {
    private static let expectations = Expectations(limits: [
        .init(name: "queue-cap", class: .lost, counter: "broker.dropped", note: "a note")
    ])

    /// Ten messages of QoS 1 and ten of QoS 0, of which some are missing.
    private func check(
        missing: Set<UInt64>, missingAtQoS0: Set<UInt64> = [], readings: [[Int64]], notes: [String] = [],
        expectations: Expectations = LimitTests.expectations,
        mutant: Mutant? = nil
    ) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        for (id, name) in [(1, "p"), (2, "s"), (3, "$SYS"), (4, "other $SYS")] as [(UInt32, String)] {
            writer.define(process: id, name: name, group: name)
        }
        func count(_ position: Int, at: UInt64) {
            for (reader, values) in readings.enumerated() where position < values.count {
                writer.counted(process: UInt32(3 + reader), at: at, counter: "broker.dropped", value: values[position])
            }
        }
        writer.connected(process: 1, at: 1000, sessionPresent: false, clean: true)
        writer.connected(process: 2, at: 2000, sessionPresent: false, clean: true)
        writer.subscribed(process: 2, at: 3000, filter: "#", requested: 1, granted: 1)
        count(0, at: 4000)
        let topic = writer.topic("a")
        for number in 1...20 as ClosedRange<UInt64> {
            let qos: UInt8 = number <= 10 ? 1 : 0
            if number == 11 { count(1, at: 10_000 * number - 200) }
            writer.published(
                process: 1, at: 10_000 * number, topic: topic, qos: qos, retain: false, sequence: number, attempt: 1,
                intended: 10_000 * number, stamp: VectorTimestamp([.init(process: 1, count: number)]))
            writer.completed(process: 1, at: 10_000 * number + 10, sequence: number, attempt: 1, outcome: .acked, reason: 0)
            if missing.contains(number) || missingAtQoS0.contains(number) { continue }
            writer.delivered(
                process: 2, at: 10_000 * number + 100, publisher: 1, sequence: number, attempt: 1, topic: topic, qos: qos, retain: false,
                dup: nil, packetID: UInt16(number))
        }
        for note in notes { writer.mark(at: 899_000, .note, text: note) }
        writer.mark(at: 900_000, .quiescent, text: "")
        for position in 2..<5 { count(position, at: 900_000 + UInt64(position)) }
        try await writer.close()
        return try Checker.check([try TraceFile(path: path)], expectations: expectations, mutant: mutant)
    }

    private func expect(
        _ report: CheckReport, charged: Int, admitted: Int, classes: [String: Int], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(report.limits.map(\.charged) == [charged], sourceLocation: sourceLocation)
        #expect(report.limits.map(\.admitted) == [admitted], sourceLocation: sourceLocation)
        #expect(
            Dictionary(uniqueKeysWithValues: report.anomalies.map { ($0.class, $0.count) }) == classes, sourceLocation: sourceLocation)
        #expect(report.verdict == (classes.isEmpty ? .pass : .violation), sourceLocation: sourceLocation)
        #expect(report.doubts == [], sourceLocation: sourceLocation)
        for anomaly in report.anomalies { #expect(anomaly.witnesses.count == min(anomaly.count, 20), sourceLocation: sourceLocation) }
    }

    @Test func allThatIsCountedIsDocumented() async throws {
        let report = try await check(missing: [3, 4, 5], readings: [[0, 3]])
        expect(report, charged: 3, admitted: 3, classes: [:])
        // Nothing is hidden: the messages are missing all the same.
        #expect(report.totals.lost == 3)
        #expect(report.limits[0].name == "queue-cap" && report.limits[0].note == "a note" && report.limits[0].class == "lost")
    }

    @Test func oneMoreThanCountedIsLost() async throws {
        expect(try await check(missing: [3, 4, 5], readings: [[0, 2]]), charged: 2, admitted: 2, classes: ["lost": 1])
        let report = try await check(missing: [3, 4, 5], readings: [[0, 2]], mutant: .limitIsNotCapped)
        #expect(report.verdict == .pass && report.limits[0].charged == 3)
    }

    @Test func aLimitIsNotUsedUpWhereLessIsMissing() async throws {
        expect(try await check(missing: [3], readings: [[0, 7]]), charged: 1, admitted: 7, classes: [:])
        expect(try await check(missing: [], readings: [[0, 7]]), charged: 0, admitted: 7, classes: [:])
    }

    /// The broker had dropped messages of others before.
    @Test func whatWasCountedBeforeIsNotAdmitted() async throws {
        expect(try await check(missing: [3, 4, 5], readings: [[100, 102]]), charged: 2, admitted: 2, classes: ["lost": 1])
        let report = try await check(missing: [3, 4, 5], readings: [[100, 102]], mutant: .limitIgnoresStart)
        #expect(report.verdict == .pass)
    }

    /// What the broker never told is not 0: the limit may cover what is missing.
    @Test(arguments: [
        ([[100]], [], "broker.dropped was read only once, so by how much it rose is not known."),
        ([[0], [0]], [], "broker.dropped was read only once, so by how much it rose is not known."),
        ([], [], "nobody has read broker.dropped, so by how much it rose is not known."),
        (
            [[0]], ["broker.dropped: the broker is gone", "a note", "broker.other: nothing"],
            "broker.dropped was read only once, so by how much it rose is not known (the broker is gone)."
        ),
    ])
    func withoutTwoReadingsALimitIsADoubt(readings: [[Int64]], notes: [String], reason: String) async throws {
        let report = try await check(missing: [3, 9, 10], readings: readings, notes: notes)
        #expect(report.verdict == .inconclusive && report.anomalies == [])
        #expect(
            report.doubts == [
                "3 deliveries that were owed did not arrive, and whether the limit queue-cap covers them cannot be told: \(reason)"
            ])
        #expect(report.limits.map(\.counted) == [nil] && report.limits.map(\.reason) == [reason] && report.limits.map(\.charged) == [0])
        #expect(report.totals.lost == 1 && report.totals.unseen == 2)
        let blind = try await check(missing: [3, 9, 10], readings: readings, notes: notes, mutant: .untoldIsZero)
        #expect(blind.verdict == .violation)
        // Where nothing is missing, the limit is not needed.
        let whole = try await check(missing: [], readings: readings, notes: notes)
        #expect(whole.verdict == .pass && whole.doubts == [] && whole.limits.map(\.counted) == [nil])
    }

    @Test func aLimitExcusesNothingButLoss() async throws {
        let report = try await History("s sub a 2; p pub a 2; p ack 1; s recv p/1; s recv p/1").check(Self.expectations)
        #expect(report.anomalies.map(\.class) == ["duplicate-qos2"])
    }

    /// A broker that was started again counts from 0.
    @Test func aCounterThatFellWasReset() async throws {
        expect(try await check(missing: [3, 4, 5], readings: [[100, 102, 1]]), charged: 3, admitted: 3, classes: [:])
        expect(try await check(missing: [3, 4, 5], readings: [[100, 1]]), charged: 1, admitted: 1, classes: ["lost": 2])
    }

    /// Two that read the same counter saw the same drops.
    @Test func severalReadersAreNotAddedUp() async throws {
        expect(try await check(missing: [3, 4, 5], readings: [[0, 2], [1, 2]]), charged: 2, admitted: 2, classes: ["lost": 1])
    }

    /// The count does not tell QoS 0 from QoS 1, so what is missing at QoS 0 is taken off first.
    @Test func lossAtQoS0UsesUpTheCount() async throws {
        expect(
            try await check(missing: [3, 4], missingAtQoS0: [12, 13], readings: [[0, 3]]), charged: 1, admitted: 1, classes: ["lost": 1])
        let report = try await check(missing: [3, 4], missingAtQoS0: [12, 13], readings: [[0, 3]], mutant: .limitForgetsQoS0)
        #expect(report.verdict == .pass)
    }

    /// What is missing at the end of its stream is covered too, after what is lost for sure.
    @Test func theEndOfAStreamIsCoveredLast() async throws {
        expect(try await check(missing: [3, 9, 10], readings: [[0, 3]]), charged: 3, admitted: 3, classes: [:])
        expect(try await check(missing: [3, 9, 10], readings: [[0, 2]]), charged: 2, admitted: 2, classes: ["unseen": 1])
    }

    @Test func withoutALimitNothingIsExcused() async throws {
        let report = try await check(missing: [3], readings: [[0, 7]], expectations: .init())
        #expect(report.verdict == .violation && report.limits.isEmpty)
    }

    /// Two limits on one counter share it.
    @Test func aCountIsUsedOnce() async throws {
        let limit = Self.expectations.limits[0]
        let report = try await check(missing: [3, 4, 5], readings: [[0, 2]], expectations: .init(limits: [limit, limit]))
        #expect(report.limits.map(\.charged) == [2, 0] && report.limits.map(\.admitted) == [2, 0])
        #expect(report.anomalies.map(\.count) == [1])
    }
}
