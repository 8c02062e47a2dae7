import Causality
import Foundation
import Testing

@testable import Trace
@testable import Verification

/// One small history for each thing that the checker says of causes and effects.
@Suite struct CausalTests {
    /// r gets a message of p and publishes; s gets both.
    static let relayed = "s sub # 1; r sub a 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; "

    @Test func anEffectBehindItsCauseIsRight() async throws {
        let report = try await History(Self.relayed + "s recv p/1; s recv r/1").check(.init(causalOrder: .wire))
        #expect(report.verdict == .pass)
        #expect(report.causality.wire == .init(inversions: 0, gaps: 0))
        #expect(report.causality.processed == nil)
    }

    @Test func anEffectBeforeItsCauseIsAnInversion() async throws {
        let history = History(Self.relayed + "s recv r/1; s recv p/1")
        let informed = try await history.check()
        #expect(informed.verdict == .pass && informed.anomalies.isEmpty)
        #expect(informed.causality.wire == .init(inversions: 1, gaps: 0))
        let gated = try await history.check(.init(causalOrder: .wire))
        #expect(gated.verdict == .violation)
        #expect(gated.anomalies.map(\.class) == ["causal-inversion"])
        let witness = try #require(gated.anomalies.first?.witnesses.first)
        #expect(witness.sentence == "a message 1 of p (QoS 1, acknowledged) reached s after b message 1 of r, which depends on it.")
        #expect(witness.events.map(\.what) == ["published", "published", "delivered", "delivered"])
        #expect(Set(witness.events.map(\.time)).count == 4)
        let blind = try await history.check(.init(causalOrder: .wire), mutant: .blindToInversions)
        #expect(blind.verdict == .pass)
    }

    @Test func aCauseThatNeverCameIsAGap() async throws {
        let report = try await History(
            "s sub # 0; r sub a 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; s recv r/1"
        ).check()
        #expect(report.verdict == .pass)
        #expect(report.causality.wire == .init(inversions: 0, gaps: 1))
    }

    @Test func qos0MayOvertakeQoS1AndIsSeenToDoSo() async throws {
        let report = try await History("s sub a 1; p pub a 1; p ack 1; p pub a 0; p ack 2; s recv p/2; s recv p/1").check()
        #expect(report.verdict == .pass)
        #expect(report.causality.wire == .init(inversions: 1, gaps: 0))
    }

    @Test func withinOneStreamItIsAReorderAndNoInversion() async throws {
        let report = try await History("s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/2; s recv p/1").check(
            .init(causalOrder: .wire))
        #expect(report.anomalies.map(\.class) == ["reorder"])
        #expect(report.causality.wire.inversions == 0)
    }

    /// It was not due, so it has no place in the order; that it came is reported.
    @Test func whatShouldNotHaveComeIsNoInversionBehindAnInbox() async throws {
        let relayed = "s sub b 1; r sub a 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; s recv r/1; s proc r/1; "
        let history = History(relayed + "s recv p/1; s proc p/1")
        for files in 1...3 {
            let report = try await history.check(files: files)
            #expect(report.anomalies.map(\.class) == ["misrouted"])
            #expect(report.causality.processed == .init(inversions: 0, gaps: 0, timeouts: 0))
        }
        let blind = try await history.check(mutant: .straysHaveOrder)
        #expect(blind.anomalies.map(\.class) == ["misrouted", "causal-inversion"])
        let due = try await History("s sub a 1; " + relayed + "s recv p/1; s proc p/1").check()
        #expect(due.anomalies.map(\.class) == ["causal-inversion"])
    }

    @Test func whoDoesNotSubscribeToACauseNeedNotSeeIt() async throws {
        let report = try await History(
            "s sub b 1; s sub c 1; r sub a 1; p pub a 1; p pub c 1; p ack 1; p ack 2; r recv p/1; r pub b 1; r ack 1; s recv r/1; s recv p/2"
        ).check(.init(causalOrder: .wire))
        #expect(report.verdict == .pass)
        #expect(report.causality.wire == .init(inversions: 0, gaps: 0))
    }

