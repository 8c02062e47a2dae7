import Foundation
import Testing

@testable import Verification

/// Sessions that are said to be present and are not, and two connections of one client at once.
@Suite struct SessionTests {
    typealias Case = ClassTests.Case

    @Test(arguments: resumes)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    /// The older connection stands in one file and the newer one in another.
    @Test(arguments: takeovers)
    func findsExactlyInTwoFiles(_ item: Case) async throws {
        try await Judged.check(item, files: 2...4)
    }

    @Test func defectsAreNoticed() async throws {
        try await Judged.check(Self.resumes[1], killing: [.cleanSessionsMayLast])
        try await Judged.check(Self.lost, killing: [.resumeNeedsThreeLosses])
        try await Judged.check(Self.takeovers[0], killing: [.takeoverComparesBackwards], files: 2...4)
    }

    @Test func tellsALostState() async throws {
        let report = try await History(Self.lost.history).check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(
            witness.sentence
                == "The broker told s that its session was present, but none of the 2 messages came that it was owed since its connection had ended."
        )
        #expect(witness.events.map(\.what) == ["connected", "connected"] && witness.topic == "a")
        // The messages are missing all the same.
        #expect(report.totals.due == 2 && report.totals.unseen == 2 && report.totals.delivered == 0)
    }

    static var lost: Case { resumes.first { $0.name == "resumed, and nothing comes" }! }
    static let away = "s sub a 1; s gone; p pub a 1; p ack 1; p pub a 1; p ack 2; "

    static let resumes: [Case] = [
        .init("kept and resumed", "s connect kept; s sub a 1; s gone; s resume v3; p pub a 1; p ack 1; s recv p/1"),
        .init("clean and resumed", "s connect clean; s sub a 1; s gone; s resume v3", ["false-resume": 1]),
        .init("clean, kept and resumed", "s connect clean; s gone; s connect kept; s sub a 1; s gone; s resume v3"),
        .init("a clean start may last in MQTT 5.0", "s connect; s sub a 1; s gone; s resume"),
        .init("tried in between, which may have begun a session", "s connect clean; s sub a 1; s gone; s gone; s resume v3"),
        .init(
            "tried in between in MQTT 5.0, where a clean start may last or not: the present session may have no subscription",
            "s sub a 1; s gone; s gone; s resume; p pub a 1; p ack 1; p pub a 1; p ack 2"),
        .init(
            "tried in between in MQTT 5.0, and what comes by the old subscription is welcome",
            "s sub a 1; s gone; s gone; s resume; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "tried in between in MQTT 5.0, and subscribed anew",
            "s sub a 1; s gone; s gone; s resume; s sub a 1; p pub a 1; p ack 1", ["unseen": 1]),
        .init(
            "tried in between, but the session was kept before",
            "s connect kept v5; s sub a 1; s gone; s gone; s resume v5; p pub a 1; p ack 1", ["unseen": 1]),
        .init("asked for a clean session", "s resume clean", ["false-resume": 1]),
        .init("resumed, and nothing comes", away + "s resume", ["false-resume": 1]),
        .init("resumed, and one does not come", "s sub a 1; s gone; p pub a 1; p ack 1; s resume", ["unseen": 1]),
        .init("resumed, and one of two comes", away + "s resume; s recv p/2", ["lost": 1]),
        .init(
            "resumed, and nothing comes before it subscribes anew", away + "s resume; s sub a 1; p pub a 1; p ack 3; s recv p/3",
            ["false-resume": 1]),
        .init(
            "what was in flight goes too", "s sub a 1; p pub a 1; p ack 1; " + "s gone; p pub a 1; p ack 2; p pub a 1; p ack 3; s resume",
            ["false-resume": 1]),
        .init("what was sent later goes too", away + "s resume; p pub a 1; p ack 3", ["false-resume": 1]),
        .init(
            "what was in flight comes, so the state was there",
            "s sub a 1; p pub a 1; p ack 1; s gone; p pub a 1; p ack 2; p pub a 1; p ack 3; s resume; s recv p/1", ["unseen": 2]),
        .init(
            "the second resume has nothing",
            "s sub a 1; s gone; p pub a 1; p ack 1; s resume; s recv p/1; s gone; p pub a 1; p ack 2; p pub a 1; p ack 3; s resume",
            ["false-resume": 1]),
        .init("QoS 0 may be gone", "s sub a 1; s gone; p pub a 0; p ack 1; p pub a 0; p ack 2; s resume"),
        .init("a session from before the trace", "s resume; s sub a 1; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "nothing is due to a clean session that is said to be present",
            "s connect clean; s sub a 1; s gone; p pub a 1; p ack 1; p pub a 1; p ack 2; s resume v3", ["false-resume": 1]),
    ]

    static let takeovers: [Case] = [
        .init(
            "both get what is sent later",
            "s connect kept; s sub a 1; s@1 connect clean; s@1 sub a 1; p pub a 1; p ack 1; s recv p/1; s@1 recv p/1",
            ["takeover-both-live": 1]),
        .init(
            "both get two",
            "s connect kept; s sub a 1; s@1 connect clean; s@1 sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1; s recv p/2; s@1 recv p/1; s@1 recv p/2",
            ["takeover-both-live": 1]),
        .init("the older one gets what was under way", "s sub a 1; p pub a 1; p ack 1; s@1 connect; s@1 sub a 1; s recv p/1"),
        .init("the older one is closed", "s sub a 1; s@1 connect; s gone; s@1 sub a 1; p pub a 1; p ack 1; s@1 recv p/1"),
        .init(
            "taken over with its session",
            "s connect kept; s sub a 1; p pub a 1; p ack 1; s recv p/1; s@1 resume v3; p pub a 1; p ack 2; s gone; s@1 recv p/2"),
        .init(
            "taken over with its session, and one is lost",
            "s connect kept; s sub a 1; s@1 resume v3; p pub a 1; p ack 1; p pub a 1; p ack 2; s@1 recv p/2", ["lost": 1]),
        .init(
            "both get it with one session", "s connect kept; s sub a 1; s@1 resume v3; p pub a 1; p ack 1; s recv p/1; s@1 recv p/1",
            ["takeover-both-live": 1]),
        .init(
            "there and back",
            "s connect kept; s sub a 1; s@1 resume v3; p pub a 1; p ack 1; s@1 recv p/1; s@1 gone; s resume v3; p pub a 1; p ack 2; s recv p/2"
        ),
        .init(
            "there and back, forgotten",
            "s connect kept; s sub a 1; s@1 resume v3; s@1 gone; s connect kept; s sub a 1; s gone; s@1 resume v3; p pub a 1; p ack 1; s@1 recv p/1",
            ["session-lost": 1]),
        .init(
            "there and back after a clean session", "s connect kept; s sub a 1; s@1 connect clean; s@1 gone; s resume v3",
            ["false-resume": 1]),
    ]
}
