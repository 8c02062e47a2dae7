import Verification

/// A shop while its world runs, and the truth about it.
struct Shop {
    var orders: [Order]
    /// What is on hand of each item.
    var onHand: [Int64]
    /// What was told, and in which messages.
    var notes: [(kind: ShopPlan.Kind, order: Int)] = []
    var noteOfMessage: [Int: Int] = [:]
    /// How often a request came again and had no second effect.
    var ignored = 0
    /// How often a cancellation came when the order had been packed.
    var lateCancellations = 0

    struct Order {
        /// The states that it entered.
        var states: Set<String> = []
        /// What its services have taken in.
        var taken: Set<ShopPlan.Kind> = []
        /// Where its warehouse has it.
        var stage = Stage.unknown
        /// Whether it was cancelled before its warehouse knew it.
        var isCancelledEarly = false
    }

    enum Stage {
        case unknown, reserved, packed, cancelled
    }

    init(_ plan: ShopPlan) {
        orders = plan.orders.map { _ in Order() }
        onHand = plan.items.map(\.initial)
    }

    /// How many orders are in a state and in none behind it.
    func count(in state: String) -> Int {
        let next = Set(ShopPlan.workflow.machines[0].transitions.filter { $0.from == state }.map(\.to))
        return orders.count { $0.states.contains(state) && $0.states.isDisjoint(with: next) }
    }
}
