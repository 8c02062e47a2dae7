internal import Reactor

/// Waits until a run has come to rest: no client waits for anything, and nothing was delivered or acknowledged for a while.
struct Drain: Sendable {
    enum End: Sendable {
        case quiescent
        /// Something still moved or was awaited; what, in a few words.
        case timedOut(String)
    }

    /// How long nothing may move, in nanoseconds.
    var quiet: UInt64
    /// How long to wait at most, in nanoseconds.
    var limit: UInt64

    /// - Parameter interruption: asked to end, the run has neither the time for a long quiet nor for a long drain.
    func wait(for crew: some Crew, _ interruption: Interruption) async throws -> End {
        let begin = MonotonicClock.now
        var lastEvents = -1
        var lastChange = begin
        while true {
            let activity = await crew.activity()
            let now = MonotonicClock.now
            if activity.events != lastEvents || activity.busyClients > 0 {
                lastEvents = activity.events
                lastChange = now
            } else if now - lastChange >= (interruption.isRequested ? min(quiet, Interruption.Limit.drain / 2) : quiet) {
                return .quiescent
            }
            if interruption.isRequested(since: Interruption.Limit.drain) {
                return .timedOut("the run was interrupted: \(activity.example ?? "messages still arrived")")
            }
            if now - begin >= limit { return .timedOut(activity.example ?? "messages still arrived") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
