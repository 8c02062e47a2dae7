import Causality
import Testing

@Suite struct TopicFilterTests {
    /// Every filter and topic of up to three levels of these, by the plain words of the standard.
    @Test func matchesAsTheStandardSays() {
        let levels = ["", "a", "b", "$s", "\u{E9}", "e\u{301}"]
        func all(_ levels: [String], _ depth: Int) -> [String] {
            depth == 1 ? levels : levels + all(levels, depth - 1).flatMap { rest in levels.map { $0 + "/" + rest } }
        }
        var matches = 0
        let topics = all(levels, 3).filter { !$0.isEmpty }
        for filter in all(levels + ["+", "#"], 3) {
            let isFilter = !filter.isEmpty && !filter.split(separator: "/", omittingEmptySubsequences: false).dropLast().contains("#")
            let parsed = TopicFilter(filter)
            #expect((parsed != nil) == isFilter, "\(filter)")
            guard let parsed else { continue }
            #expect(!parsed.isShared)
            let shared = TopicFilter("$share/g/" + filter)
            #expect(shared?.isShared == true, "\(filter)")
            let plain = PlainSubscription(filter: filter, isShared: false, isFromTheBeginning: true)
            for topic in topics {
                let isMatch = plain.matches(topic)
                if parsed.matches(topic) != isMatch || shared?.matches(topic) != isMatch {
                    Issue.record("\(filter) and \(topic): \(!isMatch)")
                }
                if isMatch { matches += 1 }
            }
        }
        #expect(matches > 1000)
    }

    @Test(
        arguments: [
            "", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "a\u{0}", "$share", "$share/g", "$share/g/", "$share//a", "$share/+/a",
            "$share/g#/a",
            "$share/g/a#", String(repeating: "a", count: 65_536),
        ])
    func refuses(filter: String) {
        #expect(TopicFilter(filter) == nil)
    }

    @Test(
        arguments: [
            ("a/#", "a", true), ("a/#", "ab", false), ("#", "$SYS/x", false), ("+/x", "$SYS/x", false), ("$SYS/#", "$SYS/x", true),
            ("+", "/a", false), ("/+", "/a", true), ("+/+", "/", true), ("a/+", "a/", true), ("a/+", "a", false),
            ("$share/g//a", "/a", true),
            ("$share/g/#", "$SYS/x", false), ("$shared/g/a", "$shared/g/a", true),
        ] as [(String, String, Bool)])
    func knowsTheCorners(filter: String, topic: String, isMatch: Bool) {
        #expect(TopicFilter(filter)?.matches(topic) == isMatch)
    }
}
