internal import Reporting
internal import Workload

extension FirstLine {
    /// What a run of a profile is about.
    /// - Parameter brokerIsFromEnvironment: whether WAYBILL_BROKER decided on the broker.
    init(_ profile: Profile, brokerIsFromEnvironment: Bool) {
        let seconds = { (length: Duration) in length / .seconds(1) }
        let load: Load =
            if let shop = profile.shop {
                .shop(orders: shop.orders, customers: shop.customers)
            } else {
                .clients(profile.groups.reduce(0) { $0 + $1.count })
            }
        let broker: String? =
            switch profile.target {
            case .embedded: nil
            case .broker(let url, _): "\(url)\(brokerIsFromEnvironment ? " (WAYBILL_BROKER)" : "")"
            }
        let phases = profile.phases
        self.init(
            profile: profile.name, load: load, broker: broker, warmUp: seconds(phases.warmUp), hold: phases.hold.map(seconds),
            drainLimit: seconds(phases.drainLimit))
    }
}
