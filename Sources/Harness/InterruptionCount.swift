internal import Synchronization

/// How often the run was asked to end.
final class InterruptionCount: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add() { value.add(1, ordering: .relaxed) }

    /// Waits until there were so many.
    /// - Throws: `CancellationError`.
    func wait(for count: Int) async throws {
        while self.count < count { try await Task.sleep(for: .milliseconds(20)) }
    }
}
