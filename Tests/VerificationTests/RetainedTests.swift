import Foundation
import Testing

@testable import Verification

/// The register of retained messages of each topic, and the RETAIN flag.
@Suite struct RetainedTests {
    typealias Case = ClassTests.Case

    @Test(arguments: due + stale + flags + empty)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test func defectsAreNoticed() async throws {
        try await Judged.check(Self.due[1], killing: [.retainedDueAtQoS2Only])
        try await Judged.check(Self.stale[0], killing: [.staleComparesBackwards])
        try await Judged.check(Self.stale[1], killing: [.clearIsNoRetainedMessage])
        try await Judged.check(Self.flags[0], killing: [.trustsRetainFlag])
    }

    @Test func tellsWhatReplacedIt() async throws {
        let report = try await History(Self.stale[0].history).check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(
            witness.sentence
                == "a message 1 of p (QoS 1, acknowledged) reached s as the retained message, although message 2 of p had replaced it before s subscribed."
        )
        #expect(witness.events.map(\.what) == ["published", "published", "acked", "delivered"])
    }

    static let one = "p pub a 1 retain; p ack 1; "
    static let two = "p pub a 1 retain; p ack 1; p pub a 1 retain; p ack 2; "

    static let due: [Case] = [
        .init("brought", one + "s sub a 1 asked; s recv p/1 retain"),
        .init("not brought", one + "s sub a 1 asked", ["retained-missing": 1]),
        .init("not brought, of two", two + "s sub a 1 asked", ["retained-missing": 1]),
        .init("not brought by any of two subscriptions", one + "s sub a 1 asked; s sub # 1 asked", ["retained-missing": 1]),
        .init("brought without the flag", one + "s sub a 1 asked; s recv p/1", ["retained-missing": 1]),
        .init("nobody says when it was asked for", one + "s sub a 1"),
        .init("acknowledged after it was asked for", "p pub a 1 retain; s connect; p ack 1; s sub a 1 asked 2"),
        .init("not acknowledged", "p pub a 1 retain; s sub a 1 asked"),
        .init("replaced while it was asked for", one + "s connect; p pub a 1 retain; s sub a 1 asked 3"),
        .init(
            "replaced while it was asked for, and the new one came",
            one + "s connect; p pub a 1 retain; s sub a 1 asked 3; p ack 2; s recv p/2 retain"),
        .init("replaced later", one + "s sub a 1 asked; p pub a 1 retain; p ack 2; s recv p/2", ["retained-missing": 1]),
        .init("replaced by what has no outcome", "q pub a 1 retain; " + one + "s sub a 1 asked"),
        .init("refused in between", one + "q pub a 1 retain; q refuse 1; s sub a 1 asked", ["retained-missing": 1]),
        .init("cleared", one + "p pub a 1 retain empty; p ack 2; s sub a 1 asked"),
        .init("QoS 0 may be discarded", "p pub a 0 retain; p ack 1; s sub a 1 asked"),
        .init("granted 0", one + "s sub a 0 asked"),
        .init("not wanted", one + "s sub a 1 asked noretained"),
        .init("wanted if new, and it is", one + "s sub a 1 asked ifnew", ["retained-missing": 1]),
        .init("wanted if new, and who knows", one + "s sub a 1 asked; s recv p/1 retain; s unsub a; s sub a 1 asked ifnew"),
        .init(
            "wanted if new, and asked for on the connection before",
            "s connect kept; " + one + "s gone; s sub a 1 255 asked 2; s resume v3; s sub a 1 asked ifnew"),
        .init(
            "wanted if new, on the second connection", "s connect kept; " + one + "s gone; s resume v3; s sub a 1 asked ifnew",
            ["retained-missing": 1]),
        .init("asked for without an answer", "s connect kept; " + one + "s gone; s sub a 1 255 asked 2; s resume v3"),
        .init(
            "asked for without an answer and anew",
            "s connect kept; " + one + "s gone; s sub a 1 255 asked 2; s resume v3; s sub a 1 asked", ["retained-missing": 1]),
        .init(
            "asked for on the second connection", "s connect kept; " + one + "s gone; s resume v3; s sub a 1 asked", ["retained-missing": 1]
        ),
        .init("asked for in a session from before the run", one + "s resume v3; s sub a 1 asked", ["retained-missing": 1]),
        .init("wanted if new, in a session from before the run", one + "s resume v3; s sub a 1 asked ifnew"),
        .init("shared subscriptions bring none", one + "s sub $share/g/a 1 asked"),
        .init("withdrawn again", one + "s sub a 1 asked; s unsub a"),
        .init("of a session that ended", one + "s sub a 1 asked; s gone; s connect"),
        .init("not its own", "s pub a 1 retain; s ack 1; s sub a 1 asked nolocal"),
        .init("its own", "s pub a 1 retain; s ack 1; s sub a 1 asked", ["retained-missing": 1]),
        .init("damaged", one + "s sub a 1 asked; s corrupt a 1 retain", ["corrupt": 1]),
        .init("a retained will may be there", one + "q will a 1 retain; s sub a 1 asked"),
    ]

