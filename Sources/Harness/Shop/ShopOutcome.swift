package import Measurement

/// What a run of the shop came to, beside what every run does.
package struct ShopOutcome: Sendable {
    /// Orders that customers placed.
    package var placed = 0
    /// Orders that were confirmed to their customers, by what became of them.
    package var confirmed = Confirmed(shipped: 0, rejected: 0, cancelled: 0)
    /// Orders whose customer never heard what became of them.
    package var unconfirmed: Int { placed - confirmed.shipped - confirmed.rejected - confirmed.cancelled }
    /// Confirmed orders a second: those meant for the hold, from its begin to the last of their confirmations, or to its end if that is later.
    package var ordersPerSecond = 0.0
    /// From the intended time of an order to its confirmation, by what became of it.
    package var latencyByOutcome = Latency(shipped: .init(), rejected: .init(), cancelled: .init())
    /// Events that customers sent again because no receipt came in time.
    package var resent = 0
    /// Requests that customers sent twice on purpose.
    package var duplicatesSent = 0
    /// Pairs of events that were concurrent where the shop had to choose a winner.
    package var concurrent = 0
    /// Services that were killed, in the order of time.
    package var kills: [Kill] = []
    /// At which QoS each service and the customers published and subscribed.
    package var qos: [(name: String, qos: Int)] = []
    /// What each service has done.
    package var services: [Service] = []

    /// Orders by what became of them.
    package struct Confirmed: Sendable {
        /// On their way to the customer.
        package var shipped: Int
        /// There was not enough stock.
        package var rejected: Int
        /// Cancelled by their customers in time.
        package var cancelled: Int
    }

    /// Latencies by what became of the orders.
    package struct Latency: Sendable {
        /// Of those that were shipped.
        package var shipped: LatencySummary
        /// Of those that were rejected.
        package var rejected: LatencySummary
        /// Of those that were cancelled.
        package var cancelled: LatencySummary
    }

    /// One service that was killed.
    package struct Kill: Sendable {
        /// Seconds from the first intended order.
        package var at: Double
        /// Which.
        package var service: String
    }

    /// What one service has done.
    package struct Service: Sendable {
        /// Which.
        package var name: String
        /// Events received and stored, copies left out.
        package var processed: Int
        /// Events received again.
        package var repeated: Int
        /// Events published, those sent again included.
        package var published: Int
        /// How often it was started.
        package var life: Int
    }
}
