import Foundation
import Testing

@testable import Verification

/// Wills: published when a connection ends without DISCONNECT, once, and never after one.
@Suite struct WillTests {
    typealias Case = ClassTests.Case

    @Test(arguments: wills)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test func defectsAreNoticed() async throws {
        try await Judged.check(Self.wills[1], killing: [.willDueAtQoS2Only])
        try await Judged.check(Self.wills[2], killing: [.willAllowsOneMore])
        try await Judged.check(Self.wills[3], killing: [.disconnectKeepsWill])
    }

    @Test func tellsWhatIsMissing() async throws {
        let report = try await History(Self.wills[1].history).check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(witness.sentence == "The will of p on w never reached s, although its connection ended without DISCONNECT.")
        #expect(witness.events.map(\.what) == ["connected", "will"])
        #expect(witness.publisher == "p" && witness.sequence == 900 && witness.topic == "w" && witness.subscriber == "s")
    }

    static let wills: [Case] = [
        .init("published", "s sub w 1; p will w 1; p gone; s recv p/900 on w"),
        .init("missing", "s sub w 1; p will w 1; p gone", ["will-missing": 1]),
        .init("doubled", "s sub w 2; p will w 2; p gone; s recv p/900 on w; s recv p/900 on w", ["will-doubled": 1]),
        .init("after DISCONNECT", "s sub w 1; p will w 1; p bye; s recv p/900 on w", ["will-after-disconnect": 1]),
        .init("after DISCONNECT with will", "s sub w 1; p will w 1; p bye 4; s recv p/900 on w"),
        .init("after DISCONNECT for an error", "s sub w 1; p will w 1; p bye 130; s recv p/900 on w"),
        .init("missing after DISCONNECT with will", "s sub w 1; p will w 1; p bye 4", ["will-missing": 1]),
        .init(
            "reason 4 is nothing in MQTT 3.1.1", "s sub w 1; p connect clean; p will w 1; p bye 4; s recv p/900 on w",
            ["will-after-disconnect": 1]),
        .init("withdrawn by DISCONNECT", "s sub w 1; p will w 1; p bye"),
        .init("DISCONNECT overtaken by the next CONNECT", "s sub w 1; p will w 1; p bye; p connect; s recv p/900 on w"),
        .init(
            "DISCONNECT overtaken by a CONNECT in MQTT 3.1.1",
            "s sub w 1; p connect clean; p will w 1; p bye; p connect clean; s recv p/900 on w"),
        .init("DISCONNECT overtaken by a CONNECT without an answer", "s sub w 1; p will w 1; p bye; p gone; s recv p/900 on w"),
        .init(
            "DISCONNECT overtaken by the next CONNECT, and twice",
            "s sub w 2; p will w 2; p bye; p connect; s recv p/900 on w; s recv p/900 on w",
            ["will-doubled": 1]),
        .init("QoS 0 may be gone", "s sub w 1; p will w 0; p gone"),
        .init("granted 0 may be gone", "s sub w 0; p will w 1; p gone"),
        .init("doubled at QoS 0", "s sub w 0; p will w 0; p gone; s recv p/900 on w; s recv p/900 on w", ["will-doubled": 1]),
        .init("again at QoS 1", "s sub w 1; p will w 1; p gone; s recv p/900 on w; s recv p/900 on w"),
        .init("subscribed too late", "p will w 1; s sub w 1; p gone"),
        .init("subscribed while the connection surely stood", "p will w 1; s sub w 1; p pub a 1; p ack 1; p gone", ["will-missing": 1]),
        .init("withdrawn subscription", "s sub w 1; p will w 1; p gone; s unsub w"),
        .init("not connected to the end", "s sub w 1; p will w 1; p gone; s bye"),
        .init("still connected", "s sub w 1; p will w 1"),
        .init("ended after the drain", "s sub w 1; p will w 1; quiet; p gone"),
        .init("noticed by the broker first", "s sub w 1; p will w 1; s recv p/900 on w; p gone"),
        .init("connects again in MQTT 5.0 before it is due", "s sub w 1; p will w 1; p gone; p connect"),
        .init("connects again in MQTT 3.1.1", "s sub w 1; p connect clean; p will w 1; p gone; p connect clean", ["will-missing": 1]),
        .init("taken over in MQTT 3.1.1", "s sub w 1; p connect clean; p will w 1; p connect clean", ["will-missing": 1]),
        .init(
            "registered twice, published twice",
            "s sub w 2; p connect clean; p will w 2; p gone; p connect clean; p will w 2; p gone; s recv p/900 on w; s recv p/900 on w"),
        .init(
            "registered twice, published once",
            "s sub w 2; p connect clean; p will w 2; p gone; p connect clean; p will w 2; p gone; s recv p/900 on w", ["will-missing": 1]),
        .init(
            "registered twice, withdrawn once, published twice",
            "s sub w 2; p will w 2; p gone; p connect; p will w 2; p bye; s recv p/900 on w; s recv p/900 on w", ["will-doubled": 1]),
        .init("to who did not subscribe", "s sub a 1; p will w 1; p gone; s recv p/900 on w", ["misrouted": 1]),
        .init("on another topic", "s sub # 1; p will w 1; p gone; s recv p/900 on v", ["misrouted": 1, "will-missing": 1]),
        .init(
            "of a group that one is not in", "t sub $share/g/w 1; s sub a 1; p will w 1; p gone; s recv p/900 on w", ["shared-nonmember": 1]
        ),
        .init("damaged", "s sub w 1; p will w 1; p gone; s corrupt w 1", ["corrupt": 1]),
        .init("retained", "s sub w 1; p will w 1 retain; p gone; s recv p/900 on w; s sub w 1; s recv p/900 on w retain"),
        .init("a group may have got it", "s sub $share/g/w 1; p will w 1; p gone"),
        .init("another attempt is none", "s sub w 1; p will w 1; p gone; s recv p/900 on w; s recv p/900.2 on w", ["unexpected": 1]),
    ]
}
