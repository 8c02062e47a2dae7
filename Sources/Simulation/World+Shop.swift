import Trace
import Verification

/// A shop: orders go from desk to warehouse to carrier and back. A cancellation runs against the packing, and the warehouse decides.
extension World {
    /// The first stock comes into the world.
    func stockUp() {
        for (number, item) in plan.shop.items.enumerated() { move(item.initial, of: number, from: "", to: "on_hand", by: item.warehouse) }
    }

    func place(_ order: Int) {
        let desk = plan.shop.orders[order].desk
        enter(order, "placed", at: desk)
        tell(.placed, order, by: desk)
    }

    /// A desk says again what it has said.
    func say(_ kind: ShopPlan.Kind, _ order: Int) {
        tell(kind, order, by: plan.shop.orders[order].desk)
    }

    /// A service got a message; what it has taken in once has no second effect.
    func takeNote(_ message: Int, _ number: Int) {
        guard let note = shop.noteOfMessage[message] else { return }
        let (kind, order) = shop.notes[note]
        guard receiver(of: kind, order) == number else { return }
        if shop.orders[order].taken.contains(kind) {
            shop.ignored += 1
            return doAgain(kind, order)
        }
        take(kind, order)
    }

    /// A service does what it is told.
    func take(_ kind: ShopPlan.Kind, _ order: Int) {
        shop.orders[order].taken.insert(kind)
        let own = plan.shop.orders[order]
        switch kind {
        case .cancel: cancel(order)
        case .placed:
            if !forgets() { reserve(order) }
        case .packed:
            if forgets() { return }
            enter(order, "shipped", at: own.carrier)
            shipGhost(own.carrier)
            move(own.amount, of: own.item, from: "reserved", to: "shipped", by: own.carrier)
            tell(.shipped, order, by: own.carrier)
        case .shipped: end(order, "completed")
        case .rejected: end(order, "refused")
        case .cancelled: end(order, "refunded")
        }
    }

    private func end(_ order: Int, _ state: String) {
        if !forgets() { enter(order, state, at: plan.shop.orders[order].desk) }
    }

    private func reserve(_ order: Int) {
        let own = plan.shop.orders[order]
        let warehouse = plan.shop.items[own.item].warehouse
        guard shop.onHand[own.item] >= own.amount || oversells() else {
            enter(order, "rejected", at: warehouse)
            return tell(.rejected, order, by: warehouse)
        }
        if !leavesOut() { enter(order, "reserved", at: warehouse) }
        takeFromStock(own, by: warehouse)
        leak(own.item)
        shop.orders[order].stage = .reserved
        schedule(.pack(order), after: random.microseconds(500...8000))
        if shop.orders[order].isCancelledEarly { cancel(order) }
    }

    func takeFromStock(_ order: ShopPlan.Order, by warehouse: Int) {
        shop.onHand[order.item] -= order.amount
        move(order.amount, of: order.item, from: "on_hand", to: "reserved", by: warehouse)
    }

    /// Who packs first wins: a cancellation that comes later changes nothing.
    func pack(_ order: Int) {
        guard shop.orders[order].stage == .reserved else { return }
        let warehouse = plan.shop.items[plan.shop.orders[order].item].warehouse
        shop.orders[order].stage = .packed
        enter(order, "packed", at: warehouse)
        tell(.packed, order, by: warehouse)
    }

    private func cancel(_ order: Int) {
        let own = plan.shop.orders[order]
        let warehouse = plan.shop.items[own.item].warehouse
        switch shop.orders[order].stage {
        case .unknown: shop.orders[order].isCancelledEarly = true
        case .packed: shop.lateCancellations += 1
        case .cancelled: break
        case .reserved:
            enter(order, "cancelled", at: warehouse)
            if !packsAllTheSame() {
                shop.orders[order].stage = .cancelled
                shop.onHand[own.item] += own.amount
                move(own.amount, of: own.item, from: "reserved", to: "on_hand", by: warehouse)
            }
            tell(.cancelled, order, by: warehouse)
        }
    }

    private func receiver(of kind: ShopPlan.Kind, _ order: Int) -> Int {
        let own = plan.shop.orders[order]
        return switch kind {
        case .placed, .cancel: plan.shop.items[own.item].warehouse
        case .packed: own.carrier
        case .shipped, .rejected, .cancelled: own.desk
        }
    }

    private func tell(_ kind: ShopPlan.Kind, _ order: Int, by client: Int) {
        if actsUnheard(kind, order) { take(kind, order) }
        var publish = PublishPlan(at: now, topic: "shop/\(kind.rawValue)", qos: random.element(of: [1, 2]))
        publish.note = shop.notes.count
        shop.notes.append((kind, order))
        clients[client].waiting.append(publish)
        publishWaiting(client)
    }

    func enter(_ order: Int, _ state: String, at client: Int) {
        shop.orders[order].states.insert(state)
        record(client) { $0.entered(process: $1, at: $2, machine: "order", entity: "\(order + 1)", state: state) }
    }

    func move(_ amount: Int64, of item: Int, from: String, to: String, by client: Int) {
        record(client) {
            $0.moved(
                process: $1, at: $2, quantity: "stock", account: "item-\(item)", from: from, to: to, amount: UInt64(amount), entity: "")
        }
    }

    /// What is on hand, as its keepers counted it, and where the orders are.
    func tellStock() {
        for (number, item) in plan.shop.items.enumerated() {
            let value = shop.onHand[number] + miscountsStock()
            record(item.warehouse) { $0.counted(process: $1, at: $2, counter: "stock/item-\(number)/on_hand", value: value) }
        }
        guard let desk = plan.shop.orders.first?.desk, injection.fault == nil || injection.fault == .ordersMiscounted else { return }
        for state in ShopPlan.workflow.machines[0].states {
            let value = Int64(shop.count(in: state)) + miscountsOrders()
            record(desk) { $0.counted(process: $1, at: $2, counter: "order/\(state)", value: value) }
        }
    }
}
