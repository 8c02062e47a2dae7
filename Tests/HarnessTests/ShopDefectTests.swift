import Shop
import Testing
import Verification
import Workload

@testable import Harness

/// Each part of the services that keeps a promise is taken away, in runs with real services and a real broker: the checker has to name
/// what is missing. Each has its counterpart with the part in its place, which passes.
@Suite(.serialized) struct ShopDefectTests {
    private func counts(_ scenario: ShopScenario, without defect: ShopDefect?) async throws -> (RunOutcome, [String: Int]) {
        var scenario = scenario
        if let defect { scenario.defects = [defect] }
        let outcome = try await scenario.run()
        return (outcome, outcome.check.counts)
    }

    @Test func withoutTheIdempotentInboxEffectsAreDoubled() async throws {
        let scenario = ShopScenario("stock: 100\nduplicate: 50%")
        let (outcome, counts) = try await counts(scenario, without: .noIdempotentInbox)
        #expect(outcome.check.verdict == .violation)
        #expect((counts["double-effect"] ?? 0) > 0, "\(counts)")
    }

    @Test func withoutTheLockUpdatesAreLost() async throws {
        // All at once, so that workers meet at the ledgers.
        var scenario = ShopScenario("stock: 1000\nworkers: 8")
        scenario.orders = 150
        scenario.rate = "2000/s"
        let (outcome, counts) = try await counts(scenario, without: .noLock)
        #expect(outcome.check.verdict == .violation)
        #expect((counts["lost-update"] ?? 0) > 0, "\(counts)")
        let (whole, none) = try await self.counts(scenario, without: nil)
        #expect(whole.check.verdict == .pass && none.isEmpty, "\(whole.check)")
        #expect((whole.check.locks?.sections ?? 0) > 500)
    }

    /// What shipping tells at QoS 0 overtakes what packaging told before at QoS 1, as the broker has one message of QoS 1 in flight to a
    /// client. So the order service gets effects before their causes: with its inbox it does not notice.
    @Test func withoutTheCausalInboxEffectsComeBeforeTheirCauses() async throws {
        var scenario = ShopScenario(
            """
            stock: 1000
            packing_time: 1ms
            causal_timeout: 30s
            protocol: "3.1.1"
            qos: { order: 1, packaging: 1, shipping: 0, notification: 1, customers: 1 }
            """)
        scenario.orders = 100
        // What waits behind one message in flight is slow, not lost: nothing is to be sent again, or given up.
        scenario.resendAfter = "30s"
        scenario.settings = "max_inflight_messages: 1, max_queued_messages: 0, set_tcp_nodelay: true"
        let (outcome, counts) = try await counts(scenario, without: .noCausalInbox)
        #expect((outcome.check.causality.wire.inversions) > 0)
        #expect(outcome.check.verdict == .violation)
        #expect((counts["causal-inversion"] ?? 0) > 0, "\(counts)")
        let (whole, none) = try await self.counts(scenario, without: nil)
        #expect(whole.check.causality.wire.inversions > 0, "nothing was overtaken, so the inbox had nothing to do")
        #expect(whole.check.verdict == .pass && none.isEmpty, "\(whole.check)")
        #expect(whole.check.causality.processed?.inversions == 0)
    }
}

extension CheckReport {
    /// How many violations of each class.
    var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: anomalies.map { ($0.class, $0.count) })
    }
}
