import Verification

/// What a shop in a world means to do: desks take orders, warehouses reserve and pack them, carriers ship them.
struct ShopPlan {
    var orders: [Order] = []
    var items: [Item] = []

    /// An order, and the clients that look after it.
    struct Order {
        var desk: Int
        var carrier: Int
        var item: Int
        var amount: Int64
    }

    /// An item, the warehouse that keeps it, and how much of it is there at first.
    struct Item {
        var warehouse: Int
        var initial: Int64
    }

    /// What its services tell each other. The raw value is the last level of the topic.
    enum Kind: String, CaseIterable {
        case placed, cancel, packed, shipped, rejected, cancelled
    }

    /// What the services are held against.
    static let workflow = Workflow(
        machines: [
            .init(
                name: "order",
                states: ["placed", "reserved", "rejected", "packed", "cancelled", "shipped", "completed", "refused", "refunded"],
                initial: ["placed"], terminal: ["completed", "refused", "refunded"],
                transitions: [
                    .init(from: "placed", to: "reserved", by: "warehouses"), .init(from: "placed", to: "rejected", by: "warehouses"),
                    .init(from: "reserved", to: "packed", by: "warehouses"), .init(from: "reserved", to: "cancelled", by: "warehouses"),
                    .init(from: "packed", to: "shipped", by: "carriers"), .init(from: "shipped", to: "completed", by: "desks"),
                    .init(from: "rejected", to: "refused", by: "desks"), .init(from: "cancelled", to: "refunded", by: "desks"),
                ])
        ],
        quantities: [.init(name: "stock", terms: ["on_hand", "reserved", "shipped"])])
}

extension Plan {
    /// Draws a shop. Its services keep their sessions and send at QoS 1 and 2, so that nothing of it gets lost, however often connections break.
    mutating func addShop(_ random: inout SplitMix64) {
        let desks = (0..<random.pick(1...2)).map { addService("desk-\($0)", "desks", [.shipped, .rejected, .cancelled], &random) }
        let warehouses = (0..<random.pick(1...2)).map { addService("warehouse-\($0)", "warehouses", [.placed, .cancel], &random) }
        let carriers = (0..<random.pick(1...2)).map { addService("carrier-\($0)", "carriers", [.packed], &random) }
        for _ in 0..<random.pick(1...3) {
            shop.items.append(.init(warehouse: random.element(of: warehouses), initial: Int64(random.pick(2...12))))
        }
        for order in 0..<random.pick(shape.orders) {
            shop.orders.append(
                .init(
                    desk: random.element(of: desks), carrier: random.element(of: carriers), item: random.pick(0...shop.items.count - 1),
                    amount: Int64(random.pick(1...3))))
            let at = moment(&random)
            actions.append((at, .place(order)))
            // The customer changes her mind while the order is on its way, or asks once more as nobody answers.
            if random.chance(40) { actions.append((at + random.microseconds(300...12_000), .cancelOrder(order))) }
            if random.chance(40) { actions.append((at + random.microseconds(300...12_000), .placeAgain(order))) }
        }
    }

    private mutating func addService(_ name: String, _ group: String, _ kinds: [ShopPlan.Kind], _ random: inout SplitMix64) -> Int {
        var client = addClient(name, group, &random)
        client.isService = true
        client.keepsSession = true
        client.becomesKept = false
        client.will = nil
        client.hasInbox = random.chance(shape.inboxes)
        client.filters = kinds.map { FilterPlan(filter: "shop/\($0.rawValue)", qos: random.element(of: [1, 2])) }
        clients.append(client)
        return clients.count - 1
    }
}
