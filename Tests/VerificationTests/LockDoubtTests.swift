import Testing

@testable import Verification

/// What the checker says of locks and counters when it could not see all.
@Suite struct LockDoubtTests {
    @Test(arguments: [
        ("no creation", "a in x 1 0 +1; a out x 1 1", "1 lock (x) came into being in no trace"),
        ("two creations", "a new x 0; b new x 0; a in x 1 0 +1; b in x 1 0 +1", "1 lock (x) came into being more than once"),
        (
            "a hole that changes nothing", "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 3 1 +1; b out x 3 2",
            "sections that are in no trace"
        ),
        ("a counter of its own", "a note; a new x 0; a count speed 7", "1 counter (speed) of which nobody knows"),
        (
            "a counter of a workflow that is not there", "a new x 0; a count order/placed 7",
            "1 counter (order/placed) of which nobody knows"
        ),
        ("counted on another clock", "a new x 0; a in x 1 0 +1; a out x 1 1; b2 count x 0", "on another clock"),
    ])
    func isInconclusive(name: String, history: String, doubt: String) async throws {
        let report = try await LockHistory(history).check()
        #expect(report.verdict == .inconclusive && report.anomalies == [])
        #expect(report.doubts.count == 1 && report.doubts[0].contains(doubt), "\(report.doubts)")
    }

    /// What the missing part of a trace could explain is no violation.
    @Test(arguments: [
        "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 3 2 +1; b out x 3 3", "a new x 0; a in x 1 0 +1; a out x 1 1; a count x 2",
        "a new x 0; b out x 1 1", "a pub 1; a ack 1; a count published 2",
        "a new x 0; a in x 1 0 0; b in x 2 0 0; b out x 2 0; a count x 0",
    ])
    func aDamagedTraceIsInconclusive(history: String) async throws {
        #expect(try await LockHistory(history).check().verdict == .violation)
        let report = try await LockHistory(history).check(damaged: true)
        #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report)")
    }

    /// What no missing record could explain stands.
    @Test(arguments: [
        ("a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 +1; b out x 2 1", "lost-update"),
        ("a new x 0; a in x 1 0 +1; a out x 1 1; a out x 1 1", "bad-release"),
        (LockTests.three + "a in x 3 3 +1; a out x 3 4", "token-reuse"),
        ("a pub 1; a pub 2; a ack 1; a ack 2; a count published 1", "counter-mismatch"),
        ("a new x 0; a in x 1 0 0; b in x 2 0 0; a out x 1 0; b out x 2 0", "lock-overlap"),
    ])
    func aViolationStandsInADamagedTrace(history: String, kind: String) async throws {
        let report = try await LockHistory(history).check(damaged: true)
        #expect(report.verdict == .violation && report.counts == [kind: 1], "\(report)")
    }

    /// Times of two clocks are not compared: neither tokens nor holding are judged by them.
    @Test func timesOfDifferentClocksAreNotCompared() async throws {
        let overlap = "a new x 0; a in x 1 0 0; b2 in x 2 0 0; a out x 1 0; b2 out x 2 0"
        #expect(try await LockHistory(overlap).check().verdict == .pass)
        #expect(try await LockHistory(overlap.replacing("b2", with: "b")).check().counts == ["lock-overlap": 1])
        let regression = "a new x 0; a in x 2 1 +1; a out x 2 2; b2 in x 1 0 +1; b2 out x 1 1"
        #expect(try await LockHistory(regression).check().verdict == .pass)
        #expect(try await LockHistory(regression.replacing("b2", with: "b")).check().counts.keys.contains("token-regression"))
    }

    @Test func totalsCountWaitsAndHolds() async throws {
        let report = try await LockHistory(
            "a new x 0; b new y 0; at 100; a in x 1 0 +1 since 80; at 200; a out x 1 1 since 190; at 195; b in x 2 1 +1 since 150; b out x 2 2; "
                + "b in y 1 0 0; b out y 1 0"
        ).check()
        let locks = try #require(report.locks)
        #expect(locks.count == 2 && locks.sections == 3 && locks.contended == 1)
        #expect(locks.greatestWaitNanoseconds == 45 && locks.greatestHoldNanoseconds == 90)
        #expect(try await LockHistory("a note").check().locks == nil)
    }

    @Test func tellsALostUpdateInOneSentence() async throws {
        let report = try await LockHistory("a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 +1; b out x 2 1").check()
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(
            witness.sentence == "Section 2 of the lock x (b) read 0, although section 1 (a) before it had left 1, so that update was lost.")
        #expect(witness.events.map(\.what) == ["released", "acquired"] && witness.events.map(\.time) == [30, 40])
        #expect(witness.topic == "x")
    }
}
