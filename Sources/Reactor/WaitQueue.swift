internal import DequeModule

/// Tasks that wait on a reactor until something holds. On the loop only.
///
/// A task cannot wait for a wake-up alone, only until a condition holds. Between a look at the condition and the place in the queue a task may be queued
/// once more, and what happens meanwhile wakes nobody; so the queue looks itself, when the task has its place. For the same reason it sets the timer of
/// a wait with a deadline only then.
public final class WaitQueue {
    private let reactor: Reactor
    private var waiters = Deque<Waiter>()

    /// One waiting task.
    private final class Waiter: @unchecked Sendable {
        // Sound because it is touched on the loop's thread only: see `wait(until:orAt:)`.
        var continuation: UnsafeContinuation<Void, Never>?
        var timer: TimerID?
        var isCancelled = false

        func wake() {
            continuation?.resume()
            continuation = nil
        }
    }

    /// Makes an empty queue for tasks of `reactor`.
    public init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Whether nobody waits.
    public var isEmpty: Bool { waiters.isEmpty }

    /// Waits until `condition` holds. Whoever changes what it rests on calls ``wakeAll()``.
    /// - Parameters:
    ///   - condition: what the task waits for; called on the loop, and again after each wake-up.
    ///   - deadline: when to go on in any case (``MonotonicClock``, nanoseconds).
    ///   - isolation: the caller's actor. The closures below capture it, or they would run on another thread.
    /// - Returns: whether the condition holds; `false` where the deadline came first.
    /// - Throws: `CancellationError` where the task is cancelled while it waits.
    @discardableResult
    public func wait(
        until condition: () -> Bool, orAt deadline: UInt64 = .max, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Bool {
        reactor.preconditionOnLoop()
        while !condition() {
            if deadline <= MonotonicClock.now { return false }
            let waiter = Waiter()
            await withTaskCancellationHandler {
                _ = isolation
                await withUnsafeContinuation { continuation in
                    reactor.preconditionOnLoop()
                    // From here on nothing suspends until the task is a waiter.
                    if waiter.isCancelled || condition() { return continuation.resume() }
                    waiter.continuation = continuation
                    waiters.append(waiter)
                    if deadline != .max { waiter.timer = reactor.schedule(at: deadline) { waiter.wake() } }
                }
            } onCancel: { [reactor] in
                // This comes on any thread, before or after the task has become a waiter.
                reactor.execute {
                    waiter.isCancelled = true
                    waiter.wake()
                }
            }
            if let timer = waiter.timer { reactor.cancel(timer) }
            // Whom a timer or a cancellation woke still has its place.
            waiters.removeAll { $0 === waiter }
            if waiter.isCancelled { throw CancellationError() }
        }
        return true
    }

    /// Wakes every waiting task, in the order in which they came; each looks at its condition again.
    public func wakeAll() {
        guard !waiters.isEmpty else { return }
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.wake() }
    }
}
