/// A deliberate defect of the checker, one for each detector at least. The tests switch each on and demand that something goes red: a checker
/// whose defects nobody notices proves nothing. Nothing but tests and the hidden option of `waybill selftest` can switch one on.
package enum Mutant: String, CaseIterable, Sendable {
    // Loss
    /// Prefix and middle losses are not reported.
    case blindToLoss
    /// What is missing before the first message that arrived is not missed.
    case blindToPrefix
    /// What is missing behind the last message that arrived is not missed.
    case blindBehindTheLast
    /// A stream of which nothing arrived is not missed.
    case blindToSilence
    /// A message that was acknowledged after the subscription was withdrawn is owed all the same.
    case withdrawnIsOwed
    /// A subscription counts from before the publish was acknowledged, and not from before it was sent.
    case lateSubscriptionsAreOwed
    /// A session that ended is owed what came after.
    case endedSessionsAreOwed
    /// A session that ended before the drain missed nothing.
    case endedSessionsLoseNothing
    /// A SUBACK that an UNSUBSCRIBE has overtaken opens a subscription.
    case forgetsUnsubscribeUnderWay
    /// What was in flight when its publisher lost its session is judged like everything else.
    case newSessionsForgetNothing

    // What should not have come
    /// A publish that was refused may arrive.
    case refusedMayArrive
    /// The topic of a delivery is not compared with that of the publish.
    case topicIsNotCompared
    /// Whoever receives a message has asked for it.
    case anySubscriptionWillDo
    /// A subscription may bring a message at any time, before it was asked for and after it was withdrawn.
    case routingHasNoTime
    /// Every QoS that a subscription was ever granted holds for all its time.
    case everyGrantHolds
    /// Own messages may come back, whatever the client asked for.
    case noLocalIsNoMatter
    /// A delivery may come at any QoS.
    case anyQoSWillDo
    /// Two publishes under one number are one.
    case repeatedNumbersAreOne
    /// What stands before its publish in one file came before it.
    case writersAreRight
    /// Without SUBACK there was no SUBSCRIBE.
    case unansweredIsUnasked
    /// A number that nobody published is one that is not known yet.
    case unknownNumbersAreLate
    /// Messages of others are none of our business.
    case foreignIsHarmless
    /// A message with a damaged payload is no message.
    case corruptIsHarmless

    // Copies
    /// One copy more than allowed is allowed.
    case oneCopyMore
    /// At QoS 2 copies are counted as at QoS 1.
    case qos2LikeQoS1
    /// What the publisher wrote again gives no right to another copy.
    case resendsDoNotCount
    /// Several filters give no right to several copies.
    case overlapGivesOneCopy
    /// Where a copy for each filter is expected, any one of them is enough.
    case oneCopyOfEachWillDo
    /// Redelivery is never forbidden.
    case redeliveryIsNeverForbidden

    // Order
    /// A late message is the one that the next are held against.
    case lateOverwritesLast
    /// Only first copies have to be in order.
    case firstCopiesOnly
    /// What the broker sends again on a live connection has to be repeated in full.
    case liveResendsKeepOrder
    /// What came out of order after a resume is any disorder.
    case resumeIsForgotten
    /// After a resume everything that comes out of order is the resume's fault.
    case resumeExplainsAll
    /// A publish without an acknowledgement has its place in the order.
    case unknownKeepsOrder
    /// Copies of different QoS have an order among them.
    case ordersAcrossQoS
    /// At QoS 1 what was sent again has its place in the order, although its first copy came before the subscription.
    case resendsKeepOrder
    /// What its publisher wrote again has to be followed by all that came behind it, although that was acknowledged before.
    case acknowledgementsHaveOrder
    /// What the publisher sent again at QoS 2 is forwarded again.
    case resendsAtQoS2AreForwarded
    /// What comes for the first time behind a gap of the trace has not come before.
    case gapsHideNothing
    /// At QoS 0 what was sent again has its place in the order, although its first copy may be lost.
    case ordersResendsAtQoS0

    // Sessions
    /// A session without subscriptions may be forgotten.
    case sessionsWithoutFiltersMayGo

    // What cannot be seen
    /// A trace that does not say that the run came to rest is one of a run that did.
    case silenceIsQuiet
    /// A drain that timed out is one that came to rest.
    case timeoutIsQuiet
    /// A torn trace is not mentioned.
    case tornIsWhole
    /// What is not in a torn trace did not happen.
    case tornProvesAbsence
    /// Times of all clocks are compared.
    case comparesAllClocks
    /// The mark that all are subscribed counts for those who subscribed later.
    case markCountsForAll

    // Causes
    /// What no subscription asked for is in nobody's past.
    case strayHasNoPast
    /// What no subscription asked for has its place in the order behind an inbox.
    case straysHaveOrder
    /// A message that arrives after its effect is taken for one in order.
    case blindToInversions
    /// The same behind a causal inbox.
    case blindToProcessedInversions
    /// What came in an earlier session of a process has its place in the order of a later one.
    case inversionsAcrossSessions
    /// A message that comes after a later one of its stream, or after itself, is an inversion.
    case streamsInvertThemselves
    /// A publisher that leaves a stamp out is not judged by the others.
    case oneGapSilencesStamps
    /// What cannot be read of a stamp is no part of it.
    case unreadableStampIsNone
    /// Who received a wrong stamp has a wrong one, whatever it says.
    case passesWrongStampsOn
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
    /// A counter that nobody read has counted nothing.
    case untoldIsZero
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
