/// A result that comes once, for a task that waits on the reactor. Waiting ends at once when the task is cancelled.
public final class Completion<Value: Sendable>: @unchecked Sendable {
    // Why @unchecked Sendable is sound: `result` and `waiter` are touched on the reactor's thread only, which `wait` and `complete`
    // check; a cancellation, which may come from any thread, is handed to that thread first.
    private let reactor: Reactor
    private var result: Result<Value, any Error>?
    private var waiter: UnsafeContinuation<Void, Never>?

    /// Makes a completion for tasks of `reactor`.
    public init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Whether the result is there.
    public var isComplete: Bool { result != nil }

    /// Sets the result, unless there is one, and wakes the waiting task. On the loop only.
    public func complete(_ result: Result<Value, any Error>) {
        reactor.preconditionOnLoop()
        guard self.result == nil else { return }
        self.result = result
        waiter?.resume()
        waiter = nil
    }

    /// Waits for the result. One task at a time, on the loop only.
    /// - Parameter isolation: the caller's actor. The closures below capture it, or they would run on another thread.
    /// - Throws: what the result says, or `CancellationError` where the task was cancelled first.
    public func wait(isolation: isolated (any Actor)? = #isolation) async throws -> Value {
        reactor.preconditionOnLoop()
        precondition(waiter == nil, "A second task waits for the same completion.")
        if result == nil {
            await withTaskCancellationHandler {
                _ = isolation
                await withUnsafeContinuation { continuation in
                    reactor.preconditionOnLoop()
                    // A task that does not prefer the reactor's executor may have been queued once more on the way here.
                    if result == nil { waiter = continuation } else { continuation.resume() }
                }
            } onCancel: {
                reactor.execute { self.complete(.failure(CancellationError())) }
            }
        }
        return try result!.get()
    }
}

extension Completion where Value == Void {
    /// Wakes the waiting task with nothing to tell.
    public func complete() {
        complete(.success(()))
    }
}
