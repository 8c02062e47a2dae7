import Foundation
import Harness
import Measurement
import Testing
import Trace
import Verification

/// Shops side by side on busy cores: where tasks wait on each other in every order, a wake-up that gets lost stops one of them for good.
@Suite(.serialized) struct ShopStressTests {
    /// How many rounds; `WAYBILL_STRESS_ROUNDS` asks for more.
    private static let rounds = ProcessInfo.processInfo.environment["WAYBILL_STRESS_ROUNDS"].flatMap { Int($0) } ?? 2

    @Test(.timeLimit(.minutes(60)), arguments: 0..<rounds) func noShopStandsStill(round: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for qos in [2, 1, 2, 0] {
                group.addTask { try await oneShop(qos: qos) }
            }
            try await group.waitForAll()
        }
    }

    private func oneShop(qos: Int) async throws {
        var scenario = ShopScenario("stock: 100\ncancel: 10%\nqos: \(qos)\nworkers: 2")
        scenario.orders = 400
        scenario.rate = "50/s"
        // A shop that stands still is not woken by what is sent again.
        scenario.resendAfter = "30s"
        scenario.drain = "{ quiet: 600ms, limit: 20s }"
        try await scenario.run { outcome in
            let unfinished = try outcome.marks(.drainTimedOut)
            #expect(unfinished == [], "QoS \(qos)")
            #expect(outcome.check.verdict == .pass, "QoS \(qos): \(outcome.check)")
            #expect(outcome.shop?.unconfirmed == 0)
        }
    }
}
