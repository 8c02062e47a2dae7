import Testing
import Trace

@testable import Verification

/// Runs over two hosts whose clocks disagree by seconds: what is due is told by events, never by comparing their times.
@Suite struct ClockTests {
    /// Checks a history with its processes on two hosts, one clock `skew` nanoseconds behind the other.
    private func check(_ line: String, skew: Int64 = 5_000_000_000) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let history = History(line)
        let paths = try await history.write(to: directory, files: 2, skew: skew)
        try OtherClock.give(to: paths[1])
        return try Checker.check(paths.map { try TraceFile(path: $0) })
    }

    @Test(arguments: [5_000_000_000, -900_000] as [Int64])
    func aSkewedClockAloneIsNothing(_ skew: Int64) async throws {
        let report = try await check("s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1; s recv p/2", skew: skew)
        #expect(report.verdict == .pass, "\(report.doubts)")
        #expect(report.totals.due == 2 && report.totals.delivered == 2)
    }

    @Test func whatCameProvesTheSubscription() async throws {
        let lost = try await check("s sub a 1; p pub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; p ack 3; s recv p/1; s recv p/3")
        #expect(lost.anomalies.map(\.class) == ["lost"])
        let unseen = try await check("s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/1")
        #expect(unseen.anomalies.map(\.class) == ["unseen"])
        // What was sent before may have been sent too early.
        let early = try await check("s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/2")
        #expect(early.verdict == .pass && early.totals.due == 1)
    }

    @Test func theMarkProvesItFromTheStart() async throws {
        let early = try await check("s sub a 1; subscribed; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/2")
        #expect(early.anomalies.map(\.class) == ["lost"])
        let silent = try await check("s sub a 1; subscribed; p pub a 1; p ack 1")
        #expect(silent.anomalies.map(\.class) == ["unseen"])
        // Sent before the mark: nothing proves that it was due.
        let before = try await check("s sub a 1; p pub a 1; p ack 1; subscribed; p pub a 1; p ack 2; s recv p/2")
        #expect(before.verdict == .pass && before.totals.due == 1)
        // Subscribed after the mark: it does not speak of this subscription.
        let after = try await check("subscribed; s sub a 1; p pub a 1; p ack 1")
        #expect(after.verdict == .inconclusive && after.doubts.contains { $0.contains("different clocks") }, "\(after.doubts)")
    }

    /// A CONNECT without an answer may have begun the session that is present then, and what the one before had subscribed to may hold in it.
    @Test func whatAnEarlierSessionHadIsNotOwed() async throws {
        let unknown = "s sub a 1; subscribed; s gone; s gone; s resume; "
        let again = try await check(unknown + "s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/1; s recv p/2")
        #expect(again.verdict == .pass && again.doubts.isEmpty, "\(again.doubts)")
        let lost = try await check(
            unknown + "s sub a 1; p pub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; p ack 3; s recv p/1; s recv p/3")
        #expect(lost.anomalies.map(\.class) == ["lost"])
        #expect(try await check(unknown + "p pub a 1; p ack 1").anomalies.isEmpty)
        let withdrawn = try await check(unknown + "s unsub a; s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/1")
        #expect(withdrawn.verdict == .inconclusive && withdrawn.anomalies.isEmpty, "\(withdrawn.doubts)")
    }

    @Test func nothingToTellByIsADoubt() async throws {
        let silent = try await check("s sub a 1; p pub a 1; p ack 1")
        #expect(silent.verdict == .inconclusive && silent.anomalies.isEmpty)
        let withdrawn = try await check("s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/1; s unsub a")
        #expect(withdrawn.verdict == .inconclusive && withdrawn.anomalies.isEmpty)
        // Nothing was accepted, so nothing could be due.
        #expect(try await check("s sub a 1; p pub a 1; p unknown 1").verdict == .pass)
    }
}
