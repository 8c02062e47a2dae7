internal import Measurement
internal import Reactor
internal import Shop
internal import Verification
internal import Workload

extension ShopOutcome {
    /// What customers counted, and what services said of themselves last.
    init(
        _ counts: ShopContext.Counts, _ measured: Measured, _ states: [ServiceName: ServiceState], kills: [Kill], qos: Profile.Shop.QoS
    ) {
        func latency(_ outcome: Outcome) -> LatencySummary {
            measured.parts.first { $0.group == outcome.rawValue }?.latency ?? LatencySummary()
        }
        placed = counts.placed
        confirmed = Confirmed(
            shipped: counts.confirmed[.shipped] ?? 0, rejected: counts.confirmed[.rejected] ?? 0,
            cancelled: counts.confirmed[.cancelled] ?? 0)
        latencyByOutcome = Latency(shipped: latency(.shipped), rejected: latency(.rejected), cancelled: latency(.cancelled))
        let end = max(measured.span.end, counts.lastConfirmation)
        ordersPerSecond = perSecond(measured.latency.count, from: measured.span.begin, to: end) ?? 0
        resent = counts.resent
        duplicatesSent = counts.duplicates
        concurrent = states.values.reduce(0) { $0 + $1.concurrent }
        self.kills = kills
        self.qos = ServiceName.allCases.map { ($0.rawValue, Int(qos[$0])) } + [("customers", Int(qos.customers))]
        services = ServiceName.allCases.compactMap { states[$0] }.map {
            Service(name: $0.service.rawValue, processed: $0.processed, repeated: $0.repeated, published: $0.published, life: $0.life)
        }
    }
}

extension RunOutcome {
    /// The messages of every group at each QoS a second, from the first order to the end of the drain: services have no hold of their own.
    var messageParts: [Part] {
        let seconds = phases.warmUp + phases.hold + phases.drain
        func rate(_ count: Int) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
        return check.parts.map {
            Part(
                group: $0.group, qos: $0.qos, latency: LatencySummary(), publishedPerSecond: rate($0.totals.published),
                ackedPerSecond: rate($0.totals.acked), deliveredPerSecond: rate($0.totals.delivered))
        }
    }
}
