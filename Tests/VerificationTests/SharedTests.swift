import Foundation
import Testing

@testable import Verification

/// Shared subscriptions: one member of each group gets each message.
@Suite struct SharedTests {
    typealias Case = ClassTests.Case

    @Test(arguments: copies + losses + members)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test func defectsAreNoticed() async throws {
        try await Judged.check(Self.copies[1], killing: [.groupAllowsTwoMembers])
        try await Judged.check(Self.losses[0], killing: [.groupDueAtQoS2Only])
        try await Judged.check(Self.members[0], killing: [.everybodyIsMember])
        try await Judged.check(try #require(Self.losses.first { $0.name.hasSuffix("without an answer") }), killing: [.unansweredIsUnasked])
    }

    @Test func countsEachGroupOnce() async throws {
        let report = try await History(
            "s sub $share/g/a 1; t sub $share/g/a 1; u sub $share/h/a 1; v sub a 1; p pub a 1; p ack 1; s recv p/1; t recv p/1; u recv p/1; v recv p/1"
        ).check()
        #expect(report.verdict == .pass)
        #expect(report.totals.due == 3 && report.totals.delivered == 3 && report.totals.redelivered == 1)
    }

    @Test func tellsWhoGotIt() async throws {
        let report = try await History(Self.copies[1].history).check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(witness.sentence == "a message 1 of p (QoS 2, acknowledged) reached both s and t of the group $share/g/a.")
        #expect(witness.events.map(\.what) == ["published", "delivered", "delivered"])
        let lost = try await History(Self.losses[0].history).check()
        #expect(
            lost.anomalies.first?.witnesses.first?.sentence
                == "a message 1 of p (QoS 1, acknowledged) reached no member of the group $share/g/a, although s was there for it all along."
        )
        #expect(lost.totals.lost == 1 && lost.totals.due == 1)
    }

    static let both = "s sub $share/g/a 2; t sub $share/g/a 2; "

