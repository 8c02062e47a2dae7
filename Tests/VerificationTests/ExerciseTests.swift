import Testing

@testable import Verification

/// What a run exercised stands beside its verdict.
@Suite struct ExerciseTests {
    private static let three = "s sub a 1; p pub a 1; p pub a 1; p pub a 1; "
    private static let received = "s recv p/1; s recv p/2; s recv p/3"

    @Test func acknowledgementsOutOfOrderAreCountedAndNoViolation() async throws {
        let report = try await History(Self.three + "p ack 3; p ack 1; p ack 2; " + Self.received).check()
        #expect(report.verdict == .pass && report.exercised.acknowledgedOutOfOrder == 2)
        let inOrder = try await History(Self.three + "p ack 1; p ack 2; p ack 3; " + Self.received).check()
        #expect(inOrder.exercised.acknowledgedOutOfOrder == 0)
    }

    @Test(arguments: [
        ("s recv p/1; s recv p/2", CheckReport.Overlap.Kind.once, 0),
        ("s recv p/1; s recv p/1; s recv p/2; s recv p/2", .each, 2),
        ("s recv p/1; s recv p/2; s recv p/2", .mixed, 1),
    ])
    func tellsHowManyCopiesOverlappingFiltersBring(_ copies: String, _ kind: CheckReport.Overlap.Kind, _ repeated: Int) async throws {
        for qos in 0...2 {
            let history = History("s sub # \(qos); s sub a \(qos); p pub a \(qos); p ack 1; p pub a \(qos); p ack 2; " + copies)
            let report = try await history.check()
            #expect(report.verdict == .pass && report.overlap.kind == kind && report.overlap.messages == 2, "QoS \(qos)")
            #expect(report.totals.repeated == repeated && report.exercised.repeated == repeated, "QoS \(qos)")
            #expect(report.totals.redelivered == 0 && report.totals.delivered == 2, "QoS \(qos)")
        }
    }

    @Test func withoutOverlapNothingIsSaidOfIt() async throws {
        let report = try await History(Self.three + "p ack 1; p ack 2; p ack 3; " + Self.received + "; s recv p/3").check()
        #expect(report.overlap.kind == nil && report.overlap.messages == 0)
        #expect(report.exercised.redelivered == 1 && report.exercised.repeated == 0)
    }

    @Test func connectionsAreCountedByWhatBecameOfTheSession() async throws {
        let report = try await History("s sub a 1; s gone; s resume; s gone; s resume; p pub a 1; p gone; p connect; p ack 1; s recv p/1")
            .check()
        #expect(report.exercised.resumed == 2 && report.exercised.begun == 3)
    }

    @Test func whatHappenedOnTheWayIsCounted() async throws {
        let report = try await History(
            "s sub # 1; s sub w 1; p will w 1; p pub a 1 retain; p resend 1; p ack 1; p pub b 0; p ack 2; s recv p/1; s sub a 1; "
                + "s recv p/1 retain; p gone; s recv p/900 on w"
        ).check()
        let exercised = report.exercised
        #expect(exercised.resent == 1 && exercised.retained == 1 && exercised.wills == 1 && exercised.dropped == 1)
        #expect(exercised.concurrent == 0 && exercised.inversions == 0 && exercised.takenOver == 0 && exercised.limited == 0)
    }

    /// A broker that forbids a publish may acknowledge it.
    @Test func whatReachedNobodyIsTold() async throws {
        let report = try await History(
            "s sub # 1; t sub # 1; p pub a 1; p ack 1; p pub a 1; p ack 2; p pub b 1; p ack 3; p pub c 1; p ack 4; s recv p/1; s recv p/4; t recv p/2; "
                + "t recv p/4"
        ).check()
        #expect(report.anomalies.map(\.class) == ["lost", "unseen"])
        #expect(report.anomalies.map(\.unheard) == [nil, .init(messages: 1, topics: ["b"])])
        let group = try await History("s sub $share/g/a 1; t sub $share/g/a 1; p pub a 1; p ack 1").check()
        #expect(group.anomalies.map(\.unheard) == [.init(messages: 1, topics: ["a"])])
    }

    @Test func receiversAreTold() async throws {
        let report = try await History(
            "q sub a 2 1; s sub a 2; t sub b 1 128; t sub c 2; p pub a 2; p ack 1; q recv p/1 qos 1; q recv p/1 qos 1; s recv p/1 qos 2"
        ).check()
        #expect(
            report.receivers == [
                .init(group: "other", clients: 1, silent: 0, deliveries: 2, lowered: [.init(requested: 2, granted: 1, count: 1)]),
                .init(group: "clients", clients: 2, silent: 1, deliveries: 1, lowered: [.init(requested: 1, granted: 128, count: 1)]),
            ])
    }
}
