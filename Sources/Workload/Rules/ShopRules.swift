/// What must hold between the values of a profile with a shop.
struct ShopRules {
    /// The most connections of customers of whom the greatest stamp fits into an event, whatever they do.
    static let greatestConnections = 2_000

    let shop: Profile.Shop
    let profile: Profile
    let problems: Problems

    func check() {
        if shop.bridged, case .broker = profile.target {
            problems.report(
                "shop.bridged",
                "needs brokers that Waybill starts and bridges itself, and the target is a broker that runs already; leave one out")
        }
        if let kills = shop.kills {
            if !shop.processes {
                problems.report(
                    "shop.kills", "needs processes: true, because a service that is part of Waybill's own process cannot be killed alone")
            }
            if kills.over > shop.orderingTime + .milliseconds(1) {
                problems.report(
                    "shop.kills.over",
                    "is \(DurationFormat.text(kills.over)), but at \(shop.rate) the \(shop.orders) orders are placed after \(DurationFormat.text(shop.orderingTime)), and kills are meant to fall among them; expected at most that"
                )
            }
        }
        if let kills = shop.kills, let hold = profile.phases.hold, kills.over > profile.phases.warmUp + hold {
            problems.report(
                "shop.kills.over",
                "is \(DurationFormat.text(kills.over)), but no order is placed after warm_up and hold, \(DurationFormat.text(profile.phases.warmUp + hold)); expected at most that"
            )
        }
        if shop.processes, case .broker(let url, let tls?) = profile.target, url.usesTLS, tls.insecure {
            problems.report(
                "shop.processes",
                "services in processes of their own hold the broker's certificate against its name, and target.tls.insecure asks them not to; expected one of the two"
            )
        }
        if shop.connections > shop.customers {
            problems.report(
                "shop.connections",
                "is \(shop.connections), more than the \(shop.customers) customers that share them; expected at most that")
        } else if shop.connections > Self.greatestConnections {
            problems.report(
                "shop.connections",
                "is \(shop.connections), and the stamp of an event names every connection through which customers have ordered, so those of more than \(Self.greatestConnections) do not fit into an event; "
                    + "expected at most that, each of which any number of customers can share")
        }
        if shop.orders < shop.customers {
            problems.report(
                "shop.orders",
                "is \(shop.orders), fewer than the \(shop.customers) customers, so some would do nothing; expected at least one order each"
            )
        }
    }
}
