/// A deliberate defect of the checker, one for each detector at least. The tests switch each on and demand that something goes red: a checker
/// whose defects nobody notices proves nothing. Nothing but tests and the hidden option of `waybill selftest` can switch one on.
package enum Mutant: String, CaseIterable, Sendable {
    /// Prefix and middle losses are not reported.
    case blindToLoss
    /// A message that arrives after its effect is taken for one in order.
    case blindToInversions
    /// The same behind a causal inbox.
    case blindToProcessedInversions
    /// Of a stamp, only the publisher's own entry is held against the trace.
    case looksAtOwnCountOnly
    /// Of a stamp, the publisher's own entry is believed.
    case trustsOwnCount

    // Documented limits
    /// A limit excuses whatever is missing, however little the broker counted.
    case limitIsNotCapped
    /// What a broker had counted before the run is admitted as well.
    case limitIgnoresStart
    /// What is missing at QoS 0 does not use up the broker's count.
    case limitForgetsQoS0

    // Locks and counters
    /// A token that one process drew twice is no reuse.
    case reuseByOthersOnly
    /// A token is compared with the next greater one only, not with all that are greater.
    case regressionOfNeighbours
    /// A section is held against the one acquired last before it, not against the one that holds longest.
    case overlapWithLastOnly
    /// A section that was never released holds the lock for no time.
    case unreleasedHoldsNothing
    /// Whoever releases a lock may.
    case releaseByAnyone
    /// A lock that was released may be released again.
    case secondReleaseIsHarmless
    /// The numbers that sections read are not compared where the sum is right at last.
    case finalSumOnly
    /// Sections that change nothing may read what they like.
    case chainOfUpdatesOnly
    /// Sections that change nothing may write what they like.
    case writeOfUpdatesOnly
    /// A section that nobody recorded does not explain a number: the next update is called lost.
    case holesAreQuiet
    /// The number counted at the end may be above the one that the last section left.
    case finalValueMayExceed
    /// A counter may read less than the trace shows.
    case countsMayFallShort
}
