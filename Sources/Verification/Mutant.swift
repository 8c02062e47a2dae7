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

    // Packets
    /// The order of PUBACKs is compared with the one before only, and not with the latest of all.
    case comparesWithLastAcknowledgement
    /// A resumed connection forgets which packet identifiers its session used.
    case forgetsPacketsOnResume
    /// The first copy of a message may carry DUP at QoS 1 and 2.
    case trustsFirstDup
    /// MQTT 5.0 is taken for 3.1.1, where resending on a live connection is allowed.
    case takesVersion5ForVersion3
    /// One acknowledgement frees every packet identifier of its client.
    case acknowledgementFreesAll

    // Sessions
    /// A client whose last connection was clean may find its session present.
    case cleanSessionsMayLast
    /// A resumed session that gets nothing of two messages is not suspected; off by one.
    case resumeNeedsThreeLosses
    /// What is sent before the newer connection is held against the older one, instead of what is sent after.
    case takeoverComparesBackwards

    // Retained messages
    /// A replacing message must have been sent before the one it replaces.
    case staleComparesBackwards
    /// A retained message is due above effective QoS 1 only; off by one.
    case retainedDueAtQoS2Only
    /// An empty retained message does not enter the register.
    case clearIsNoRetainedMessage
    /// A live message with the RETAIN flag is accepted where the session has subscribed at all.
    case trustsRetainFlag

    // Wills
    /// A will is due above effective QoS 1 only; off by one.
    case willDueAtQoS2Only
    /// One copy of a will too many is accepted.
    case willAllowsOneMore
    /// DISCONNECT does not withdraw a will.
    case disconnectKeepsWill

    // Shared subscriptions
    /// Two members of a group may get the same message.
    case groupAllowsTwoMembers
    /// What is lost to a group is due above effective QoS 1 only; off by one.
    case groupDueAtQoS2Only
    /// Whoever is in no group that matches is taken for a member.
    case everybodyIsMember

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

    // Workflow
    /// Any state that a thing entered leads to any other.
    case anyStateBefore
    /// What comes first by the clock is taken for the cause.
    case causesByClock
    /// A message passes on only what its publisher did itself, not what that one had received.
    case onlyDirectCauses
    /// A state entered twice is noticed only where both times were at one process.
    case effectOncePerProcess
    /// Two ends of a thing are noticed only where both were at one process.
    case endsAtOneProcess
    /// Only what never left its first state is stuck.
    case stuckAtTheBeginning
    /// A term is looked at only when everything has moved.
    case oversoldAtTheEnd
    /// Amounts may come from and go to terms that the workflow does not know.
    case anyTermWillDo
    /// A term may hold more than what moved there.
    case moreMayBeThere
    /// A counter of a state counts those that were in it at any time.
    case countsThoseThatWere
}
