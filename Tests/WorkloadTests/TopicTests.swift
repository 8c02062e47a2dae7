import Testing

@testable import Workload

@Suite struct TopicTests {
    private let client = ClientIdentity(group: "g", number: 4, id: "c-4", user: "bob")

    private func source(_ text: String, seed: UInt64 = 1) throws -> TopicSource {
        TopicSource(
            try TopicTemplate(text, role: .topic), client: client, random: RandomStream(seed: seed, group: 0, client: 4, purpose: .topics))
    }

    @Test(arguments: [
        ("a/b", "a/b"), ("%i", "4"), ("%g/%c/%u/%i/%s", "g/c-4/bob/4/17"), ("100%%/%i", "100%/4"), ("%%i", "%i"), ("x%rand_1", "x0"),
        ("é/%s%s", "é/1717"),
    ])
    func rendersPlaceholders(template: String, topic: String) throws {
        #expect(try source(template).topic(sequence: 17) == topic)
    }

    @Test func fixedTopicsAreRenderedOnce() throws {
        #expect(try source("a/%i/%g/%c/%u").fixedTopic == "a/4/g/c-4/bob")
        #expect(try source("a/%s").fixedTopic == nil)
        #expect(try source("a/%rand_2").fixedTopic == nil)
        #expect(try TopicTemplate("a/%s", role: .topic).variesPerMessage)
        #expect(try !TopicTemplate("a/%i", role: .topic).variesPerMessage)
    }

    /// A table of few and a composition of many must draw alike: uniform, from the seed, the same for the same message.
    @Test(arguments: ["t/%rand_50", "t/%rand_50%%%s"])
    func randomPlaceholdersAreUniform(template: String) throws {
        let source = try source(template)
        var counts: [Int: Int] = [:]
        for sequence in 1...50_000 as ClosedRange<UInt64> {
            let number = try #require(Int(source.topic(sequence: sequence).dropFirst(2).prefix { $0.isNumber }))
            counts[number, default: 0] += 1
        }
        #expect(counts.keys.sorted() == Array(0..<50))
        // Chi-square with 49 degrees of freedom exceeds 100 once in 40,000 seeds.
        let chiSquare = counts.values.reduce(0.0) { $0 + Double(($1 - 1_000) * ($1 - 1_000)) / 1_000 }
        #expect(chiSquare < 100, "\(chiSquare)")
        let again = try self.source(template)
        let other = try self.source(template, seed: 2)
        let sample = 1...20 as ClosedRange<UInt64>
        #expect(sample.map { source.topic(sequence: $0) } == sample.map { again.topic(sequence: $0) })
        #expect(sample.map { source.topic(sequence: $0) } != sample.map { other.topic(sequence: $0) })
    }

    @Test func twoRandomPlaceholdersAreDrawnApart() throws {
        let source = try source("%rand_10/%rand_10")
        let equal = (1...1_000 as ClosedRange<UInt64>).count { sequence in
            let levels = source.topic(sequence: sequence).split(separator: "/")
            return levels[0] == levels[1]
        }
        #expect((60...140).contains(equal), "\(equal) of 1,000, expected about 100")
    }

    /// Patterns against the plain way: render everything that small groups can produce and match each filter with each topic.
    @Test(arguments: 0..<400 as Range<UInt64>)
    func patternsAgreeWithRenderedTopics(seed: UInt64) throws {
        var random = RandomStream(state: seed)
        let levels = ["a", "b", "1", "%i", "%i", "%rand_3", "%g", "x%i", "x1", "%c"]
        let filterLevels = ["a", "1", "%i", "%i", "%g", "x%i", "x1", "+", "+", "%c", ""]
        func text(_ levels: [String]) -> String {
            (0..<Int.random(in: 1...3, using: &random)).map { _ in levels.randomElement(using: &random)! }.joined(separator: "/")
        }
        let topicText = text(levels)
        var filterText = text(filterLevels)
        if Bool.random(using: &random) { filterText += "/#" }
        if filterText.isEmpty { filterText = "+" }
        let topic = try TopicTemplate(topicText, role: .topic)
        let filter = try TopicTemplate(filterText, role: .filter)
        let publishers = try group("p", count: 3)
        let subscribers = try group("a", count: 2)
        var matches: Set<[Int]> = []
        for i in 0..<3 {
            let source = TopicSource(topic, client: publishers.client(i, user: ""), random: RandomStream(state: UInt64(i)))
            for name in Set((1...60 as ClosedRange<UInt64>).map { source.topic(sequence: $0) }) {
                for j in 0..<2 where naiveMatch(filter.text(for: subscribers.client(j, user: "")), name) { matches.insert([j, i]) }
            }
        }
        let feed = TopicPattern(filter, group: subscribers, user: "").feed(from: TopicPattern(topic, group: publishers, user: ""))
        let context: Comment = "seed \(seed): filter \(filterText), topic \(topicText): \(matches)"
        if matches.isEmpty {
            #expect(feed == .none, context)
        } else if matches.contains(where: { $0[0] != $0[1] }) {
            #expect(feed == .any, context)
        } else {
            // The same number on both sides; where a literal happens to pin it, any is a safe answer.
            #expect(feed != .none, context)
        }
        if feed == .sameNumber { #expect(matches == [[0, 0], [1, 1]], context) }
    }

    private func group(_ name: String, count: Int) throws -> Profile.Group {
        Profile.Group(
            name: name, count: count, protocolVersion: .v311, engine: .wire, session: .clean, keepAliveSeconds: 60,
            clientID: try TopicTemplate("x%i", role: .clientID), publish: nil, subscribe: nil)
    }

    private func naiveMatch(_ filter: String, _ topic: String) -> Bool {
        func match(_ filter: ArraySlice<Substring>, _ topic: ArraySlice<Substring>) -> Bool {
            guard let first = filter.first else { return topic.isEmpty }
            if first == "#" { return true }
            guard let level = topic.first, first == "+" || first == level else { return false }
            return match(filter.dropFirst(), topic.dropFirst())
        }
        return match(
            filter.split(separator: "/", omittingEmptySubsequences: false)[...],
            topic.split(separator: "/", omittingEmptySubsequences: false)[...])
    }
}
