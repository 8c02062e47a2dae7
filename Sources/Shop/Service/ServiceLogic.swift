internal import Causality

/// What each service does with an event. Nothing here reads or writes anything but its arguments and the ledgers.
enum ServiceLogic {
    /// The reaction to an event; `nil` where it has no effect.
    static func react(_ service: ServiceName, to event: ShopEvent, _ situation: Situation) -> Reaction? {
        let order: Order
        switch event.body {
        case .order(let value), .outcome(let value, _): order = value
        case .stored: return nil
        }
        return switch service {
        case .order: Ordering.react(to: event.topic.kind, order, situation)
        case .packaging: Packaging.react(to: event.topic.kind, order, situation)
        case .shipping: Shipping.react(to: event.topic.kind, order, situation)
        case .notification: Notification.react(to: event.topic.kind, order, situation)
        }
    }

    /// The ledgers of a service and what they read at the beginning of a life.
    static func ledgers(of service: ServiceName, orders: [OrderRecord], stock: [Item: Int]) -> [String: Int] {
        func count(_ states: [OrderRecord.State]) -> Int { orders.count { states.contains($0.state) } }
        switch service {
        case .order:
            return Dictionary(
                uniqueKeysWithValues: Ordering.counted.map { ("orders/\($0.rawValue)", count([$0])) })
        case .packaging:
            return Dictionary(uniqueKeysWithValues: Catalogue.items.map { ("stock/\($0)", stock[$0] ?? 0) })
        case .shipping: return ["shipments": count([.shipped])]
        case .notification: return ["notices": count([.notified])]
        }
    }
}

/// The order service: takes orders in, asks packaging, and keeps count of them by state.
enum Ordering {
    /// The states that it keeps count of.
    static let counted: [OrderRecord.State] = [.placed, .reserved, .shipped, .rejected, .cancelled]

    static func react(to kind: EventKind, _ order: Order, _ situation: Situation) -> Reaction? {
        switch kind {
        case .request: place(order, situation)
        case .cancel: cancel(order, situation)
        case .reserved: advance(situation, to: .reserved)
        case .shipped: advance(situation, to: .shipped)
        case .failed: advance(situation, to: .rejected)
        case .cancelled: advance(situation, to: .cancelled)
        case .status, .receipt: nil
        }
    }

    private static func place(_ order: Order, _ situation: Situation) -> Reaction? {
        let isWithdrawn = situation.record?.state == .withdrawn
        if situation.record != nil, !isWithdrawn, situation.isIdempotent { return nil }
        situation.ledgers.add(1, to: "orders/placed")
        var reaction = Reaction(record: OrderRecord(order: order, state: .placed), entered: ["placed"])
        reaction.events = [(topic(.request, order), .order(order))]
        // The cancellation overtook the order, which only a lost message makes possible.
        if isWithdrawn { reaction.events.append((topic(.cancel, order), .order(order))) }
        return reaction
    }

    private static func cancel(_ order: Order, _ situation: Situation) -> Reaction? {
        guard let record = situation.record else { return .withdrawing(order, situation) }
        // Packaging decides: it alone knows whether the order is packed.
        guard record.state == .placed || record.state == .reserved else { return nil }
        // Which item and how many of it the order is about was said when it was placed, and not by who cancels it.
        return Reaction(events: [(topic(.cancel, record.order), .order(record.order))])
    }

    private static func advance(_ situation: Situation, to state: OrderRecord.State) -> Reaction? {
        guard var record = situation.record, record.state == .placed || (record.state == .reserved && state != .reserved) else {
            return nil
        }
        situation.ledgers.add(-1, to: "orders/\(record.state.rawValue)")
        situation.ledgers.add(1, to: "orders/\(state.rawValue)")
        record.state = state
        return Reaction(record: record)
    }

    private static func topic(_ kind: EventKind, _ order: Order) -> ShopTopic {
        ShopTopic(from: .order, to: .packaging, item: order.item, kind: kind)
    }
}

/// The shipping service: ships what is packed.
enum Shipping {
    static func react(to kind: EventKind, _ order: Order, _ situation: Situation) -> Reaction? {
        guard kind == .request else { return nil }
        if situation.record != nil, situation.isIdempotent { return nil }
        situation.ledgers.add(1, to: "shipments")
        return Reaction(
            record: OrderRecord(order: order, state: .shipped), entered: ["shipped"],
            moves: [StockMove(item: order.item, from: .reserved, to: .shipped, amount: order.quantity, order: order.id)],
            events: [.notification, .order].map {
                (ShopTopic(from: .shipping, to: $0, item: order.item, kind: .shipped), .order(order))
            })
    }
}

/// The notification service: tells customers what became of their orders.
enum Notification {
    static func react(to kind: EventKind, _ order: Order, _ situation: Situation) -> Reaction? {
        let outcome: Outcome
        switch kind {
        case .shipped: outcome = .shipped
        case .failed: outcome = .rejected
        case .cancelled: outcome = .cancelled
        default: return nil
        }
        if situation.record != nil, situation.isIdempotent { return nil }
        situation.ledgers.add(1, to: "notices")
        return Reaction(
            record: OrderRecord(order: order, state: .notified), entered: ["notified"],
            events: [(ShopTopic(from: .notification, to: order.customer, kind: .status), .outcome(order, outcome))])
    }
}
