import Testing

@testable import Verification

/// MQTT compares topics byte by byte. Swift holds canonically equivalent texts for equal, and what combines with a slash for one character.
@Suite struct ExactTopicTests {
    typealias Case = ClassTests.Case

    /// The same name in one scalar and in two.
    static let composed = "caf\u{E9}"
    static let decomposed = "cafe\u{301}"

    @Test func topicsOfOtherBytesAreOthers() {
        var tree = TopicTree()
        let one = tree.identify(Self.composed)
        let other = tree.identify(Self.decomposed)
        #expect(one != other)
        #expect(tree.topics(matching: Self.composed) == [one] && tree.topics(matching: Self.decomposed) == [other])
        #expect(tree.topics(matching: "+") == [one, other] && tree.identify(Self.composed) == one)
    }

    @Test func aSlashIsAByte() {
        var tree = TopicTree()
        let accent = tree.identify("a/\u{301}b")
        #expect(
            tree.topics(matching: "a/+") == [accent] && tree.topics(matching: "+") == [] && tree.topics(matching: "a/\u{301}b") == [accent])
        let system = tree.identify("$\u{301}x")
        #expect(
            tree.topics(matching: "#") == [accent] && tree.topics(matching: "+") == [] && tree.topics(matching: "$\u{301}x") == [system])
    }

    @Test func filtersOfOtherBytesAreOthers() {
        var filters = FilterTable()
        #expect(filters.identify(Self.composed) != filters.identify(Self.decomposed))
        let group = filters.identify("$share/g/\u{301}a/+")
        #expect(filters.shared == [group] && FilterTable.isShared("$share/\u{301}g/a"))
        var tree = TopicTree()
        let topic = tree.identify("\u{301}a/b")
        filters.match(tree)
        #expect(filters.topics[group] == [topic])
    }

    @Test(arguments: [
        Case("nothing is due by the other name", "s sub \(composed) 1; p pub \(decomposed) 1; p ack 1"),
        Case("due by its own name", "s sub \(composed) 1; p pub \(composed) 1; p ack 1", ["unseen": 1]),
        Case("came by the other name", "s sub \(composed) 1; p pub \(decomposed) 1; p ack 1; s recv p/1", ["misrouted": 1]),
        Case(
            "came on the other name", "s sub # 1; p pub \(composed) 1; p ack 1; s recv p/1 on \(decomposed)", ["misrouted": 1]),
        Case(
            "two streams have no order between them",
            "s sub # 1; p pub \(composed) 1; p ack 1; p pub \(decomposed) 1; p ack 2; s recv p/2; s recv p/1"),
        Case(
            "one is withdrawn, the other holds",
            "s sub \(composed) 1; s sub \(decomposed) 1; s unsub \(decomposed); p pub \(composed) 1; p ack 1", ["unseen": 1]),
    ])
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test func thingsOfOtherBytesAreOthers() async throws {
        let history =
            "shop is \(Self.composed) placed; shop is \(Self.decomposed) placed; shop is \(Self.composed) rejected; "
            + "shop is \(Self.decomposed) rejected; shop is \(Self.composed) refunded; shop is \(Self.decomposed) refunded"
        let report = try await WorkflowHistory(history).check(.shop)
        #expect(report.anomalies.isEmpty && report.verdict == .pass && report.workflow?.machines.first?.entities == 2)
    }
}
