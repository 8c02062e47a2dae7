/// The classes of violation, most severe first. The raw values are the names that reports and docs/model.md use.
package enum ViolationClass: String, CaseIterable, Sendable {
    // Sessions
    case sessionLost = "session-lost"
    case falseResume = "false-resume"
    case takeoverBothLive = "takeover-both-live"
    // Delivery
    case lost
    case sharedLost = "shared-lost"
    case unexpected
    case abortedRead = "aborted-read"
    case corrupt
    case stampCorrupt = "stamp-corrupt"
    case misrouted
    case sharedNonmember = "shared-nonmember"
    case duplicateQoS2 = "duplicate-qos2"
    case sharedDuplicate = "shared-duplicate"
    case wrongQoS = "wrong-qos"
    case reorder
    case reorderAfterResume = "reorder-after-resume"
    case causalInversion = "causal-inversion"
    case unseen
    case duplicateQoS0 = "duplicate-qos0"
    // Wills and retained messages
    case willMissing = "will-missing"
    case willDoubled = "will-doubled"
    case willAfterDisconnect = "will-after-disconnect"
    case retainedStale = "retained-stale"
    case retainedMissing = "retained-missing"
    case retainedNotCleared = "retained-not-cleared"
    case retainFlagForged = "retain-flag-forged"
    // Packets
    case dupFlagMissing = "dup-flag-missing"
    case dupFlagForged = "dup-flag-forged"
    case ackOrder = "ack-order"
    case idCollision = "id-collision"
    case illegalResend = "illegal-resend"
    case redelivered
    // Locks and counters
    case lockOverlap = "lock-overlap"
    case tokenReuse = "token-reuse"
    case tokenRegression = "token-regression"
    case badRelease = "bad-release"
    case lostUpdate = "lost-update"
    case staleRead = "stale-read"
    case badWrite = "bad-write"
    case counterDrift = "counter-drift"
    case counterMismatch = "counter-mismatch"
    // Workflow
    case stuck
    case doubleTerminal = "double-terminal"
    case doubleEffect = "double-effect"
    case orphanEvent = "orphan-event"
    case causalityBroken = "causality-broken"
    case oversold
    case stockDrift = "stock-drift"
}
