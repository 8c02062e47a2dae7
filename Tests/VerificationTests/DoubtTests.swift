import Causality
import Foundation
import Testing
import Trace

@testable import Verification

/// What the checker says when it could not see all.
@Suite struct DoubtTests {
    @Test(arguments: [
        ("restless", "s sub a 1; p pub a 1; p ack 1; s recv p/1; restless", "does not say that the run came to rest"),
        ("timeout", "s sub a 1; p pub a 1; p ack 1; s recv p/1; timeout", "The drain timed out"),
        ("interrupted", "s sub a 1; p pub a 1; p ack 1; s recv p/1; interrupt; restless", "interrupted before it came to rest"),
        ("thrown out", "s sub a 1; p pub a 1; p ack 1; s gone", "1 subscriber (s) lost the connection"),
        ("unknown publisher", "s sub a 1; s recv ghost/1", "1 deliveries name publishers of which no file holds an event"),
        (
            "older subscription", "s resume; p pub a 1; p ack 1; s recv p/1",
            "1 deliveries came by subscriptions that are older than the trace"
        ),
        ("repeated number", "s sub a 1; p pub a 1; p ack 1; p pub a 1 #1; s recv p/1", "1 publish records repeat a sequence number"),
        (
            "repeated number, at QoS 2 and on another topic",
            "s sub # 2; p pub a 2; p ack 1; p pub b 2 #1; s recv p/1 on a; s recv p/1 on b",
            "1 publish records repeat a sequence number"
        ),
        (
            "repeated number, both of which come", "s sub a 2; p pub a 2; p ack 1; p pub a 2 #1; s recv p/1; s recv p/1",
            "1 publish records repeat"
        ),
        ("outcome of nothing", "s sub a 1; p pub a 1; p ack 1; p ack 5; s recv p/1", "1 outcomes or resends belong to no publish record"),
        (
            "late or lost", "s sub a 1; p pub a 1; p ack 1; timeout",
            "1 deliveries that were owed had not arrived at the end of their stream"
        ),
    ])
    func isInconclusive(name: String, history: String, doubt: String) async throws {
        let report = try await History(history).check()
        #expect(report.verdict == .inconclusive)
        #expect(report.anomalies == [])
        #expect(report.doubts.contains { $0.contains(doubt) }, "\(report.doubts)")
    }

