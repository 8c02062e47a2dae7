/// A timer that can be cancelled.
public struct TimerID: Equatable, Sendable {
    let value: UInt64
}

extension Reactor {
    /// Calls `body` on the loop once `deadline` (``MonotonicClock``, nanoseconds) has come. On the loop only.
    @discardableResult
    public func schedule(at deadline: UInt64, _ body: @escaping () -> Void) -> TimerID {
        preconditionOnLoop()
        return TimerID(value: loop.timers.insert(deadline: deadline, action: .call(body)))
    }

    /// Cancels a timer; one that has fired is no matter. On the loop only.
    public func cancel(_ timer: TimerID) {
        preconditionOnLoop()
        _ = loop.timers.remove(timer.value)
    }

    /// Suspends the task until `deadline` (``MonotonicClock``, nanoseconds). On the loop only: it uses the loop's own timers
    /// and no kernel timer per task.
    /// - Parameters:
    ///   - deadline: when to go on.
    ///   - isolation: the caller's actor. The closures below capture it, or they would run on another thread.
    /// - Throws: `CancellationError` as soon as the task is cancelled or the reactor stops.
    public func sleep(until deadline: UInt64, isolation: isolated (any Actor)? = #isolation) async throws {
        preconditionOnLoop()
        try Task.checkCancellation()
        let sleep = SleepHandle()
        let elapsed = await withTaskCancellationHandler {
            _ = isolation
            return await withUnsafeContinuation { continuation in
                self.preconditionOnLoop()
                // A stopping reactor takes no new sleeper, or it would never end.
                if sleep.isCancelled || self.loop.isStopping {
                    continuation.resume(returning: false)
                } else {
                    sleep.timer = self.loop.timers.insert(deadline: deadline, action: .resume(continuation))
                }
            }
        } onCancel: {
            // This comes on any thread, before or after the timer is set.
            self.execute {
                sleep.isCancelled = true
                guard let timer = sleep.timer, case .resume(let continuation)? = self.loop.timers.remove(timer) else { return }
                continuation.resume(returning: false)
            }
        }
        if !elapsed { throw CancellationError() }
    }

    /// One sleeping task.
    private final class SleepHandle: @unchecked Sendable {
        // Sound because it is touched on the loop's thread only: see `sleep(until:)`.
        var timer: UInt64?
        var isCancelled = false
    }
}
