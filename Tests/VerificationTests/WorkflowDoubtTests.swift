import Testing

@testable import Verification

/// What the checker says of workflows when it could not see all, and of its own deliberate defects.
@Suite struct WorkflowDoubtTests {
    @Test(arguments: [
        ("a machine that nobody knows", "a is 1 begun of journey", "does not know 1 state machine (journey)"),
        ("a quantity that nobody knows", "a move 1 box - shelf of air", "does not know 1 quantity (air)"),
        (
            "a counter of a state that nobody knows", "a is 1 placed; a is 1 rejected; a is 1 refunded; a count order/frozen 0",
            "1 counter (order/frozen)"
        ),
        ("a counter of a term that nobody knows", "a move 1 apple - on_hand; a count stock/apple/attic 0", "1 counter (stock/apple/attic)"),
        (
            "received before it was published, in a circle",
            "a is 1 placed; b is 2 placed; a recv b/1; a pub; b recv a/1; b pub; a is 1 rejected; a is 1 refunded; b is 2 rejected; b is 2 refunded",
            "1 messages were received before they were published"
        ),
    ])
    func isInconclusive(name: String, history: String, doubt: String) async throws {
        let report = try await WorkflowHistory(history).check(.shop)
        #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report)")
        // What was received before it was published stands before its publish in the file, too.
        let others = report.doubts.filter { !$0.contains("stand in their file before the publish") }
        #expect(others.count == 1 && others[0].contains(doubt), "\(report.doubts)")
    }

