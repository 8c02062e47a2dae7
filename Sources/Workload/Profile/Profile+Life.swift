extension Profile {
    /// When the clients of a group are there, and when they are not. All times count from the start of the warm-up.
    public struct Life: Equatable, Sendable {
        /// When they connect first; `nil` for before the load begins, as all others.
        public internal(set) var join: Join?
        /// When they leave for good; `nil` for when the run is over.
        public internal(set) var leave: Leave?
        /// When they are away for a while.
        public internal(set) var away: [Away] = []
        /// Clients that come and go at random, at a rate.
        public internal(set) var churn: Churn?
    }

    /// When the clients of a group connect first.
    public struct Join: Equatable, Sendable {
        /// When the first of them does.
        public let after: Duration
        /// The time over which they are spread evenly; zero for all at once.
        public let over: Duration
    }

    /// When the clients of a group leave for good.
    public struct Leave: Equatable, Sendable {
        /// When the first of them does.
        public let after: Duration
        /// The time over which they are spread evenly; zero for all at once.
        public let over: Duration
        /// How they leave.
        public let by: Departure
    }

    /// When clients of a group are away for a while.
    public struct Away: Equatable, Sendable {
        /// When the first of them leaves.
        public let after: Duration
        /// How long each is away.
        public let length: Duration
        /// The time over which they are spread evenly; zero for all at once, as in a storm of reconnects.
        public let over: Duration
        /// The time from one absence to the next; `nil` for one absence only.
        public let every: Duration?
        /// How often each is away; `nil` for once or, with ``every``, to the end of the load.
        public let times: Int?
        /// The share of the clients that this is for, drawn for each client.
        public let share: Double
        /// The chance of each absence to happen, drawn for each.
        public let chance: Double
        /// How they leave.
        public let by: Departure
    }

    /// Clients that come and go at random: a Poisson process of the whole group, each time for a client that is drawn.
    public struct Churn: Equatable, Sendable {
        /// How often some client of the group leaves.
        public let rate: Rate
        /// How long it is away.
        public let length: Duration
        /// How it leaves.
        public let by: Departure
    }

    /// How a client leaves.
    public enum Departure: String, CaseIterable, Sendable {
        /// With a DISCONNECT, once what it had in flight is acknowledged: the broker forgets the will (MQTT-3.14.4-3).
        case disconnect
        /// The connection is closed without a DISCONNECT, so the broker publishes the will (MQTT-3.1.2-8).
        case drop
        /// It neither reads nor sends any more, not even a ping: the broker has to notice (MQTT-3.1.2-22).
        case silence
    }

    /// The message that the broker publishes when a client's connection ends without a DISCONNECT.
    public struct Will: Equatable, Sendable {
        /// The topic, the same for each will of a client.
        public let topic: TopicTemplate
        /// The quality of service.
        public let qos: UInt8
        /// Whether the broker retains it.
        public let retain: Bool
        /// For how many seconds the broker waits with it (MQTT 5.0, 3.1.3.2.2).
        public let delaySeconds: UInt32
    }
}
