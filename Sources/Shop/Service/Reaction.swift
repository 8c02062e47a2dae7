internal import Causality

/// What a service makes of one event or one due order: pure data, which the gateway stores, traces and sends.
struct Reaction: Sendable {
    /// The order as the service knows it now; `nil` where nothing changed.
    var record: OrderRecord?
    /// The states that the order enters here, in order.
    var entered: [String] = []
    /// What moves in the stock.
    var moves: [StockMove] = []
    /// What others are told, in order.
    var events: [(topic: ShopTopic, body: ShopEvent.Body)] = []
    /// Two events were concurrent, and the shop had to choose: one sentence about which won.
    var choice: String?
    /// Whether it is a cancellation of an order that nobody has placed, when as many are remembered as may be.
    var isPassedOver = false
    /// Whether ``record`` is packed by this, so that it keeps the stamp of the first of ``events``.
    var packs = false
}

extension Reaction {
    /// To a cancellation that came before its order: it is remembered until then.
    static func withdrawing(_ order: Order, _ situation: Situation) -> Reaction {
        situation.remembersWithdrawn ? Reaction(record: OrderRecord(order: order, state: .withdrawn)) : Reaction(isPassedOver: true)
    }
}

/// What a service may look at when it decides.
struct Situation: Sendable {
    /// The order as the service knows it; `nil` for one it has never heard of.
    var record: OrderRecord?
    /// The stamp of the event.
    var stamp: DependencyStamp
    /// Milliseconds since 1970.
    var now: Int64
    /// How long packing takes, in milliseconds.
    var packingMilliseconds: Int64
    /// The numbers that all workers of the service share.
    var ledgers: Ledgers
    /// Whether one more cancellation can be remembered whose order has not come.
    var remembersWithdrawn = true
    /// Whether an order that is known is known for good, so that a second request for it does nothing.
    var isIdempotent: Bool
}
