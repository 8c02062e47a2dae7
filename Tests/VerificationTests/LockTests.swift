import Testing

@testable import Verification

/// For each class of locks and counters the histories that yield exactly it, and their legal neighbours that pass.
@Suite struct LockTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var history: String
        var anomalies: [String: Int]

        var testDescription: String { name }

        init(_ name: String, _ history: String, _ anomalies: [String: Int] = [:]) {
            self.name = name
            self.history = history
            self.anomalies = anomalies
        }
    }

    @Test(arguments: order + values + releases + counters)
    func findsExactly(_ item: Case) async throws {
        for files in [1, 2] {
            let report = try await LockHistory(item.history).check(files: files)
            #expect(report.counts == item.anomalies, "\(item.name) in \(files) files")
            #expect(report.verdict == (item.anomalies.isEmpty ? .pass : .violation), "\(item.name) in \(files) files: \(report.doubts)")
            #expect(report.doubts == [], "\(item.name) in \(files) files")
            for anomaly in report.anomalies {
                for witness in anomaly.witnesses {
                    #expect((1...3).contains(witness.events.count) && witness.sentence.hasSuffix("."), "\(item.name): \(witness)")
                }
            }
        }
    }

    /// Three sections that follow each other.
    static let three = "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 1 +1; b out x 2 2; a in x 3 2 +1; a out x 3 3; "

    static let order: [Case] = [
        .init("three sections", three),
        .init("in any order of records", "a new x 0; at 100; b in x 2 1 +1; b out x 2 2; at 20; a in x 1 0 +1; a out x 1 1"),
        .init("a token drawn twice", three + "b in x 3 3 +1; b out x 3 4", ["token-reuse": 1]),
        .init("a token drawn twice by one process", three + "a in x 3 3 +1; a out x 3 4", ["token-reuse": 1]),
        .init("a token drawn three times", three + "a in x 3 3 +1; a out x 3 4; b in x 3 4 +1; b out x 3 5", ["token-reuse": 2]),
        .init(
            "the counter of tokens went back",
            "a new x 0; a in x 2 0 +1; a out x 2 1; b in x 1 1 +1; b out x 1 2; a in x 3 2 0; a out x 3 2",
            ["token-regression": 1]),
        .init(
            "the counter of tokens went back by two",
            "a new x 0; a in x 3 0 +1; a out x 3 1; a in x 4 1 +1; a out x 4 2; a in x 2 2 +1; a out x 2 3; a in x 1 3 +1; a out x 1 4; "
                + "a in x 5 4 0; a out x 5 4", ["token-regression": 2]),
        .init(
            "asked for earlier, got it later",
            "a new x 0; at 30; b in x 1 0 +1 since 25; b out x 1 1; a in x 2 1 +1 since 20; a out x 2 2"),
        .init(
            "two held it at once, reads only", "a new x 0; a in x 1 0 0; b in x 2 0 0; a out x 1 0; b out x 2 0", ["lock-overlap": 1]),
        .init(
            "released in the moment in which the other acquired",
            "a new x 0; a in x 1 0 0; at 50; a out x 1 0 since 30; at 30; b in x 2 0 0; b out x 2 0"),
        .init(
            "the release took long, but had begun", "a new x 0; a in x 1 0 0; at 90; a out x 1 0 since 30; at 40; b in x 2 0 0; b out x 2 0"
        ),
        .init(
            "one held it while two others came and went",
            "a new x 0; a in x 1 0 0; b in x 2 0 0; b out x 2 0; c in x 3 0 0; c out x 3 0; a out x 1 0", ["lock-overlap": 2]),
        .init(
            "never released, and its process writes on",
            "a new x 0; a in x 1 0 0; b in x 2 0 0; b out x 2 0; a in y 1 0 0; a out y 1 0; a new y 0",
            ["lock-overlap": 1]),
        .init("never released, and its process ended", "a new x 0; a in x 1 0 +1; b in x 2 0 +1; b out x 2 1"),
        .init("never released, but it had written", "a new x 0; a in x 1 0 +1; b in x 2 1 +1; b out x 2 2"),
        .init("never released, and others are right too", "a new x 0; a in x 1 0 +1; b in x 2 1 0; b out x 2 1; b count x 1"),
        .init("locks are locks of their own", "a new x 0; a new y 5; a in x 1 0 +1; b in y 1 5 +1; a out x 1 1; b out y 1 6"),
    ]

    static let values: [Case] = [
        .init(
            "lost update", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 +1; b out x 2 1; a in x 3 1 +1; a out x 3 2",
            ["lost-update": 1]),
        .init(
            "lost update and one that makes up for it",
            "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 +1; b out x 2 1; a in x 3 1 +1; a out x 3 3; a count x 3",
            ["lost-update": 1, "bad-write": 1]),
        .init(
            "lost and made up for by one who read twice too much",
            "a new x 0; a in x 1 0 +2; a out x 1 2; b in x 2 0 +2; b out x 2 2; a in x 3 4 0; a out x 3 4; a count x 4",
            ["lost-update": 1, "counter-drift": 1]),
        .init(
            "stale read", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 0; b out x 2 0; a in x 3 0 0; a out x 3 0", ["stale-read": 1]),
        .init("bad write", "a new x 0; a in x 1 0 +1; a out x 1 2; b in x 2 2 0; b out x 2 2", ["bad-write": 1]),
        .init("a read that writes", "a new x 0; a in x 1 0 0; a out x 1 7; b in x 2 7 0; b out x 2 7", ["bad-write": 1]),
        .init("nobody wrote that", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 9 +1; b out x 2 10", ["counter-drift": 1]),
        .init("not what it was at first", "a new x 0; a in x 1 3 +1; a out x 1 4", ["counter-drift": 1]),
        .init(
            "a section that nobody recorded", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 3 2 +1; b out x 3 3", ["counter-drift": 1]),
        .init(
            "one that nobody recorded went back", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 3 0 +1; b out x 3 1", ["counter-drift": 1]),
        .init("the first nobody recorded", "a new x 0; b in x 2 1 +1; b out x 2 2", ["counter-drift": 1]),
        .init("counted what is there", three + "a count x 3; b count x 3"),
        .init("counted less", three + "a count x 2", ["counter-drift": 1]),
        .init("counted more", three + "b count x 4", ["counter-drift": 1]),
        .init("counted before the end", three + "a count x 1; a in x 4 3 0; a out x 4 3"),
        .init("counted of nothing", "a new x 4; a count x 4"),
        .init("counted of nothing, wrong", "a new x 4; a count x 0", ["counter-drift": 1]),
        .init("counted while one was never released", "a new x 0; b note; a in x 1 0 +3; b count x 3; b count x 0"),
        .init("counted what neither is", "a new x 0; b note; a in x 1 0 +3; b count x 1", ["counter-drift": 1]),
        .init("down and below zero", "a new x 1; a in x 1 1 -5; a out x 1 -4; a in x 2 -4 -1; a out x 2 -5; a count x -5"),
    ]

    static let releases: [Case] = [
        .init("released by nobody's token", three + "b out x 9 3", ["bad-release": 1]),
        .init("released a token before all", three + "b out x 0 3", ["bad-release": 1]),
        .init("released by another", "a new x 0; a in x 1 0 +1; b out x 1 1; b in x 2 1 0; b out x 2 1", ["bad-release": 1]),
        .init("released by another and by its owner", "a new x 0; a in x 1 0 +1; b out x 1 1; a out x 1 1", ["bad-release": 1]),
        .init("released twice", "a new x 0; a in x 1 0 +1; a out x 1 1; a out x 1 1", ["bad-release": 1]),
        .init("released three times", "a new x 0; a in x 1 0 +1; a out x 1 1; a out x 1 1; a out x 1 1", ["bad-release": 2]),
    ]

    static let counters: [Case] = [
        .init(
            "all counters are right",
            "a pub 1; b join; a pub 2; a ack 1; a refuse 2; b recv 1; b recv 1; b process 1; a count published 2; a count acked 1; a count refused 1; "
                + "b count delivered 2; b count processed 1; b count published 0"),
        .init("published more", "a pub 1; a ack 1; a count published 2", ["counter-mismatch": 1]),
        .init("published less", "a pub 1; a pub 2; a ack 1; a ack 2; a count published 1", ["counter-mismatch": 1]),
        .init("acked what was refused", "a pub 1; a refuse 1; a count acked 1; a count refused 0", ["counter-mismatch": 2]),
        .init("delivered counts copies", "a pub 1; b join; a ack 1; b recv 1; b recv 1; b count delivered 1", ["counter-mismatch": 1]),
        .init(
            "processed is not delivered", "a pub 1; b join; a ack 1; b recv 1; b recv 1; b process 1; b count processed 2",
            ["counter-mismatch": 1]),
        .init("counted on the way", "a pub 1; a count published 1; a pub 2; a count published 2; a ack 1; a ack 2"),
        .init("a lock may be called so", "a new acked 3; a count acked 3"),
    ]
}

extension CheckReport {
    /// The classes that were found, with their counts.
    var counts: [String: Int] { Dictionary(uniqueKeysWithValues: anomalies.map { ($0.class, $0.count) }) }
}
