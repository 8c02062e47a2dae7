import Measurement

extension SummarySections {
    /// What the orders of a shop came to: how many, how fast, and what the services did for them.
    func shop(_ shop: RunResult.Shop) -> [String] {
        let orders = shop.orders
        let rows: [(name: String, count: Int, latency: LatencySummary)] = [
            ("shipped", orders.shipped, shop.latencySeconds.shipped), ("rejected", orders.rejected, shop.latencySeconds.rejected),
            ("cancelled", orders.cancelled, shop.latencySeconds.cancelled),
        ]
        return table(
            ["Orders", "count", "p50", "p95", "p99", "p99.9", "max"],
            rows.filter { $0.count > 0 }.map { row in
                let latency = row.latency
                return [row.name, Units.count(row.count)]
                    + [latency.p50, latency.p95, latency.p99, latency.p999, latency.max].map { Units.duration($0) }
            }) + facts(shop)
            + table(
                ["Service", "QoS", "processed", "repeated", "published", "starts"],
                shop.services.map { service in
                    let qos = shop.qos.first { $0.name == service.name }.map { "\($0.qos)" } ?? ""
                    return [service.name, qos]
                        + [service.processed, service.repeated, service.published, service.life].map { Units.count($0) }
                })
    }

    private func facts(_ shop: RunResult.Shop) -> [String] {
        let orders = shop.orders
        var sentences = ["\(Units.count(orders.placed)) placed, \(Units.rate(shop.ordersPerSecond)) confirmed a second."]
        if orders.unconfirmed > 0 { sentences.append(style.warning("\(Units.count(orders.unconfirmed)) were never confirmed.")) }
        sentences.append(
            "Customers sent \(Units.count(shop.duplicatesSent)) requests twice on purpose and \(Units.count(shop.resent, "event")) again for want of a receipt; "
                + "the shop had to choose between concurrent events \(Units.count(shop.concurrent, "time")).")
        if !shop.kills.isEmpty { sentences.append("Services were killed \(Units.count(shop.kills.count, "time")): \(kills(shop)).") }
        return sentences.flatMap { TextLayout.wrap($0, first: "  ", rest: "  ") }
    }

    /// `order 6, shipping 4`.
    private func kills(_ shop: RunResult.Shop) -> String {
        var counts: [(name: String, count: Int)] = []
        for kill in shop.kills {
            if let index = counts.firstIndex(where: { $0.name == kill.service }) {
                counts[index].count += 1
            } else {
                counts.append((kill.service, 1))
            }
        }
        return counts.sorted { $0.count > $1.count }.map { "\($0.name) \(Units.count($0.count))" }.joined(separator: ", ")
    }
}
