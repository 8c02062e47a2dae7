package import Measurement

extension RunResult {
    /// What a run of the shop came to, beside what every run does.
    package struct Shop: Codable, Equatable, Sendable {
        /// What became of the orders.
        package var orders: Orders
        /// Confirmed orders a second.
        package var ordersPerSecond: Double
        /// From the intended time of an order to its confirmation, by what became of it, hold phase only.
        package var latencySeconds: Latencies
        /// Events that customers sent again because no receipt came in time.
        package var resent: Int
        /// Requests that customers sent twice on purpose.
        package var duplicatesSent: Int
        /// Pairs of events that were concurrent where the shop had to choose a winner.
        package var concurrent: Int
        /// Services that were killed, in the order of time.
        package var kills: [Kill]
        /// At which QoS who published and subscribed.
        package var qos: [Level]
        /// What each service has done.
        package var services: [Service]

        /// Makes the shop's part.
        package init(
            orders: Orders, ordersPerSecond: Double, latencySeconds: Latencies, resent: Int, duplicatesSent: Int, concurrent: Int,
            kills: [Kill], qos: [Level], services: [Service]
        ) {
            self.orders = orders
            self.ordersPerSecond = ordersPerSecond
            self.latencySeconds = latencySeconds
            self.resent = resent
            self.duplicatesSent = duplicatesSent
            self.concurrent = concurrent
            self.kills = kills
            self.qos = qos
            self.services = services
        }

        /// Orders by what became of them.
        package struct Orders: Codable, Equatable, Sendable {
            /// Placed by customers.
            package var placed: Int
            /// Confirmed as on their way.
            package var shipped: Int
            /// Confirmed as rejected, because there was not enough stock.
            package var rejected: Int
            /// Confirmed as cancelled.
            package var cancelled: Int
            /// Never confirmed.
            package var unconfirmed: Int

            /// Makes the counts.
            package init(placed: Int, shipped: Int, rejected: Int, cancelled: Int, unconfirmed: Int) {
                self.placed = placed
                self.shipped = shipped
                self.rejected = rejected
                self.cancelled = cancelled
                self.unconfirmed = unconfirmed
            }
        }

        /// Latencies by what became of the orders.
        package struct Latencies: Codable, Equatable, Sendable {
            /// Of those that were shipped.
            package var shipped: LatencySummary
            /// Of those that were rejected.
            package var rejected: LatencySummary
            /// Of those that were cancelled.
            package var cancelled: LatencySummary

            /// Makes the latencies.
            package init(shipped: LatencySummary, rejected: LatencySummary, cancelled: LatencySummary) {
                self.shipped = shipped
                self.rejected = rejected
                self.cancelled = cancelled
            }
        }

        /// A service that was killed.
        package struct Kill: Codable, Equatable, Sendable {
            /// Seconds from the first intended order.
            package var at: Double
            /// Which.
            package var service: String

            /// Makes a kill.
            package init(at: Double, service: String) {
                self.at = at
                self.service = service
            }
        }

        /// The QoS of a service or of the customers.
        package struct Level: Codable, Equatable, Sendable {
            /// Whose.
            package var name: String
            /// 0, 1 or 2.
            package var qos: Int

            /// Makes a level.
            package init(name: String, qos: Int) {
                self.name = name
                self.qos = qos
            }
        }

        /// What one service has done.
        package struct Service: Codable, Equatable, Sendable {
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

            /// Makes a service's part.
            package init(name: String, processed: Int, repeated: Int, published: Int, life: Int) {
                self.name = name
                self.processed = processed
                self.repeated = repeated
                self.published = published
                self.life = life
            }
        }
    }
}
