internal import Causality

/// The packaging service: keeps the stock, sets it aside for orders, packs, and gives it back where an order is cancelled in time.
enum Packaging {
    static func react(to kind: EventKind, _ order: Order, _ situation: Situation) -> Reaction? {
        switch kind {
        case .request: reserve(order, situation)
        case .cancel: cancel(order, situation)
        default: nil
        }
    }

    private static func reserve(_ order: Order, _ situation: Situation) -> Reaction? {
        if situation.record?.state == .withdrawn {
            return closing(order, as: .cancelled, [])
        }
        if situation.record != nil, situation.isIdempotent { return nil }
        guard let change = situation.ledgers.add(-order.quantity, to: ledger(order), notBelow: 0) else {
            return closing(order, as: .rejected, [])
        }
        let record = OrderRecord(order: order, state: .reserved, due: situation.now + situation.packingMilliseconds)
        return Reaction(
            record: record, entered: ["reserved"], moves: [move(order, from: .onHand, to: .reserved, change)],
            events: [(topic(.reserved, to: .order, order), .order(order))])
    }

    /// Packing wins over a cancellation that comes when the order is packed already, and loses against one that comes before. Where the
    /// customer could not know that it was packed, nor packaging that it was cancelled, the two are concurrent, and that is recorded.
    private static func cancel(_ order: Order, _ situation: Situation) -> Reaction? {
        guard let record = situation.record else { return .withdrawing(order, situation) }
        // What goes back is what was set aside, whatever the cancellation says.
        let own = record.order
        switch record.state {
        case .reserved:
            let change = situation.ledgers.add(own.quantity, to: ledger(own)) ?? 0
            return closing(own, as: .cancelled, [move(own, from: .reserved, to: .onHand, change)])
        case .packed:
            guard let packed = DependencyStamp(whole: record.packedStamp), packed.compared(to: situation.stamp) == .concurrent else {
                return nil
            }
            return Reaction(choice: "order \(own.id): cancelled and packed concurrently, packing wins")
        default:
            return nil
        }
    }

    /// What becomes of an order whose time for packing has come.
    static func pack(_ record: OrderRecord) -> Reaction {
        var packed = record
        packed.state = .packed
        packed.due = 0
        return Reaction(
            record: packed, entered: ["packed"], events: [(topic(.request, to: .shipping, record.order), .order(record.order))], packs: true
        )
    }

    private static func closing(_ order: Order, as state: OrderRecord.State, _ moves: [StockMove]) -> Reaction {
        let kind: EventKind = state == .rejected ? .failed : .cancelled
        return Reaction(
            record: OrderRecord(order: order, state: state), entered: [state.rawValue], moves: moves,
            events: [Party.notification, .order].map { (topic(kind, to: $0, order), .order(order)) })
    }

    private static func ledger(_ order: Order) -> String { "stock/\(order.item)" }

    private static func topic(_ kind: EventKind, to party: Party, _ order: Order) -> ShopTopic {
        ShopTopic(from: .packaging, to: party, item: order.item, kind: kind)
    }

    private static func move(_ order: Order, from: StockMove.Term, to: StockMove.Term, _ change: UInt64) -> StockMove {
        StockMove(item: order.item, from: from, to: to, amount: order.quantity, order: order.id, change: change)
    }
}