    static let stale: [Case] = [
        .init("the one before", two + "s sub a 1 asked; s recv p/1 retain", ["retained-stale": 1]),
        .init("cleared", one + "p pub a 1 retain empty; p ack 2; s sub a 1 asked; s recv p/1 retain", ["retained-not-cleared": 1]),
        .init(
            "cleared and set again, the first came",
            one + "p pub a 1 retain empty; p ack 2; p pub a 1 retain; p ack 3; s sub a 1 asked; s recv p/1 retain", ["retained-stale": 1]),
        .init(
            "replaced and cleared, the second came", two + "p pub a 1 retain empty; p ack 3; s sub a 1 asked; s recv p/2 retain",
            ["retained-not-cleared": 1]),
        .init(
            "replaced by another publisher", one + "q pub a 1 retain; q ack 1; s sub a 1 asked; s recv p/1 retain", ["retained-stale": 1]),
        .init("the later one was under way", one + "p pub a 1 retain; s sub a 1 asked; p ack 2; s recv p/1 retain"),
        .init("two at once", "p pub a 1 retain; q pub a 1 retain; p ack 1; q ack 1; s sub a 1 asked; s recv p/1 retain"),
        .init(
            "two of one publisher at once", "p pub a 1 retain; p pub a 1 retain; p ack 1; p ack 2; s sub a 1 asked; s recv p/1 retain",
            ["retained-stale": 1]),
        .init(
            "written twice, so it may be taken last",
            "p pub a 1 retain; p resend 1; p pub a 1 retain; p ack 1; p ack 2; s sub a 1 asked; s recv p/1 retain"),
        .init("QoS 0 says nothing", one + "p pub a 0 retain; p ack 2; s sub a 1 asked; s recv p/1 retain"),
        .init("the live one may be it", "s sub a 1; " + one + "s gone; s connect; s sub a 1; s recv p/1 retain"),
        .init("asked for before", "s sub a 1 asked rap; " + two + "s sub a 1 asked; s recv p/1; s recv p/2; s recv p/1 retain"),
        .init("older than the run", two + "s sub a 1; s recv p/77 retain"),
    ]

    static let flags: [Case] = [
        .init("on a live message", "s sub a 1 asked; p pub a 1 retain; p ack 1; s recv p/1 retain", ["retain-flag-forged": 1]),
        .init("never published with it", "p pub a 1; p ack 1; s sub a 1; s recv p/1 retain", ["retain-flag-forged": 1]),
        .init("forwarded as published", "s sub a 1 rap; p pub a 1 retain; p ack 1; s recv p/1 retain"),
        .init("forwarded as published, but it was not", "s sub a 1 rap; p pub a 1; p ack 1; s recv p/1 retain", ["retain-flag-forged": 1]),
        .init("one of two forwards as published", "s sub a 1 rap; s sub # 1; p pub a 1 retain; p ack 1; s recv p/1 retain"),
        .init("sent before the second subscription", "s sub a 1; p pub a 1 retain; p ack 1; s sub # 1; s recv p/1 retain"),
        .init(
            "after a second SUBSCRIBE without an answer",
            "s connect kept; s sub a 1; p pub a 1 retain; p ack 1; s recv p/1; s recv p/1 retain; s gone; s sub a 1 255 asked 3; s resume v3"
        ),
        .init("of the connection before", "s sub a 1; p pub a 1 retain; p ack 1; s gone; s resume; s recv p/1 retain"),
        .init("not set on a live message", "s sub a 1; p pub a 1 retain; p ack 1; s recv p/1"),
    ]

    static let empty: [Case] = [
        .init("a cleared topic owes nobody anything", "s sub a 1; p pub a 1 retain empty; p ack 1"),
        .init("what is delivered of it is no stranger", "s sub a 1; p pub a 1 retain empty; p ack 1; s foreign a 1"),
        .init("on another topic it is", "s sub # 1; p pub a 1 retain empty; p ack 1; s foreign b 1", ["unexpected": 1]),
    ]
}
