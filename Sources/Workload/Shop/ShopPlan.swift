extension Profile.Shop {
    /// One order as the seed draws it.
    public struct PlannedOrder: Equatable, Sendable {
        /// Which item, 0 ..< ``items``.
        public var item: Int
        /// How many of it.
        public var quantity: Int
        /// How long after it was placed its customer cancels it; `nil` where he does not.
        public var cancelAfter: Duration?
        /// Whether its request is sent twice, and how.
        public var duplicate: Duplicate?
    }

    /// How a request is sent twice on purpose.
    public enum Duplicate: Equatable, Sendable {
        /// The same event again.
        case event
        /// The same order as an event of its own, as of somebody who ordered twice.
        case order
    }

    /// A moment at which a service is killed.
    public struct PlannedKill: Equatable, Sendable {
        /// Counted from the first order.
        public var after: Duration
        /// Which of the four services, 0 to 3 in the order of the flow: order, packaging, shipping, notification.
        public var service: Int
    }

    /// How many orders one customer places: equal shares, and the first customers one more where that does not come out even.
    public func orders(ofCustomer customer: Int) -> Int {
        orders / customers + (customer < orders % customers ? 1 : 0)
    }
}

extension Profile {
    /// The orders of one customer of the shop, in the order in which he places them. Every order draws the same number of random numbers,
    /// so another share of cancellations changes which orders are cancelled and nothing else.
    public func shopOrders(customer: Int) -> [Shop.PlannedOrder] {
        guard let shop else { return [] }
        var random = random(group: 0, client: customer, purpose: .orders)
        return (0..<shop.orders(ofCustomer: customer)).map { _ in
            let item = Int(random.number(below: UInt64(Shop.items)))
            let quantity = shop.quantity.lowerBound + Int(random.number(below: UInt64(shop.quantity.count)))
            let isCancelled = random.fraction() < shop.cancel
            let delay = Duration.nanoseconds(Int64(random.fraction() * Double(shop.cancelWithin.wholeNanoseconds)))
            let isDoubled = random.fraction() < shop.duplicate
            let asOrder = random.fraction() < 0.5
            return Shop.PlannedOrder(
                item: item, quantity: quantity, cancelAfter: isCancelled ? delay : nil,
                duplicate: isDoubled ? (asOrder ? .order : .event) : nil)
        }
    }

    /// The intended times of one customer's orders; all customers share the rate.
    /// - Parameter start: the origin of the schedule in nanoseconds, the same for all customers.
    public func shopArrivals(customer: Int, start: UInt64) -> ArrivalProcess? {
        shop.map {
            ArrivalProcess(
                rate: $0.rate, sharers: $0.customers, kind: $0.arrival, start: start,
                phase: ArrivalProcess.Phase(position: customer, of: $0.customers),
                random: random(group: 0, client: customer, purpose: .arrivals))
        }
    }

    /// When which service is killed, in the order of time. The times are drawn from equal parts of the span, one from each, so that kills are
    /// spread over all of the orders.
    public func shopKills() -> [Shop.PlannedKill] {
        guard let kills = shop?.kills else { return [] }
        var random = random(group: 0, client: 0, purpose: .kills)
        let part = Double(kills.over.wholeNanoseconds) / Double(kills.count)
        return (0..<kills.count).map { index in
            let after = Duration.nanoseconds(Int64((Double(index) + random.fraction()) * part))
            return Shop.PlannedKill(after: after, service: Int(random.number(below: 4)))
        }
    }

    /// The same profile with one QoS for everybody in the shop, as `--qos` asks.
    /// - Throws: ``ProfileError`` where it loads no shop.
    public func replacingShopQoS(with qos: UInt8) throws(ProfileError) -> Profile {
        guard shop != nil else {
            throw ProfileError(
                file: "profile \(name)", "has no shop, and --qos is for a shop's profile only: write the qos of each group into the profile"
            )
        }
        var replaced = self
        replaced.shop?.qos = Shop.QoS(all: qos)
        return replaced
    }

    /// The same profile with each service in a process of its own, as `--processes` asks.
    /// - Throws: ``ProfileError`` where it loads no shop.
    public func separatingServices() throws(ProfileError) -> Profile {
        guard shop != nil else {
            throw ProfileError(
                file: "profile \(name)", "has no shop, so there are no services that could be processes: leave --processes out")
        }
        var replaced = self
        replaced.shop?.processes = true
        return replaced
    }
}
