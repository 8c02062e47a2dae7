extension Profile {
    /// The shop as load: many customers who order from four services. See docs/profiles.md.
    public struct Shop: Equatable, Sendable {
        /// How many customers order, at least 1.
        public let customers: Int
        /// How many connections the customers share, 1 to ``customers``. The customers of one are one process of the run.
        public let connections: Int
        /// How many items have a vendor that follows what becomes of them.
        public let vendors: Int
        /// How many orders all customers place together, at least 1.
        public let orders: Int
        /// How many orders all customers place in a time.
        public let rate: Rate
        /// How the orders of a customer are spread over time.
        public let arrival: ArrivalProcess.Kind
        /// How many of its item an order asks for.
        public let quantity: ClosedRange<Int>
        /// How many of each item there are at the beginning.
        public let stock: Int
        /// The share of orders that their customer cancels, 0 to 1.
        public let cancel: Double
        /// The longest from placing an order to cancelling it.
        public let cancelWithin: Duration
        /// The share of requests that are sent twice on purpose, 0 to 1.
        public let duplicate: Double
        /// At which QoS who publishes and subscribes.
        public internal(set) var qos: QoS
        /// The version of MQTT that everybody speaks.
        public let protocolVersion: ProtocolVersion
        /// How long packing takes; an order can be cancelled until then.
        public let packingTime: Duration
        /// How long an event waits for its receipt before it is sent again.
        public let resendAfter: Duration
        /// The longest that a causal inbox holds a message back.
        public let causalTimeout: Duration
        /// How many workers each service has.
        public let workers: Int
        /// What a service's commit survives.
        public let durability: Durability
        /// Whether each service is a process of its own, and not a part of Waybill's.
        public internal(set) var processes: Bool
        /// Whether each service has a broker of its own, bridged to that of the customers.
        public let bridged: Bool
        /// Services that are killed while orders flow; `nil` where none is.
        public let kills: Kills?

        /// How many connections there are at most where the profile does not say.
        public static let usualConnections = 32

        /// The most items that vendors can follow: as many as the shop's catalogue has.
        public static let items = 11

        /// What a service's commit survives.
        public enum Durability: String, CaseIterable, Sendable {
            /// The end of the service.
            case process
            /// The end of the machine too.
            case full
        }

        /// The QoS of each service and of the customers and vendors.
        public struct QoS: Equatable, Sendable {
            /// That of the order service.
            public var order: UInt8
            /// That of the packaging service.
            public var packaging: UInt8
            /// That of the shipping service.
            public var shipping: UInt8
            /// That of the notification service.
            public var notification: UInt8
            /// That of customers and vendors.
            public var customers: UInt8

            /// The same for everybody.
            public init(all qos: UInt8) {
                order = qos
                packaging = qos
                shipping = qos
                notification = qos
                customers = qos
            }

            /// The greatest of all.
            public var greatest: UInt8 { Swift.max(order, packaging, shipping, notification, customers) }
        }

        /// Services that are killed while orders flow.
        public struct Kills: Equatable, Sendable {
            /// How many times a service is killed, at least 1.
            public let count: Int
            /// From the first order on, how long the kills are spread over.
            public let over: Duration
        }

        /// How long placing all orders takes, by the rate.
        public var orderingTime: Duration {
            .nanoseconds(Int64(Swift.min(Double(orders) / rate.perSecond * 1e9, 9e18)))
        }
    }
}
