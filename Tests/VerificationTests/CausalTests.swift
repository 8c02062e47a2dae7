import Testing
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
