internal import Harness
internal import Reporting

extension RunResult.Shop {
    /// What the shop came to, as it is reported.
    init(_ shop: ShopOutcome) {
        self.init(
            orders: Orders(
                placed: shop.placed, shipped: shop.confirmed.shipped, rejected: shop.confirmed.rejected,
                cancelled: shop.confirmed.cancelled, unconfirmed: shop.unconfirmed),
            ordersPerSecond: shop.ordersPerSecond,
            latencySeconds: Latencies(
                shipped: shop.latencyByOutcome.shipped, rejected: shop.latencyByOutcome.rejected,
                cancelled: shop.latencyByOutcome.cancelled),
            resent: shop.resent, duplicatesSent: shop.duplicatesSent, concurrent: shop.concurrent,
            kills: shop.kills.map { Kill(at: $0.at, service: $0.service) }, qos: shop.qos.map { Level(name: $0.name, qos: $0.qos) },
            services: shop.services.map {
                Service(name: $0.name, processed: $0.processed, repeated: $0.repeated, published: $0.published, life: $0.life)
            })
    }
}
