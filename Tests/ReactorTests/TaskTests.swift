import Reactor
import Testing

actor Pinned {
    let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    init(_ reactor: Reactor) { self.reactor = reactor }
    func run(_ body: @Sendable (isolated Pinned) async throws -> Void) async throws { try await body(self) }
}

@Suite struct TaskTests {
    @Test func completionsWake() async throws {
        let reactor = try Reactor(name: "test")
        let pinned = Pinned(reactor)
        try await pinned.run { pinned in
            for round in 0..<100 {
                let completion = Completion<Int>(on: pinned.reactor)
                pinned.reactor.schedule(at: MonotonicClock.now + 100_000) { completion.complete(.success(round)) }
                let got = try await completion.wait(); #expect(got == round)
                print(round)
            }
        }
        await reactor.stop()
    }
}
