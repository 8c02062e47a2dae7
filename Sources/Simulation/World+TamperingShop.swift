import Trace

/// Where faults strike a shop.
extension World {
    private func strikes(_ fault: Fault) -> Bool {
        guard injection.isReady(fault, now) else { return false }
        injection.strike()
        return true
    }

    /// Whether a service forgets what it was told.
    func forgets() -> Bool { strikes(.orderForgotten) }

    /// A request that came again is done again.
    func doAgain(_ kind: ShopPlan.Kind, _ order: Int) {
        let own = plan.shop.orders[order]
        guard kind == .placed, [.reserved, .packed].contains(shop.orders[order].stage), shop.onHand[own.item] >= own.amount,
            strikes(.requestDoneTwice)
        else { return }
        let warehouse = plan.shop.items[own.item].warehouse
        enter(order, "reserved", at: warehouse)
        takeFromStock(own, by: warehouse)
    }

    /// Whether an order that was cancelled is packed like any other.
    func packsAllTheSame() -> Bool { strikes(.cancelledAndPacked) }

    /// Whether a warehouse reserves what it does not have.
    func oversells() -> Bool { strikes(.soldTwice) }

    /// Something leaves the stock that nobody ordered.
    func leak(_ item: Int) {
        guard shop.onHand[item] > 0, strikes(.stockLeaks) else { return }
        shop.onHand[item] -= 1
        move(1, of: item, from: "on_hand", to: random.chance(50) ? "" : "attic", by: plan.shop.items[item].warehouse)
    }

    /// By how much a warehouse counts its stock wrongly.
    func miscountsStock() -> Int64 {
        strikes(.stockMiscounted) ? (random.chance(50) ? 1 : -1) : 0
    }

    /// By how much the orders in a state are counted wrongly.
    func miscountsOrders() -> Int64 {
        random.chance(30) && strikes(.ordersMiscounted) ? 1 : 0
    }

    /// Whether a warehouse packs or cancels what it never said to have reserved.
    func leavesOut() -> Bool { strikes(.reservedUnseen) }

    /// A carrier ships an order that nobody has placed.
    func shipGhost(_ carrier: Int) {
        guard strikes(.ghostShipped) else { return }
        record(carrier) { $0.entered(process: $1, at: $2, machine: "order", entity: "ghost", state: "shipped") }
    }

    /// Whether a service does what it will be told before any message can have told it.
    func actsUnheard(_ kind: ShopPlan.Kind, _ order: Int) -> Bool {
        // What is told once more may have been heard in what others were told since.
        guard kind != .cancel, !shop.orders[order].taken.contains(kind), !shop.notes.contains(where: { $0 == (kind, order) }) else {
            return false
        }
        return strikes(.actedUnheard)
    }
}
