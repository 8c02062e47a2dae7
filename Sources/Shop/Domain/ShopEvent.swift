/// Something that happened in the shop, as its services know it; ``ShopMessage`` is the same on its way.
public struct ShopEvent: Equatable, Sendable {
    /// Unique in a run: the process that it comes from, a hyphen, and a number. Who gets an event of the same id again does nothing again.
    public var id: String
    /// Where it goes.
    public var topic: ShopTopic
    /// What it is about.
    public var body: Body

    /// Makes an event.
    public init(id: String, topic: ShopTopic, body: Body) {
        self.id = id
        self.topic = topic
        self.body = body
    }

    /// What an event is about: an order and perhaps what became of it; or, in a receipt, the events that are stored.
    public enum Body: Equatable, Sendable {
        /// An order on its way.
        case order(Order)
        /// An order that has come to its end, told to its customer.
        case outcome(Order, Outcome)
        /// The ids of events that whoever sends this has stored, so nobody need send them again.
        case stored([String])
    }
}

/// What a customer wants.
public struct Order: Codable, Hashable, Sendable {
    /// Unique among the orders of its customer in a run.
    public var id: String
    /// Who ordered.
    public var customer: Customer
    /// What.
    public var item: Item
    /// How many, at least 1.
    public var quantity: Int

    /// What tells orders apart: nobody's order can be taken for another customer's, whatever id somebody gives his own.
    var key: String { "\(customer) \(id)" }

    /// Makes an order.
    public init(id: String, customer: Customer, item: Item, quantity: Int) {
        self.id = id
        self.customer = customer
        self.item = item
        self.quantity = quantity
    }
}

/// How an order can end.
public enum Outcome: String, Codable, CaseIterable, Sendable {
    /// It is on its way to the customer.
    case shipped
    /// There was not enough stock.
    case rejected
    /// The customer cancelled it before it was packed.
    case cancelled
}
