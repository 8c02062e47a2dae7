import Harness
import Testing
import Verification

@Suite struct InterruptTests {
    @Test func theFirstInterruptEndsThePublishersAndStillDrains() async throws {
        var scenario = Scenario(
            """
            name: interrupted
            groups:
              - {name: publishers, count: 5, publish: {topic: t/%i, qos: 1, rate: 100/s}}
              - {name: subscribers, count: 1, subscribe: {filters: ["t/#"], qos: 1}}
            phases: {hold: 10m, drain: {quiet: 300ms, limit: 20s}}
            """)
        scenario.interruptOnceItReceives()
        let outcome = try await scenario.run()
        #expect(outcome.interrupted)
        // Everything that was sent before was drained, so the verdict over it stands.
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.totals.published > 0)
        #expect(outcome.check.totals.delivered == outcome.check.totals.published)
    }

    /// A subscriber that reads nothing for ten minutes would hold the drain up for as long.
    @Test func anInterruptedRunDrainsForASecondOrTwo() async throws {
        var scenario = Scenario(
            """
            name: interrupted-stalled
            groups:
              - {name: publishers, count: 1, publish: {topic: t, qos: 1, rate: 50/s}}
              - {name: subscribers, count: 1, keepalive: 0s, subscribe: {filters: [t], qos: 1, stall: {after: 700ms, for: 10m}}}
            phases: {hold: 10m, drain: {quiet: 300ms, limit: 10m}}
            """)
        scenario.interruptOnceItReceives()
        let outcome = try await scenario.run()
        #expect(outcome.interrupted)
        #expect(outcome.check.verdict != .pass)
        #expect(outcome.check.doubts.joined().contains("The run was interrupted before it came to rest"), "\(outcome.check.doubts)")
    }
}
