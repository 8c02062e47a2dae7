/// What a service says of itself twice a second, on `shop/{service}/monitor/all/all/state`: retained, at QoS 0, never traced.
public struct ServiceState: Codable, Equatable, Sendable {
    /// Which service.
    public var service: ServiceName
    /// The name of the instance.
    public var instance: String
    /// The run, in hexadecimal digits; `nil` while there is none.
    public var run: String?
    /// How often it has been started in this run.
    public var life: Int
    /// Orders by state, as this service knows them.
    public var orders: [String: Int]
    /// What is on hand of each item; only packaging knows.
    public var stock: [String: Int]
    /// Events received and stored since the run began, copies left out.
    public var processed: Int
    /// Events that were received again and had no effect.
    public var repeated: Int
    /// Events published since the run began, those sent again included.
    public var published: Int
    /// Events stored and not yet answered by a receipt.
    public var unanswered: Int
    /// Messages that wait in the causal inbox.
    public var held: Int
    /// Whether the service waits for nothing: no event unanswered, none held, nothing to pack.
    public var isAtRest: Bool
    /// What the service itself has still to do, in a few words; `nil` where nothing waits for it.
    public var owes: String?
    /// Why the service is not well, a sentence; only on its page `/health`, and `nil` where it is.
    public var reason: String?
    /// Pairs of events found to be concurrent where the shop has to choose a winner.
    public var concurrent: Int
    /// Messages since the service was started that began as an event and are none.
    public var corrupt: Int
    /// Messages since the service was started that are none of the shop's.
    public var foreign: Int
    /// Cancellations since the service was started that had no effect because they are of orders that nobody placed.
    public var passedOver: Int
    /// Entries of the store since the service was started that cannot be used, and events that cannot be sent.
    public var setAside: Int

    /// Makes the state of a service that has done nothing.
    public init(service: ServiceName, instance: String) {
        self.service = service
        self.instance = instance
        life = 0
        orders = [:]
        stock = [:]
        processed = 0
        repeated = 0
        published = 0
        unanswered = 0
        held = 0
        isAtRest = true
        concurrent = 0
        corrupt = 0
        foreign = 0
        passedOver = 0
        setAside = 0
    }

    /// The topic of a service's state.
    public static func topic(_ service: ServiceName) -> String { "shop/\(service.rawValue)/monitor/all/all/state" }
    /// The filter by which all states are seen.
    public static let filter = "shop/+/monitor/all/all/state"
}
