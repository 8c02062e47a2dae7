import Testing

@testable import Verification

/// Every deliberate defect of the judges of locks and counters changes what is found in a history that was written for it.
@Suite struct LockMutantTests {
    @Test(arguments: [
        (Mutant.reuseByOthersOnly, LockTests.three + "a in x 3 3 +1; a out x 3 4", "token-reuse"),
        (
            .regressionOfNeighbours,
            "a new x 0; a in x 3 0 +1; a out x 3 1; a in x 1 1 +1; a out x 1 2; a in x 2 2 +1; a out x 2 3; a in x 4 3 0; a out x 4 3",
            "token-regression"
        ),
        (
            .overlapWithLastOnly,
            "a new x 0; a in x 1 0 0; b in x 2 0 0; b out x 2 0; c in x 3 0 0; c out x 3 0; a out x 1 0", "lock-overlap"
        ),
        (
            .unreleasedHoldsNothing, "a new x 0; a in x 1 0 0; b in x 2 0 0; b out x 2 0; a new y 0; a in y 1 0 0; a out y 1 0",
            "lock-overlap"
        ),
        (.releaseByAnyone, "a new x 0; a in x 1 0 +1; b out x 1 1; b in x 2 1 0; b out x 2 1", "bad-release"),
        (.secondReleaseIsHarmless, "a new x 0; a in x 1 0 +1; a out x 1 1; a out x 1 1", "bad-release"),
        (
            .finalSumOnly,
            "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 +1; b out x 2 1; a in x 3 1 +1; a out x 3 3", "lost-update"
        ),
        (
            .chainOfUpdatesOnly, "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 2 0 0; b out x 2 0; a in x 3 0 0; a out x 3 0",
            "stale-read"
        ),
        (.writeOfUpdatesOnly, "a new x 0; a in x 1 0 0; a out x 1 7; b in x 2 7 0; b out x 2 7", "bad-write"),
        (
            .holesAreQuiet, "a new x 0; a in x 1 0 +1; a out x 1 1; b in x 3 0 +1; b out x 3 1", "counter-drift"
        ),
        (.finalValueMayExceed, LockTests.three + "b count x 4", "counter-drift"),
        (.countsMayFallShort, "a pub 1; a pub 2; a ack 1; a ack 2; a count published 1", "counter-mismatch"),
    ])
    func isNoticed(mutant: Mutant, history: String, kind: String) async throws {
        let sound = try await LockHistory(history).check()
        let defect = try await LockHistory(history).check(mutant: mutant)
        #expect(sound.counts[kind, default: 0] > defect.counts[kind, default: 0], "\(sound.counts) and \(defect.counts)")
    }
}
