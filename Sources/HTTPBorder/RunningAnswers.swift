internal import Synchronization

/// The tasks that answer somebody. None of them outlives the server.
final class RunningAnswers: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isOver = false
    }

    private let state = Mutex(State())

    /// Answers somebody; at once cancelled where the server ends.
    /// - Returns: what ends it.
    func start(_ answer: @escaping @Sendable () async -> Void) -> @Sendable () -> Void {
        state.withLock { state in
            state.next += 1
            let number = state.next
            // It cannot be over before it is noted: it needs the lock for that.
            let task = Task {
                await answer()
                self.state.withLock { $0.tasks[number] = nil }
            }
            state.tasks[number] = task
            if state.isOver { task.cancel() }
            return { task.cancel() }
        }
    }

    /// Ends all of them, and waits until they have ended.
    func end() async {
        while true {
            let tasks = state.withLock { state in
                state.isOver = true
                return Array(state.tasks.values)
            }
            if tasks.isEmpty { return }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
    }
}
