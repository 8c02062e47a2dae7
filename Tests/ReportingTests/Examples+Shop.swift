import Measurement

@testable import Reporting

extension Examples {
    /// A run of the shop in which services were killed.
    static let shop: RunResult = {
        var result = good
        result.profile = "shop-crash"
        result.locks = locks
        result.workflow = workflow
        result.shop = RunResult.Shop(
            orders: .init(placed: 3_000, shipped: 2_412, rejected: 310, cancelled: 276, unconfirmed: 2), ordersPerSecond: 198.4,
            latencySeconds: .init(shipped: latency(400, count: 2_412), rejected: latency(210, count: 310), cancelled: LatencySummary()),
            resent: 1, duplicatesSent: 149, concurrent: 12,
            kills: [.init(at: 0.51, service: "shipping"), .init(at: 1.25, service: "order"), .init(at: 2.75, service: "shipping")],
            qos: ["order", "packaging", "shipping", "notification", "customers"].map { .init(name: $0, qos: $0 == "customers" ? 2 : 1) },
            services: ["order", "packaging", "shipping", "notification"].enumerated().map { index, name in
                .init(name: name, processed: 12_004 - index, repeated: 160 + index, published: 15_310, life: name == "shipping" ? 3 : 1)
            })
        return result
    }()
}
