internal import HeapModule
internal import Workload

/// The orders of several customers in the order of their intended times. Each customer's are those of its own plan: whom it shares a connection with
/// changes nothing about them.
struct ShopSchedule {
    /// An order that is due.
    struct Next {
        /// The customer's place among those of the schedule.
        var customer: Int
        /// The number of the order among the customer's, from 1.
        var number: Int
        var order: Profile.Shop.PlannedOrder
        /// When it is meant to be placed.
        var intended: UInt64
    }

    /// A customer with its next order.
    private struct Turn: Comparable {
        var intended: UInt64
        var customer: Int

        static func < (left: Turn, right: Turn) -> Bool { (left.intended, left.customer) < (right.intended, right.customer) }
    }

    private var plans: [(orders: [Profile.Shop.PlannedOrder], placed: Int, arrivals: ArrivalProcess)] = []
    private var turns = Heap<Turn>()

    /// - Parameters:
    ///   - customers: the numbers of the customers among all of the profile's.
    ///   - start: the origin of the schedule in nanoseconds.
    init(_ profile: Profile, customers: [Int], start: UInt64) {
        for number in customers {
            guard let arrivals = profile.shopArrivals(customer: number, start: start) else { continue }
            plans.append((profile.shopOrders(customer: number), 0, arrivals))
            schedule(plans.count - 1)
        }
    }

    /// Takes out the order that is due next; `nil` where all are taken out.
    mutating func next() -> Next? {
        guard let turn = turns.popMin() else { return nil }
        plans[turn.customer].placed += 1
        let (orders, placed, _) = plans[turn.customer]
        schedule(turn.customer)
        return Next(customer: turn.customer, number: placed, order: orders[placed - 1], intended: turn.intended)
    }

    private mutating func schedule(_ customer: Int) {
        guard plans[customer].placed < plans[customer].orders.count else { return }
        turns.insert(Turn(intended: plans[customer].arrivals.next(), customer: customer))
    }
}
