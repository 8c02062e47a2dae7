internal import DequeModule

/// Tasks that wait on a reactor for something to change, woken in the order in which they came. On the loop only.
public final class WaitQueue {
    private let reactor: Reactor
    private var waiters = Deque<Completion<Void>>()

    /// Makes an empty queue for tasks of `reactor`.
    public init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Whether nobody waits.
    public var isEmpty: Bool { waiters.allSatisfy(\.isComplete) }

    /// Waits to be woken.
    /// - Throws: `CancellationError` where the task is cancelled first.
    public func wait(isolation: isolated (any Actor)? = #isolation) async throws {
        let waiter = Completion<Void>(on: reactor)
        waiters.append(waiter)
        do {
            try await waiter.wait()
        } catch {
            // Those behind a task that waits on are skipped when their turn comes.
            while waiters.first?.isComplete == true { waiters.removeFirst() }
            throw error
        }
    }

    /// Wakes the task that has waited longest.
    public func wakeOne() {
        while let waiter = waiters.popFirst() {
            // A cancelled task has left its place behind.
            if waiter.isComplete { continue }
            waiter.complete()
            return
        }
    }

    /// Wakes every waiting task.
    public func wakeAll() {
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.complete() }
    }
}
