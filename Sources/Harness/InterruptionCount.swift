internal import Synchronization

/// How often the run was asked to end.
final class InterruptionCount: Sendable {
    private let value = Atomic<Int>(0)
    private let over = Atomic<Bool>(false)

    var count: Int { value.load(ordering: .relaxed) }

    func add() { value.add(1, ordering: .relaxed) }

    /// Whether the run has to end although nobody asked for it.
    var isOver: Bool { over.load(ordering: .relaxed) }

    /// Ends the run without anybody having asked for it: what it loaded is gone.
    func end() { over.store(true, ordering: .relaxed) }

    /// Waits until there were so many, or the run has to end anyway.
    /// - Throws: `CancellationError`.
    func wait(for count: Int) async throws {
        while self.count < count, !isOver { try await Task.sleep(for: .milliseconds(20)) }
    }
}
