/// A part of a service that a test takes away, to prove that the checker notices it is gone. Nothing but tests and a hidden option sets one.
public enum ShopDefect: String, CaseIterable, Sendable {
    /// Events are not looked up among those processed, nor orders among those known: what comes twice has its effect twice.
    case noIdempotentInbox = "no-idempotent-inbox"
    /// The broker's messages are acknowledged, and others told, before the store has them.
    case acknowledgesBeforeCommit = "acknowledges-before-commit"
    /// Events are processed in the order in which they arrive.
    case noCausalInbox = "no-causal-inbox"
    /// Ledgers are changed without a lock.
    case noLock = "no-lock"
}
