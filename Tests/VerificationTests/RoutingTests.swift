import Testing

@testable import Verification

/// A subscription brings what the broker forwards while it holds: not before it was asked for, and not when the broker knows that it was withdrawn.
@Suite struct RoutingTests {
    typealias Case = ClassTests.Case

    @Test(arguments: cases)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test(arguments: [
        (Mutant.routingHasNoTime, "withdrawn, and the broker"), (.routingHasNoTime, "before it was asked for"),
        (.noLocalIsNoMatter, "its own"),
    ])
    func defectsAreNoticed(_ mutant: Mutant, name: String) async throws {
        try await Judged.check(try #require(Self.cases.first { $0.name.hasPrefix(name) }), killing: [mutant])
    }

    static let cases: [Case] = [
        .init(
            "withdrawn, and the broker has answered what came behind",
            "s sub a 1; s unsub a; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1",
            ["misrouted": 1]),
        .init("withdrawn, and nothing shows that the broker knows", "s sub a 1; s unsub a; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "withdrawn, and the answer may be to what came before",
            "s sub a 1; s unsub a; s sub b 1 asked 2; p pub a 1; p ack 1; s recv p/1"),
        .init("withdrawn while it was under way", "s sub a 1; p pub a 1; s unsub a; s sub b 1 asked; p ack 1; s recv p/1"),
        .init(
            "withdrawn on a connection that broke",
            "s sub a 1; s unsub a; s gone; s resume; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1"),
        .init("withdrawn and renewed", "s sub a 1; s unsub a; s sub b 1 asked; s sub a 1 asked; p pub a 1; p ack 1; s recv p/1"),
        .init("another filter matches", "s sub a 1; s sub # 1; s unsub a; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "in order, then withdrawn",
            "s sub a 1; p pub a 1; p ack 1; s recv p/1; p pub a 1; p ack 2; s recv p/2; s unsub a; s sub b 1 asked; p pub a 1; p ack 3; s recv p/3",
            ["misrouted": 1]),
        .init("before it was asked for", "p pub a 1; p ack 1; s recv p/1; s sub a 1 asked", ["misrouted": 1]),
        .init("from a register before it was asked for", "p pub a 1 retain; p ack 1; s recv p/1 retain; s sub a 0 asked", ["misrouted": 1]),
        .init("between SUBSCRIBE and SUBACK", "p pub a 1; p ack 1; s recv p/1; s sub a 1 asked 3"),
        .init("nobody knows when it was asked for", "p pub a 1; p ack 1; s recv p/1; s sub a 1"),
        .init("sent before it was asked for, and forwarded late", "p pub a 1; p ack 1; s sub a 1 asked; s recv p/1"),
        .init("its own, which it asked not to get", "s sub a 1 nolocal; s pub a 1; s ack 1; s recv s/1", ["misrouted": 1]),
        .init("its own, which another filter brings", "s sub a 1 nolocal; s sub # 1; s pub a 1; s ack 1; s recv s/1"),
        .init("that of another", "s sub a 1 nolocal; p pub a 1; p ack 1; s recv p/1"),
        .init("its own from a register", "s pub a 1 retain; s ack 1; s sub a 1 nolocal asked; s recv s/1 retain"),
        .init("again in a new clean session", "s sub a 2; p pub a 2; p ack 1; s recv p/1; s gone; s connect; s sub a 2 asked; s recv p/1"),
        .init(
            "again in a new clean session before it subscribed",
            "s sub a 2; p pub a 2; p ack 1; s recv p/1; s gone; s connect; s recv p/1; s sub a 2 asked", ["misrouted": 1]),
        .init(
            "RETAIN = 0 on what a new subscription brings", "p pub a 1 retain; p ack 1; s sub a 1 asked; s recv p/1",
            ["retained-missing": 1]),
        .init(
            "RETAIN = 0 on a live copy beside that of the register",
            "p pub a 1 retain; p ack 1; s sub a 1 asked; s recv p/1; s recv p/1 retain"),
        .init("a second copy over MQTT 5.0 whose DUP is hidden", "s sub a 1; p pub a 1; p ack 1; s recv p/1 id 4; s recv p/1 id 4"),
    ]

    /// Filters and topics have as many levels as their clients like.
    @Test func levelsAreNoDepth() async throws {
        let slashes = String(repeating: "/", count: 50_000)
        let plus = Array(repeating: "+", count: 50_001).joined(separator: "/")
        for filter in [slashes, plus, "/#"] {
            let report = try await History("s sub \(filter) 1; p pub \(slashes) 1; p ack 1; s recv p/1").check()
            #expect(report.verdict == .pass && report.totals.due == 1)
        }
    }
}
