import Testing
import Trace

@testable import Verification

/// At which QoS a message comes, and what follows from it for its copies and its order.
@Suite struct QoSTests {
    typealias Case = ClassTests.Case

    @Test(arguments: level + grants + overlap)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test(arguments: [
        (Mutant.anyQoSWillDo, "lowered"), (.anyQoSWillDo, "one copy, of the lower"), (.anyQoSWillDo, "a will lowered"),
        (.everyGrantHolds, "raised, and the old grant"),
        (.resendsAtQoS2AreForwarded, "at QoS 2 to granted 0"), (.ordersResendsAtQoS0, "at QoS 1 to granted 0"),
    ])
    func defectsAreNoticed(_ mutant: Mutant, name: String) async throws {
        let item = try #require((Self.level + Self.grants + Self.overlap).first { $0.name.hasPrefix(name) })
        try await Judged.check(item, killing: [mutant])
    }

    static let level: [Case] = [
        .init("as granted", "s sub a 1; p pub a 2; p ack 1; s recv p/1 qos 1"),
        .init("as published", "s sub a 2; p pub a 0; p ack 1; s recv p/1 qos 0"),
        .init("lowered", "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 0", ["wrong-qos": 1]),
        .init("lowered by one", "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("raised above the publish", "s sub a 1; p pub a 0; p ack 1; s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("raised above the grant", "s sub a 1; p pub a 2; p ack 1; s recv p/1 qos 2", ["wrong-qos": 1]),
        .init(
            "every time that it comes", "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 0; s recv p/1 qos 0; s recv p/1 qos 2",
            ["wrong-qos": 2]),
        .init("and a right copy too many", "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 2; s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("from a register", "p pub a 2 retain; p ack 1; s sub a 1 asked; s recv p/1 retain qos 1"),
        .init(
            "lowered from a register", "p pub a 2 retain; p ack 1; s sub a 2 asked; s recv p/1 retain qos 1", ["wrong-qos": 1]),
        .init("to a member of a group", "s sub $share/g/a 1; p pub a 2; p ack 1; s recv p/1 qos 1"),
        .init("lowered to a member of a group", "s sub $share/g/a 2; p pub a 2; p ack 1; s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("members of a group have each their own", "s sub $share/g/a 1; t sub $share/g/a 2; p pub a 2; p ack 1; t recv p/1 qos 2"),
        .init("a will as granted", "s sub w 1; p will w 2; p gone; s recv p/900 on w qos 1"),
        .init("a will lowered", "s sub w 2; p will w 2; p gone; s recv p/900 on w qos 1", ["wrong-qos": 1]),
        .init("a will at two QoS", "s sub w 0; s sub # 2; p will w 2; p gone; s recv p/900 on w qos 0; s recv p/900 on w qos 2"),
        .init(
            "a will at one QoS twice", "s sub w 0; s sub # 2; p will w 2; p gone; s recv p/900 on w qos 2; s recv p/900 on w qos 2",
            ["will-doubled": 1]),
    ]

    static let grants: [Case] = [
        .init(
            "a SUBSCRIBE without an answer may have been granted less",
            unanswered + "s recv p/1 qos 1; s gone; s resume v3; s recv p/1 qos 1 dup"),
        .init(
            "a SUBSCRIBE without an answer was not granted more",
            "s connect kept; s gone; s sub a 1 255 asked 2; s resume v3; p pub a 2; p ack 1; s recv p/1 qos 2", ["wrong-qos": 1]),
        .init("it may have been granted 0 as well", unanswered + "s recv p/1 qos 0"),
        .init("twice at QoS 2 is too many all the same", unanswered + "s recv p/1 qos 2; s recv p/1 qos 2", ["duplicate-qos2": 1]),
        .init(
            "raised, then swapped", "s sub a 0; s sub a 1; p pub a 1; p pub a 1; p ack 1; p ack 2; s recv p/2 qos 1; s recv p/1 qos 1",
            ["reorder": 1]),
        .init("raised, then twice", "s sub a 1; s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 2; s recv p/1 qos 2", ["duplicate-qos2": 1]),
        .init("raised, and the old grant still used", "s sub a 1; s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("raised while it was under way", "s sub a 1; p pub a 2; s sub a 2; p ack 1; s recv p/1 qos 1"),
        .init("raised while it was under way, as raised", "s sub a 1; p pub a 2; s sub a 2; p ack 1; s recv p/1 qos 2"),
        .init("not yet asked for", "s sub a 1; p pub a 2; p ack 1; s recv p/1 qos 2; s sub a 2 asked", ["wrong-qos": 1]),
        .init("refused to raise it", "s sub a 1; s sub a 2 128; p pub a 2; p ack 1; s recv p/1 qos 1"),
        .init("of a session from before the trace nothing is known", "s resume; s sub a 1; p pub a 2; p ack 1; s recv p/1 qos 2"),
        .init(
            "copies at two QoS have no order",
            "s sub a 0; p pub a 1; s sub a 1; p pub a 1; p ack 1; p ack 2; s recv p/2 qos 1; s recv p/1 qos 0"),
        .init(
            "at QoS 2 to granted 0, resent, swapped",
            "s sub a 0; p pub a 2; p pub a 2; p gone; p resume; p resend 1; p resend 2; p ack 1; p ack 2; s recv p/2 qos 0; s recv p/1 qos 0",
            ["reorder": 1]),
        .init(
            "at QoS 1 to granted 0, resent, swapped",
            "s sub a 0; p pub a 1; p pub a 1; p gone; p resume; p resend 1; p resend 2; p ack 1; p ack 2; s recv p/2 qos 0; s recv p/1 qos 0"
        ),
    ]

    private static let unanswered = "s connect kept; s gone; s sub a 2 255 asked 2; s resume v3; p pub a 2; p ack 1; "

    private static let two = "s sub a 2; s sub # 1; p pub a 2; p ack 1; "
    private static let once = Expectations(overlappingSubscriptions: .once)

    static let overlap: [Case] = [
        .init("one copy, of the greater", two + "s recv p/1 qos 2"),
        .init("one copy, of the lower", two + "s recv p/1 qos 1", ["wrong-qos": 1]),
        .init("one copy, of the lower, where one is expected", two + "s recv p/1 qos 1", ["wrong-qos": 1], once),
        .init("one of each", two + "s recv p/1 qos 1; s recv p/1 qos 2"),
        .init("one of each, in the other order", two + "s recv p/1 qos 2; s recv p/1 qos 1"),
        .init("two of the greater", two + "s recv p/1 qos 2; s recv p/1 qos 2", ["duplicate-qos2": 1]),
        .init("one of each and one more", two + "s recv p/1 qos 1; s recv p/1 qos 2; s recv p/1 qos 2", ["duplicate-qos2": 1]),
        .init("at none of them", two + "s recv p/1 qos 0; s recv p/1 qos 2", ["wrong-qos": 1]),
        .init("the greater was withdrawn", "s sub a 2; s sub # 1; p pub a 2; s unsub a; p ack 1; s recv p/1 qos 1"),
        .init("two shared groups", "s sub $share/g/a 2; s sub $share/h/a 1; p pub a 2; p ack 1; s recv p/1 qos 1; s recv p/1 qos 2"),
    ]

    @Test(arguments: [
        (
            "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 0",
            "a message 1 of p (QoS 2, acknowledged) reached s at QoS 0; by what was granted it had to come at QoS 2."
        ),
        (
            two + "s recv p/1 qos 1",
            "a message 1 of p (QoS 2, acknowledged) reached s below QoS 2 only, although a subscription that matches was granted that."
        ),
    ])
    func tellsItInOneSentence(_ line: String, _ sentence: String) async throws {
        let witness = try #require(try await History(line).check().anomalies.first?.witnesses.first)
        #expect(witness.sentence == sentence)
        #expect(witness.events.map(\.what) == ["published", "delivered"])
    }
}