    @Test func theInboxMustReleaseInCausalOrder() async throws {
        let right = try await History(Self.relayed + "s recv r/1; s recv p/1; s proc p/1; s proc r/1").check()
        #expect(right.verdict == .pass)
        #expect(right.causality.wire.inversions == 1)
        #expect(right.causality.processed == .init(inversions: 0, gaps: 0, timeouts: 0))
        let wrong = History(Self.relayed + "s recv p/1; s recv r/1; s proc r/1; s proc p/1")
        let report = try await wrong.check()
        #expect(report.anomalies.map(\.class) == ["causal-inversion"])
        #expect(report.causality.processed?.inversions == 1)
        #expect(
            report.anomalies.first?.witnesses.first?.sentence
                == "a message 1 of p (QoS 1, acknowledged) was processed at s after b message 1 of r, which depends on it.")
        #expect(try await wrong.check(mutant: .blindToProcessedInversions).verdict == .pass)
    }

    @Test func anInboxThatSaidItWaitsNoLongerIsExcused() async throws {
        let report = try await History(Self.relayed + "s recv r/1; s proc r/1 late; s recv p/1; s proc p/1").check()
        #expect(report.verdict == .pass)
        #expect(report.causality.processed == .init(inversions: 0, gaps: 0, timeouts: 1))
    }

    @Test func whatNeverComesOutOfTheInboxIsAGap() async throws {
        let report = try await History(Self.relayed + "s recv p/1; s recv r/1; s proc r/1 late").check()
        #expect(report.causality.processed == .init(inversions: 0, gaps: 1, timeouts: 1))
        #expect(report.causality.wire.gaps == 0)
    }

    @Test(arguments: [
        // Of itself: too few. Of another: too many, too few, one it never had.
        ("p pub a 1; p pub a 1 stamp p=1; p ack 1; p ack 2; s sub c 1", Mutant.trustsOwnCount),
        (
            "r sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; r recv p/1; r recv p/2; r pub b 1 stamp r=1,p=1; r ack 1",
            .looksAtOwnCountOnly
        ),
        (
            "r sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; r recv p/1; r pub b 1 stamp r=1,p=2; r ack 1; r recv p/2",
            .looksAtOwnCountOnly
        ),
        ("r sub a 1; p pub a 1; p ack 1; q pub b 1; q ack 1; r pub b 1 stamp r=1,p=1; r ack 1; r recv p/1", .looksAtOwnCountOnly),
        ("r sub a 1; p pub a 1; p ack 1; r recv p/1; r pub b 1 stamp r=1; r ack 1", .looksAtOwnCountOnly),
    ])
    func aStampThatIsNotWhatItsPublisherHadIsCorrupt(_ line: String, _ mutant: Mutant) async throws {
        let report = try await History(line).check()
        #expect(report.anomalies.map(\.class) == ["stamp-corrupt"])
        #expect(report.anomalies.first?.count == 1)
        #expect(report.causality.wrongStamps == 1)
        #expect(report.anomalies.first?.witnesses.first?.events.map(\.what) == ["published"])
        #expect(try await History(line).check(mutant: mutant).anomalies.isEmpty)
    }

    /// What nobody asked for came all the same, and whoever received it knows of it.
    @Test func whatShouldNotHaveComeIsInThePast() async throws {
        let right = History("r sub b 1; p pub a 1; p ack 1; r recv p/1; r pub c 1; r ack 1")
        #expect(try await right.check().anomalies.map(\.class) == ["misrouted"])
        let late = History("r sub a 1; s sub a 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; s recv r/1; s recv p/1")
        let report = try await late.check(.init(causalOrder: .wire))
        #expect(report.anomalies.map(\.class) == ["misrouted", "causal-inversion"])
        let blind = try await late.check(.init(causalOrder: .wire), mutant: .strayHasNoPast)
        #expect(blind.anomalies.map(\.class) == ["misrouted"])
    }

    /// Processes have 32 bits: a stamp that names another is wrong, and the others are judged all the same.
    @Test func aProcessBeyond32BitsIsNone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        writer.define(process: 1, name: "p", group: "g")
        let topic = writer.topic("a")
        writer.connected(process: 1, at: 1000, sessionPresent: false, clean: true)
        let stamps: [VectorTimestamp] = [
            .init([.init(process: 1, count: 1), .init(process: .max, count: 1)]), .init([.init(process: 1, count: 2)]),
            .init([.init(process: 1, count: 7)]),
        ]
        for (index, stamp) in stamps.enumerated() {
            let number = UInt64(index) + 1
            writer.published(
                process: 1, at: 2000 * number, topic: topic, qos: 1, retain: false, sequence: number, attempt: 1, intended: 2000 * number,
                stamp: stamp)
            writer.completed(process: 1, at: 2000 * number + 10, sequence: number, attempt: 1, outcome: .acked, reason: 0)
        }
        writer.mark(at: 9000, .quiescent, text: "")
        try await writer.close()
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let chunk = try TraceFile(path: path).chunks[0].offset
        let distance: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]
        let place = try #require((chunk..<bytes.count - 5).first { Array(bytes[$0..<$0 + 5]) == distance })
        bytes[place + 4] = 0x1F
        let length = (0..<4).reduce(0) { $0 | Int(bytes[chunk + 24 + $1]) << (8 * $1) }
        for (range, at) in [(chunk + 40..<chunk + 40 + length, chunk + 32), (chunk..<chunk + 36, chunk + 36)] {
            let sum = TraceVersion.latest.checksum(bytes.span, range)
            for byte in 0..<4 { bytes[at + byte] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(byte))) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try TraceFile(path: path)
        let report = try Checker.check([file])
        #expect(report.anomalies.map(\.class) == ["stamp-corrupt"] && report.anomalies[0].witnesses.map(\.sequence) == [1, 3])
        let blind = try Checker.check([file], expectations: .init(), mutant: .unreadableStampIsNone)
        #expect(blind.anomalies.map(\.count) == [1])
    }

    /// One stamp that is not there silences no other.
    @Test func aStampLeftOutSilencesNoOther() async throws {
        let history = History("p pub a 1 stamp none; p pub a 1 stamp p=2; p pub a 1 stamp p=7; p ack 1; p ack 2; p ack 3; s sub c 1")
        let report = try await history.check()
        #expect(report.anomalies.map(\.class) == ["stamp-corrupt"] && report.anomalies[0].count == 1)
        #expect(report.causality.unstamped == 1)
        #expect(try await history.check(mutant: .oneGapSilencesStamps).anomalies.isEmpty)
        let later = try await History(
            "q pub b 1; q ack 1; p sub b 1; p recv q/1; p pub a 1; p pub a 1 stamp none; p pub a 1 stamp p=3,q=4; p ack 1; p ack 2; p ack 3"
        ).check()
        #expect(later.anomalies.map(\.count) == [1] && later.causality.unstamped == 1)
    }

    /// Who receives a message without a stamp cannot know its past.
    @Test func whoReceivedAMessageWithoutAStampIsNotJudged() async throws {
        let report = try await History("r sub a 1; p pub a 1 stamp none; p ack 1; r recv p/1; r pub b 1; r ack 1").check()
        #expect(report.anomalies.isEmpty && report.verdict == .inconclusive)
        #expect(report.doubts.contains { $0.hasPrefix("1 stamps could not be judged") }, "\(report.doubts)")
    }

    /// The first of p is wrong. r, which passes on what it received and what happened, is right either way.
    @Test(arguments: ["stamp r=1,p=1", ""])
    func whoReceivedAWrongStampIsNotAccused(_ own: String) async throws {
        let history = History(
            "q pub c 1; q ack 1; r sub a 1; s sub c 1; p pub a 1 stamp p=1,q=1; p ack 1; s recv q/1; r recv p/1; r pub b 1 \(own); r ack 1")
        for files in 1...3 {
            let report = try await history.check(files: files)
            #expect(report.anomalies.map(\.class) == ["stamp-corrupt"] && report.anomalies[0].count == 1)
            #expect(report.anomalies[0].witnesses.map(\.publisher) == ["p"])
        }
        guard !own.isEmpty else { return }
        let blind = try await history.check(mutant: .passesWrongStampsOn)
        #expect(blind.anomalies.map(\.count) == [2])
    }

    @Test func thereIsNoInversionAcrossSessionsNorWithinAStream() async throws {
        let across = History("s sub a 0; p pub a 0; s recv p/1; s gone; s connect; s sub a 0; s recv p/1")
        let report = try await across.check(.init(causalOrder: .wire))
        #expect(report.verdict == .pass && report.causality.wire.inversions == 0)
        let blind = try await across.check(.init(causalOrder: .wire), mutant: .inversionsAcrossSessions)
        #expect(blind.verdict == .pass && blind.causality.wire.inversions == 0)
        let effect = History(
            "r sub a 1; s sub # 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; s recv r/1; s gone; s connect; s sub # 1; s recv p/1"
        )
        #expect(try await effect.check(.init(causalOrder: .wire)).verdict == .pass)
        let told = try await effect.check(.init(causalOrder: .wire), mutant: .inversionsAcrossSessions)
        #expect(told.anomalies.map(\.class) == ["causal-inversion"])
        let again = History(
            "r sub a 1; s sub # 1; s gone; s connect; s sub # 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; s recv r/1; s recv p/1"
        )
        #expect(try await again.check(.init(causalOrder: .wire)).anomalies.map(\.class) == ["causal-inversion"])
        let retained = History("p pub a 1 retain; p ack 1; s sub a 1 asked; s recv p/1 retain; s recv p/1")
        #expect(try await retained.check(.init(causalOrder: .wire)).verdict == .pass)
        let itself = try await retained.check(.init(causalOrder: .wire), mutant: .streamsInvertThemselves)
        #expect(itself.anomalies.map(\.class) == ["causal-inversion"])
    }

    @Test func theCensusCountsPairsAndChains() async throws {
        // p1 → r1 → q1 is a chain over three processes; p2 stands beside r1 and q1.
        let report = try await History(
            "r sub a 1; q sub b 1; p pub a 1; p ack 1; r recv p/1; r pub b 1; r ack 1; p pub a 1; p ack 2; q recv r/1; q pub c 1; q ack 1; "
                + "r recv p/2"
        ).check()
        let census = report.causality.census
        #expect(census.messages == 4 && census.pairs == 6 && census.concurrentPairs == 2 && census.concurrentShare == 2.0 / 6)
        #expect(census.longestChain == 3 && census.mostHops == 2)
    }

    /// Stamps that name messages which nobody published, up to the greatest count: wrong, and no link of any chain.
    @Test(arguments: [2, 4_294_967_294, 4_294_967_295, 4_294_967_296, UInt64.max])
    func aStampOfMessagesThatAreNotThereEndsNoChain(count: UInt64) async throws {
        let report = try await History(
            "p pub a 1; p ack 1; r pub b 1 stamp r=1,p=\(count); r ack 1; r pub b 1 stamp r=2,p=\(count); r ack 2"
        )
        .check()
        #expect(report.anomalies.map(\.class) == ["stamp-corrupt"])
        #expect(report.causality.census.longestChain == 2 && report.causality.census.mostHops <= 1)
    }
}
