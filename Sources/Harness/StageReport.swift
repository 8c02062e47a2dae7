internal import Synchronization
package import Measurement

/// Tells what a run does in the stages that have no figures.
package typealias StageReport = @Sendable (_ stage: RunStage, _ text: String) -> Void

/// How many clients are connected so far.
final class ConnectedCount: Sendable {
    private let value = Atomic<Int>(0)
    private let all: Int

    init(of all: Int) { self.all = all }

    func add() { value.add(1, ordering: .relaxed) }

    var text: String { "\(value.load(ordering: .relaxed)) of \(all) clients are connected and have subscribed" }

    /// Whoever is not connected is owed. What else has to happen first are steps too.
    private func strand(_ others: Int) -> Strand {
        let count = value.load(ordering: .relaxed)
        return Strand(name: "connecting", steps: count + others, owed: count < all ? text : nil)
    }

    /// Runs `body`, tells once a second how far it is, and has the time watched in which nothing happens.
    /// - Parameter others: how much has happened that is no client's connection.
    func telling<Value: Sendable>(
        _ report: @escaping StageReport, _ standstill: StandstillMonitor, others: @escaping @Sendable () async -> Int = { 0 },
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    report(.connecting, [self.text, standstill.watch.present].compactMap(\.self).joined(separator: "; "))
                }
            }
            group.addTask {
                try await standstill.observe { [self.strand(await others())] }
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw CancellationError() }
            return value
        }
    }
}
