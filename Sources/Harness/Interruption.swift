internal import Reactor
internal import Synchronization

/// Whether a run was asked to end, and when: from then on each of its parts has only so much time left, however dead the broker is.
package final class Interruption: Sendable {
    /// What drains, ends its connections and closes its sessions has to be done so long after the request, in nanoseconds.
    enum Limit {
        static let drain: UInt64 = 1_500_000_000
        static let counters: UInt64 = 2_000_000_000
        static let services: UInt64 = 2_500_000_000
        static let connections: UInt64 = 3_000_000_000
        static let sessions: UInt64 = 3_500_000_000
    }

    private let requested = Atomic<UInt64>(0)

    /// Makes one that was not asked for.
    package init() {}

    /// Whether the run was asked to end.
    var isRequested: Bool { requested.load(ordering: .relaxed) > 0 }

    /// Asks the run to end.
    package func request() {
        _ = requested.compareExchange(expected: 0, desired: MonotonicClock.now, ordering: .relaxed)
    }

    /// Whether the run was asked to end at least so many nanoseconds ago.
    func isRequested(since time: UInt64) -> Bool {
        let begin = requested.load(ordering: .relaxed)
        return begin > 0 && MonotonicClock.now - begin >= time
    }

    /// Waits until the run was asked to end, and so many nanoseconds more.
    /// - Throws: `CancellationError`.
    func wait(and time: UInt64 = 0) async throws {
        while !isRequested(since: time) { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Runs `body`, which is cancelled when the run was asked to end.
    /// - Parameter time: how long it may go on after that, in nanoseconds.
    /// - Throws: ``Interrupted`` where it was cancelled; otherwise what it throws.
    func cutting<Value: Sendable>(after time: UInt64 = 0, _ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await self.wait(and: time)
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw Interrupted() }
            return value
        }
    }

    /// Runs `orderly`, and `hurry` beside it where that is not done in time once the run was asked to end.
    func hurrying(
        after time: UInt64, _ orderly: @escaping @Sendable () async throws -> Void, by hurry: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await orderly()
                return true
            }
            group.addTask {
                do {
                    try await self.wait(and: time)
                    try await hurry()
                } catch is CancellationError {}
                return false
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next(), !isDone {}
        }
    }

    /// Runs `body` while elements of a stream ask the run to end.
    func following<Value>(_ interrupts: AsyncStream<Void>, _ body: () async throws -> Value) async throws -> Value {
        let following = Task { for await _ in interrupts { request() } }
        defer { following.cancel() }
        return try await body()
    }
}

/// A run was asked to end before it had sent anything. It has left nothing.
package struct Interrupted: Error {}
