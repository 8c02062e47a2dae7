/// One thing that goes wrong in a world. Each is injected alone, at a place that follows from the seed.
package enum Fault: String, CaseIterable, Sendable {
    // Loss
    case dropAfterPuback = "drop-after-puback"
    case dropAfterPubcomp = "drop-after-pubcomp"
    case dropFirst = "drop-first"
    case dropLast = "drop-last"
    case crashWithoutSync = "crash-without-sync"
    // Documented limits
    case dropAtCap = "drop-at-cap"
    case dropBeyondCount = "drop-beyond-count"
    // What should not have come
    case deliverUnsent = "deliver-unsent"
    case deliverForeign = "deliver-foreign"
    case deliverRefused = "deliver-refused"
    case flipByte = "flip-byte"
    case otherTopic = "other-topic"
    case toStranger = "to-stranger"
    // Copies
    case qos2TwiceOnResend = "qos2-twice-on-resend"
    case qos2TwiceOnRelease = "qos2-twice-on-release"
    case qos2IDsForgotten = "qos2-ids-forgotten"
    case qos2TwiceToSubscriber = "qos2-twice-to-subscriber"
    case qos0Twice = "qos0-twice"
    case forbiddenRedelivery = "forbidden-redelivery"
    // Order
    case swapNeighbours = "swap-neighbours"
    case overtakeSeveral = "overtake-several"
    case resendReversed = "resend-reversed"
    case newBeforeResend = "new-before-resend"
    case resendInPart = "resend-in-part"
    // Causes
    case stampAltered = "stamp-altered"
    case delayedTopic = "delayed-topic"
    case inboxTooEager = "inbox-too-eager"
    // Locks and counters
    case lostUpdate = "lost-update"
    case staleRead = "stale-read"
    case lostThenCompensated = "lost-then-compensated"
    case badWrite = "bad-write"
    case doubleUnlock = "double-unlock"
    case releaseByOther = "release-by-other"
    case releaseOfNothing = "release-of-nothing"
    case overlap = "overlap"
    case neverReleased = "never-released"
    case tokenReuse = "token-reuse"
    case tokenRegression = "token-regression"
    case unloggedSection = "unlogged-section"
    case finalValueOff = "final-value-off"
    case counterLies = "counter-lies"
    // Clocks
    case clockSkewed = "clock-skewed"
    // Sessions
    case sessionForgotten = "session-forgotten"
    case presentForClean = "present-for-clean"
    case endedSessionResumed = "ended-session-resumed"
    case stateGone = "state-gone"
    case takeoverLeavesOpen = "takeover-leaves-open"
    // Packets
    case qos1TwiceWithoutDup = "qos1-twice-without-dup"
    case resumeWithoutDup = "resume-without-dup"
    case dupPassedOn = "dup-passed-on"
    case dupOnQoS0 = "dup-on-qos0"
    case pubacksSwapped = "pubacks-swapped"
    case idReused = "id-reused"
    case liveResend = "live-resend"
    // Retained messages
    case retainedStale = "retained-stale"
    case retainedNotCleared = "retained-not-cleared"
    case retainedDropped = "retained-dropped"
    case retainForged = "retain-forged"
    // Wills
    case willDropped = "will-dropped"
    case willTwice = "will-twice"
    case willAfterDisconnect = "will-after-disconnect"
    // Groups
    case sharedTwice = "shared-twice"
    case sharedLost = "shared-lost"
    case sharedToStranger = "shared-to-stranger"
    // What cannot be seen
    case restless = "restless"
    case drainTimedOut = "drain-timed-out"
    case tornEnd = "torn-end"
    case tornMiddle = "torn-middle"
}