    static let copies: [Case] = [
        .init("in turn", both + "p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/1; t recv p/2"),
        .init("QoS 2 to both", both + "p pub a 2; p ack 1; s recv p/1; t recv p/1", ["shared-duplicate": 1]),
        .init("QoS 0 to both", both + "p pub a 0; p ack 1; s recv p/1; t recv p/1", ["shared-duplicate": 1]),
        .init("QoS 1 to both", both + "p pub a 1; p ack 1; s recv p/1; t recv p/1"),
        .init(
            "QoS 1 to both, forbidden", both + "p pub a 1; p ack 1; s recv p/1; t recv p/1", ["redelivered": 1],
            .init(redelivery: .forbidden)),
        .init(
            "QoS 2 to three", both + "u sub $share/g/a 2; p pub a 2; p ack 1; s recv p/1; t recv p/1; u recv p/1", ["shared-duplicate": 2]),
        .init("QoS 2 twice to one", both + "p pub a 2; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos2": 1]),
        .init(
            "QoS 1 to who was granted 0, both", "s sub $share/g/a 0; t sub $share/g/a 0; p pub a 1; p ack 1; s recv p/1; t recv p/1",
            ["shared-duplicate": 1]),
        .init("the same, written twice", "s sub $share/g/a 0; t sub $share/g/a 0; p pub a 1; p resend 1; p ack 1; s recv p/1; t recv p/1"),
        .init("to two groups", "s sub $share/g/a 2; t sub $share/h/a 2; p pub a 2; p ack 1; s recv p/1; t recv p/1"),
        .init("to two groups with one filter each", "s sub $share/g/a 2; t sub $share/g/# 2; p pub a 2; p ack 1; s recv p/1; t recv p/1"),
        .init("to a group and for itself", "s sub $share/g/a 2; s sub a 2; p pub a 2; p ack 1; s recv p/1; s recv p/1"),
        .init(
            "to a group and for itself, and once more",
            "s sub $share/g/a 2; s sub a 2; p pub a 2; p ack 1; s recv p/1; s recv p/1; s recv p/1", ["duplicate-qos2": 1]),
        .init("to one for itself and to the group", "s sub a 2; t sub $share/g/a 2; p pub a 2; p ack 1; s recv p/1; t recv p/1"),
        .init("no order across members", both + "p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/2; t recv p/1"),
        .init("no order within one either", both + "p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/2; s recv p/1"),
        .init("refused", both + "p pub a 1; p refuse 1; s recv p/1; t recv p/1", ["aborted-read": 2]),
    ]

    static let losses: [Case] = [
        .init("to nobody", "s sub $share/g/a 1; t sub $share/g/a 1; p pub a 1; p ack 1", ["shared-lost": 1]),
        .init("QoS 2 to nobody", both + "p pub a 2; p ack 1", ["shared-lost": 1]),
        .init("QoS 0 to nobody", both + "p pub a 0; p ack 1"),
        .init("unknown to nobody", both + "p pub a 1; p unknown 1"),
        .init("to one of two groups", "s sub $share/g/a 1; t sub $share/h/a 1; p pub a 1; p ack 1; t recv p/1", ["shared-lost": 1]),
        .init("to one for itself only", "s sub $share/g/a 1; t sub a 1; p pub a 1; p ack 1; t recv p/1", ["shared-lost": 1]),
        .init("to one for itself and in the group", "s sub $share/g/a 1; s sub a 1; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "QoS 1 with a member that died", "s sub $share/g/a 1; t sub $share/g/a 1; p pub a 1; p ack 1; t gone; t connect",
            ["shared-lost": 1]),
        .init("QoS 2 with a member that died", both + "p pub a 2; p ack 1; t gone; t connect"),
        .init("QoS 2 after a member had died", both + "t gone; t connect; p pub a 2; p ack 1", ["shared-lost": 1]),
        .init(
            "QoS 2 with a member that died without an answer",
            "s sub $share/g/a 2; t connect; p pub a 2; p ack 1; t gone; t sub $share/g/a 2 255 asked 4; t connect"),
        .init(
            "QoS 1 with a member that died without an answer, which the broker may have granted at QoS 0",
            "s sub $share/g/a 1; t connect; p pub a 1; p ack 1; t gone; t sub $share/g/a 1 255 asked 4; t connect"),
        .init(
            "QoS 1 with a member that later asked again and died without an answer",
            "s sub $share/g/a 1; t sub $share/g/a 1; p pub a 1; p ack 1; q connect; q gone; t gone; t sub $share/g/a 1 255 asked 2; t connect",
            ["shared-lost": 1]),
        .init(
            "QoS 1 with a member that had once asked for QoS 0",
            "s sub $share/g/a 1; t sub $share/g/a 0; t sub $share/g/a 1 asked; q connect; p pub a 1; p ack 1", ["shared-lost": 1]),
        .init(
            "QoS 1 with a member that had asked for QoS 0 and not yet for more",
            "s sub $share/g/a 1; t sub $share/g/a 0; p pub a 1; p ack 1; t sub $share/g/a 1 asked"),
        .init("QoS 2 after a member died, if the broker knows", both + "t bye; p pub a 2; p ack 1"),
        .init("QoS 1 after a member left", "s sub $share/g/a 1; t sub $share/g/a 1; t bye; p pub a 1; p ack 1", ["shared-lost": 1]),
        .init("with a kept session that is away", "s sub $share/g/a 1; t connect kept; t sub $share/g/a 1; p pub a 1; p ack 1; t bye"),
        .init(
            "with a kept session that came back",
            "s sub $share/g/a 1; t connect kept; t sub $share/g/a 1; t gone; p pub a 1; p ack 1; t resume v3", ["shared-lost": 1]),
        .init("with a member that withdrew", "s sub $share/g/a 1; t sub $share/g/a 1; p pub a 1; p ack 1; t unsub $share/g/a"),
        .init("with a member that may have QoS 0", "s sub $share/g/a 1; t sub $share/g/a 0; p pub a 1; p ack 1"),
        .init(
            "with a forgotten session",
            "s sub $share/g/a 1; t connect kept; t sub $share/g/a 1; p pub a 1; p ack 1; t gone; t connect kept", ["session-lost": 1]),
        .init("sent before the group was there", "p pub a 1; p ack 1; s sub $share/g/a 1"),
        .init("nobody stayed", "s sub $share/g/a 1; p pub a 1; p ack 1; s bye"),
        .init("damaged", "s sub $share/g/a 1; p pub a 1; p ack 1; s corrupt a 1", ["corrupt": 1]),
        .init("one late in the group", "s sub $share/g/a 1; p pub a 1; p ack 1; t sub $share/g/a 1; t recv p/1"),
    ]

    static let members: [Case] = [
        .init(
            "to who is in no group", "s sub $share/g/a 1; t sub b 1; p pub a 1; p ack 1; s recv p/1; t recv p/1", ["shared-nonmember": 1]),
        .init("no group wants it", "s sub $share/g/b 1; t sub b 1; p pub a 1; p ack 1; t recv p/1", ["misrouted": 1]),
        .init(
            "to who is in another group", "s sub $share/g/a 1; t sub $share/h/b 1; p pub a 1; p ack 1; s recv p/1; t recv p/1",
            ["shared-nonmember": 1]),
        .init("to who withdrew, late", "s sub $share/g/a 1; s unsub $share/g/a; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "to who surely withdrew", "s sub $share/g/a 1; s unsub $share/g/a; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1",
            ["shared-nonmember": 1]),
        .init(
            "to who withdrew and subscribed for itself",
            "s sub $share/g/a 1; s unsub $share/g/a; s sub a 1 asked; p pub a 1; p ack 1; s recv p/1"),
        .init("asked before it withdrew", "s sub $share/g/a 1; s unsub $share/g/a; s sub b 1 asked 2; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "withdrew on the connection before",
            "s sub $share/g/a 1; s unsub $share/g/a; s gone; s resume; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1"),
    ]
}