    /// In one file the order of the records is the order of what happened.
    @Test func aDeliveryBeforeItsPublishIsADoubt() async throws {
        let history = History("s sub a 1; s recv p/1 on a qos 1; p pub a 1; p ack 1")
        let report = try await history.check(files: 1)
        #expect(report.verdict == .inconclusive && report.anomalies == [])
        #expect(
            report.doubts.count == 1 && report.doubts[0].hasPrefix("1 deliveries stand in their file before the publish that they are of"))
        #expect(try await history.check(files: 1, mutant: .writersAreRight).verdict == .pass)
        // Two files say nothing of it: a clock that was read too early looks the same.
        #expect(try await history.check(files: 2).verdict == .pass)
    }

    @Test func twoPublishesUnderOneNumberExplainTwoCopies() async throws {
        let history = History("s sub a 2; p pub a 2; p ack 1; p pub a 2 #1; s recv p/1; s recv p/1")
        #expect(try await history.check(mutant: .repeatedNumbersAreOne).anomalies.map(\.class) == ["duplicate-qos2"])
    }

    /// A publish without an answer whose session was lost may have been written again behind the tear, too.
    @Test func aTearBehindALostSessionProvesNoDuplicate() async throws {
        let directory = try TemporaryDirectory()
        let paths = try await History("s sub a 0; p pub a 1; p gone; p connect; s recv p/1; s recv p/1").write(to: directory, files: 2)
        #expect(try Checker.check(paths.map { try TraceFile(path: $0) }).anomalies.map(\.class) == ["duplicate-qos0"])
        let whole = try Data(contentsOf: URL(fileURLWithPath: paths[0]))
        try whole.prefix(whole.count - 56).write(to: URL(fileURLWithPath: paths[0]))
        let report = try Checker.check(paths.map { try TraceFile(path: $0) })
        #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report.anomalies)")
    }

    /// What comes for the first time behind a gap may have come before, in the gap.
    @Test(arguments: [0, 1])
    func aGapHidesFirstCopies(hidden: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        for (id, name) in [(1, "p"), (2, "s")] as [(UInt32, String)] { writer.define(process: id, name: name, group: "g") }
        let other = try TraceWriter(path: directory.path + "/b", run: 1, writer: 2, name: "v")
        let topic = other.topic("a")
        other.connected(process: 1, at: 900, sessionPresent: false, clean: true)
        for number in 1...4 as ClosedRange<UInt64> {
            let at = number == 4 ? 50_000 : 3000 * number
            other.published(
                process: 1, at: at, topic: topic, qos: 1, retain: false, sequence: number, attempt: 1, intended: at, stamp: .init())
            other.completed(process: 1, at: at + 10, sequence: number, attempt: 1, outcome: .acked, reason: 0)
        }
        try await other.close()
        let own = writer.topic("a")
        var time: UInt64 = 20_000
        func deliver(_ number: UInt64, dup: Bool) {
            time += 1000
            writer.delivered(
                process: 2, at: time, publisher: 1, sequence: number, attempt: 1, topic: own, qos: 1, retain: false, dup: dup,
                packetID: UInt16(number))
        }
        writer.connected(process: 2, at: 1000, sessionPresent: false, clean: false)
        writer.subscribed(process: 2, at: 2000, filter: "a", requested: 1, granted: 1)
        if hidden == 1 { writer.flush() }
        deliver(1, dup: false)
        writer.flush()
        deliver(2, dup: false)
        deliver(3, dup: false)
        writer.disconnected(process: 2, at: 25_000, reason: 0, byClient: false)
        writer.connected(process: 2, at: 26_000, sessionPresent: true, clean: false)
        time = 60_000
        deliver(1, dup: true)
        deliver(2, dup: true)
        deliver(3, dup: true)
        deliver(4, dup: false)
        writer.mark(at: 90_000, .quiescent, text: "")
        try await writer.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[try TraceFile(path: path).chunks[hidden].offset + 42] ^= 0xFF
        try bytes.write(to: URL(fileURLWithPath: path))
        let files = [try TraceFile(path: path), try TraceFile(path: directory.path + "/b")]
        let report = try Checker.check(files)
        #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report.anomalies)")
        let blind = try Checker.check(files, expectations: .init(), mutant: .gapsHideNothing)
        #expect(blind.anomalies.map(\.class) == ["reorder-after-resume"], "\(blind)")
    }

    @Test func aViolationOutweighsADoubt() async throws {
        let report = try await History("s sub a 2; p pub a 2; p ack 1; s recv p/1; s recv p/1; timeout").check()
        #expect(report.verdict == .violation)
        #expect(report.anomalies.map(\.class) == ["duplicate-qos2"] && report.doubts.count == 1)
    }

    @Test(arguments: ["quiet; interrupt", "interrupt; quiet"])
    func anInterruptedRunThatCameToRestIsNoDoubt(end: String) async throws {
        #expect(try await History("s sub a 1; p pub a 1; p ack 1; s recv p/1; \(end)").check().verdict == .pass)
    }

    @Test func anEmptyTraceIsInconclusive() async throws {
        let report = try await History(steps: []).check()
        #expect(report.verdict == .inconclusive && report.doubts.contains("The trace holds no events at all."))
        #expect(throws: CheckError.self) { try Checker.check([]) }
    }

    @Test func runsAreNotMixed() async throws {
        let directory = try TemporaryDirectory()
        let paths = ["/a", "/b"].map { directory.path + $0 }
        for (run, path) in paths.enumerated() { try await TraceWriter(path: path, run: UInt64(run), writer: 1, name: "w").close() }
        let files = try paths.map { try TraceFile(path: $0) }
        #expect(throws: CheckError.self) { try Checker.check(files) }
    }

    /// Whatever is cut off or damaged, a run without a fault is never found faulty, and never passes.
    @Test func aDamagedTraceOfACleanRunIsInconclusive() async throws {
        var line = "s sub a 2; t sub # 1; "
        for number in 1...12 {
            line +=
                "p pub a \(number % 3); p ack \(number); q pub b 1; q ack \(number); s recv p/\(number); t recv p/\(number); t recv q/\(number); "
            if number == 6 { line += "s gone; s resume; p gone; p connect; t gone; t connect; t sub # 1; " }
        }
        let directory = try TemporaryDirectory()
        let paths = try await History(line).write(to: directory, files: 2, flushEvery: 5)
        #expect(try Checker.check(paths.map { try TraceFile(path: $0) }).verdict == .pass)
        for path in paths {
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let chunks = try TraceFile(path: path).chunks
            var damaged: [Data] = chunks.map { Data(whole.prefix($0.offset + 60)) }
            for chunk in chunks {
                var bytes = whole
                bytes[chunk.offset + 50] ^= 0xFF
                damaged.append(bytes)
            }
            for bytes in damaged {
                try bytes.write(to: URL(fileURLWithPath: path))
                let report = try Checker.check(paths.map { try TraceFile(path: $0) })
                #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report.anomalies)")
                #expect(report.doubts.contains { $0.hasPrefix("The trace is not whole: ") })
            }
            try whole.write(to: URL(fileURLWithPath: path))
        }
    }

    /// What a damaged trace still proves is reported.
    @Test func aTruncatedTraceStillProvesDuplicatesAndOrder() async throws {
        let directory = try TemporaryDirectory()
        let history = History(
            "s sub a 2; p pub a 2; p ack 1; p pub a 2; p ack 2; p pub a 2; p ack 3; s recv p/1; s recv p/1; s recv p/3; s recv p/2; s corrupt a 2"
        )
        let paths = try await history.write(to: directory, files: 2)
        for path in paths {
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            try whole.prefix(whole.count - 56).write(to: URL(fileURLWithPath: path))
        }
        let report = try Checker.check(paths.map { try TraceFile(path: $0) })
        #expect(report.anomalies.map(\.class) == ["corrupt", "duplicate-qos2", "reorder"])
        #expect(report.verdict == .violation && !report.doubts.isEmpty)
    }

    /// A hole between two copies may hide the beginning of a new session, where the second copy is the first.
    @Test func aHoleProvesNoDuplicate() async throws {
        let directory = try TemporaryDirectory()
        let writer = try TraceWriter(path: directory.path + "/a", run: 1, writer: 1, name: "w")
        writer.define(process: 1, name: "p", group: "g")
        let topic = writer.topic("a")
        writer.connected(process: 1, at: 1000, sessionPresent: false, clean: true)
        writer.subscribed(process: 1, at: 2000, filter: "a", requested: 2, granted: 2)
        writer.published(process: 1, at: 3000, topic: topic, qos: 2, retain: false, sequence: 1, attempt: 1, intended: 3000, stamp: .init())
        writer.completed(process: 1, at: 4000, sequence: 1, attempt: 1, outcome: .acked, reason: 0)
        func deliver(_ at: UInt64) {
            writer.delivered(
                process: 1, at: at, publisher: 1, sequence: 1, attempt: 1, topic: topic, qos: 2, retain: false, dup: nil, packetID: 1)
        }
        deliver(5000)
        writer.flush()
        writer.mark(at: 6000, .note, text: "this chunk goes missing")
        writer.flush()
        deliver(7000)
        writer.mark(at: 8000, .quiescent, text: "")
        try await writer.close()
        let file = try TraceFile(path: directory.path + "/a")
        #expect(try Checker.check([file]).anomalies.map(\.class) == ["duplicate-qos2"])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        bytes.removeSubrange(file.chunks[1].offset..<file.chunks[2].offset)
        try bytes.write(to: URL(fileURLWithPath: directory.path + "/b"))
        let report = try Checker.check([try TraceFile(path: directory.path + "/b")])
        #expect(report.anomalies == [] && report.verdict == .inconclusive)
    }

    /// The end of a torn trace may hide a SUBSCRIBE without an answer, which would explain what came by it.
    @Test(arguments: [
        ("s sub b 1; p pub a 1; p ack 1; s recv p/1; s sub c 1", "misrouted"),
        ("s sub a 1; p pub a 1 retain; p ack 1; s recv p/1 retain; s sub c 1", "retain-flag-forged"),
        ("p pub a 1 retain; p ack 1; p pub a 1 retain; p ack 2; s sub a 1 asked; s recv p/1 retain; s sub c 1", "retained-stale"),
    ])
    func aTornEndMayHideASubscribe(_ history: String, _ kind: String) async throws {
        let directory = try TemporaryDirectory()
        let paths = try await History(history).write(to: directory, files: 2, flushEvery: 1)
        #expect(try Checker.check(paths.map { try TraceFile(path: $0) }).anomalies.map(\.class) == [kind])
        // The file of s loses its last events, and with them what may have been asked for.
        let torn = try #require(
            paths.first { path in
                var isOfSubscriber = false
                _ = try TraceFile(path: path).forEach { event, _ in if case .delivered = event { isOfSubscriber = true } }
                return isOfSubscriber
            })
        let bytes = try Data(contentsOf: URL(fileURLWithPath: torn))
        let last = try #require(TraceFile(path: torn).chunks.last)
        try bytes.prefix(last.offset).write(to: URL(fileURLWithPath: torn))
        let report = try Checker.check(paths.map { try TraceFile(path: $0) })
        #expect(report.anomalies == [] && report.verdict == .inconclusive, "\(report.anomalies)")
    }

    /// A hole before a publish may hide the connection that it was written on; the next one without session-present then ends that session.
    @Test func aHoleHidesTheSessionOfAPublisher() async throws {
        let directory = try TemporaryDirectory()
        let writer = try TraceWriter(path: directory.path + "/a", run: 1, writer: 1, name: "w")
        for (id, name) in [(1, "p"), (2, "s")] as [(UInt32, String)] { writer.define(process: id, name: name, group: "g") }
        let topic = writer.topic("a")
        writer.connected(process: 2, at: 500, sessionPresent: false, clean: true)
        writer.subscribed(process: 2, at: 600, filter: "a", requested: 2, granted: 2)
        writer.flush()
        writer.connected(process: 1, at: 1000, sessionPresent: false, clean: true)
        writer.flush()
        writer.published(process: 1, at: 3000, topic: topic, qos: 2, retain: false, sequence: 1, attempt: 1, intended: 3000, stamp: .init())
        writer.disconnected(process: 1, at: 4000, reason: 0, byClient: false)
        writer.connected(process: 1, at: 5000, sessionPresent: false, clean: true)
        writer.resent(process: 1, at: 5001, sequence: 1, attempt: 1)
        writer.completed(process: 1, at: 6000, sequence: 1, attempt: 1, outcome: .acked, reason: 0)
        try await writer.close()
        let other = try TraceWriter(path: directory.path + "/c", run: 1, writer: 2, name: "v")
        other.define(process: 3, name: "t", group: "g")
        let same = other.topic("a")
        other.connected(process: 3, at: 500, sessionPresent: false, clean: true)
        other.subscribed(process: 3, at: 600, filter: "a", requested: 2, granted: 2)
        for at in [3500, 5500] as [UInt64] {
            other.delivered(
                process: 3, at: at, publisher: 1, sequence: 1, attempt: 1, topic: same, qos: 2, retain: false, dup: nil, packetID: 1)
        }
        other.mark(at: 8000, .quiescent, text: "")
        try await other.close()
        let file = try TraceFile(path: directory.path + "/a")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        bytes.removeSubrange(file.chunks[1].offset..<file.chunks[2].offset)
        try bytes.write(to: URL(fileURLWithPath: directory.path + "/b"))
        let report = try Checker.check([try TraceFile(path: directory.path + "/b"), try TraceFile(path: directory.path + "/c")])
        #expect(report.anomalies == [] && report.verdict == .inconclusive, "\(report.anomalies)")
    }

    @Test func timesOfDifferentClocksAreNotCompared() async throws {
        let directory = try TemporaryDirectory()
        let paths = try await History("s sub a 1; p pub a 1; p ack 1; q pub a 0").write(to: directory, files: 2)
        #expect(try Checker.check(paths.map { try TraceFile(path: $0) }).anomalies.map(\.class) == ["unseen"])
        try OtherClock.give(to: paths[0])
        let report = try Checker.check(paths.map { try TraceFile(path: $0) })
        #expect(report.verdict == .inconclusive && report.anomalies == [])
        #expect(report.doubts.contains { $0.contains("different clocks") }, "\(report.doubts)")
    }
}