    @Test func withoutAWorkflowNothingIsJudged() async throws {
        let history = WorkflowHistory("a is 1 shipped; a move 1 apple on_hand shipped")
        #expect(try await history.check(.shop).verdict == .violation)
        let report = try await history.check(nil)
        #expect(report.verdict == .inconclusive && report.workflow == nil)
        #expect(
            report.doubts == ["The trace has 1 changes of state and 1 moves of a workflow, and no workflow says which are right."])
    }

    /// What the missing part of a trace could explain is no violation.
    @Test(arguments: [
        "a is 1 placed", "a is 1 rejected; a is 1 refunded", "a is 1 placed; b is 1 rejected; b is 1 refunded",
        "a move 1 apple on_hand reserved",
        "a move 2 apple - on_hand; a count stock/apple/on_hand 1",
        "a is 1 placed; a is 1 rejected; a is 1 refunded; a count order/refunded 2",
    ])
    func aDamagedTraceIsInconclusive(history: String) async throws {
        #expect(try await WorkflowHistory(history).check(.shop).verdict == .violation)
        let report = try await WorkflowHistory(history).check(.shop, damaged: true)
        #expect(report.verdict == .inconclusive && report.anomalies == [], "\(report)")
    }

    @Test(arguments: [
        ("a is 1 placed; a is 1 rejected; a is 1 refunded; a is 1 refunded", "double-effect"),
        ("a is 1 placed; a is 1 frozen", "orphan-event"), ("a move 2 apple - on_hand; a move 1 apple on_hand lost", "stock-drift"),
        ("ship is 1 placed; ship is 1 reserved; ship is 1 packed; ship is 1 refunded; ship is 1 shipped", "double-terminal"),
    ])
    func aViolationStandsInADamagedTrace(history: String, kind: String) async throws {
        let report = try await WorkflowHistory(history).check(.shop, damaged: true)
        #expect(report.verdict == .violation && report.counts == [kind: 1], "\(report)")
    }

    /// What had not come to its end in a run that did not either is not stuck.
    @Test(arguments: ["a is 1 placed; restless", "a is 1 placed; a is 1 rejected; a is 1 refunded; a count order/refunded 2; restless"])
    func aRunThatDidNotComeToRestIsInconclusive(history: String) async throws {
        let report = try await WorkflowHistory(history).check(.shop)
        #expect(report.verdict == .inconclusive && report.doubts.count == 2, "\(report)")
        #expect(report.doubts.contains { $0.hasPrefix("1 things or counters of the workflow had not come to their end") })
    }

    @Test func totalsCountThingsAndMoves() async throws {
        let history = WorkflowHistory(
            WorkflowTests.whole
                + "shop is 2 placed; shop is 2 rejected; shop is 2 refunded; a move 5 apple - on_hand; a move 1 pear - on_hand; "
                + "a move 2 apple on_hand shipped")
        let totals = try #require(try await history.check(.shop).workflow)
        #expect(totals.machines.map(\.name) == ["order"] && totals.quantities == [.init(name: "stock", accounts: 2, moves: 3)])
        #expect(totals.machines[0].entities == 2 && totals.machines[0].transitions == 7)
        #expect(
            totals.machines[0].states.filter { $0.entities > 0 } == [
                .init(name: "shipped", entities: 1), .init(name: "refunded", entities: 1),
            ])
        #expect(totals.machines[0].states.map(\.name) == Workflow.shop.machines[0].states)
    }

    @Test(arguments: [
        (
            "a is 1 placed; b is 1 rejected; b is 1 refunded",
            "order 1 entered rejected at b, which had received no message that shows that it had entered placed at a.",
            ["entered placed", "entered rejected"]
        ),
        (
            "a is 1 placed; a is 1 packed; a is 1 refunded",
            "order 1 entered packed at a, but it never entered reserved, from where that state is reached.", ["entered packed"]
        ),
        (
            "a is 1 placed; a is 1 reserved", "order 1 entered placed at a and was still reserved when the run came to rest.",
            ["entered placed", "entered reserved"]
        ),
        (
            "a is 1 shipped", "order 1 entered shipped at a, to which nothing that it had been through leads by a process of the group a.",
            ["entered shipped"]
        ),
        ("a move 1 apple on_hand shipped", "1 of stock apple moved from on_hand to shipped at a, which leaves -1 on_hand.", ["moved"]),
        (
            "a move 5 apple - on_hand; a count stock/apple/on_hand 4", "a counted 4 as stock/apple/on_hand, but the trace comes to 5.",
            ["counted"]
        ),
    ])
    func tellsItInOneSentence(history: String, sentence: String, events: [String]) async throws {
        let witness = try #require(try await WorkflowHistory(history).check(.shop).anomalies.first?.witnesses.first)
        #expect(witness.sentence == sentence && witness.events.map(\.what) == events)
    }

    /// Every deliberate defect changes what is found in a history that was written for it.
    @Test(arguments: [
        (Mutant.anyStateBefore, "a is 1 placed; a is 1 packed; a is 1 refunded"),
        (.causesByClock, "a is 1 placed; b is 1 rejected; b is 1 refunded"),
        (.onlyDirectCauses, "a is 1 placed; a pub; b recv a/1; b pub; c recv b/1; c is 1 rejected; c is 1 refunded"),
        (.effectOncePerProcess, "a is 1 placed; a pub; b recv a/1; b is 1 placed; a is 1 rejected; a is 1 refunded"),
        (
            .endsAtOneProcess,
            "a is 1 placed; a is 1 reserved; a is 1 packed; a is 1 refunded; a pub; ship recv a/1; ship is 1 shipped"
        ),
        (.stuckAtTheBeginning, "a is 1 placed; a is 1 reserved"),
        (.oversoldAtTheEnd, "a move 1 apple on_hand reserved; a move 1 apple - on_hand"),
        (.anyTermWillDo, "a move 1 apple - on_hand; a move 1 apple on_hand lost"),
        (.moreMayBeThere, "a move 1 apple - on_hand; a count stock/apple/on_hand 2"),
        (.countsThoseThatWere, "a is 1 placed; a is 1 rejected; a is 1 refunded; a count order/placed 0"),
    ])
    func everyMutantIsNoticed(mutant: Mutant, history: String) async throws {
        let sound = try await WorkflowHistory(history).check(.shop)
        let defect = try await WorkflowHistory(history).check(.shop, mutant: mutant)
        #expect(sound.counts != defect.counts, "\(sound.counts)")
    }
}
