/// A topic of the shop: `shop/{from}/{to}/{category}/{vendor}/{kind}`. To and from customers the two levels in the middle name the customer.
/// See docs/topics.md.
public struct ShopTopic: Hashable, Sendable {
    /// Who publishes to it.
    public let from: Party
    /// Who it is for.
    public let to: Party
    /// The category, or the customer's type where it is to a customer.
    public let category: String
    /// The vendor, or the customer's name where it is to a customer.
    public let vendor: String
    /// What it says.
    public let kind: EventKind

    /// Makes the topic of an event about an item.
    public init(from: Party, to: Party, item: Item, kind: EventKind) {
        self.init(from: from, to: to, category: item.category, vendor: item.vendor, kind: kind)
    }

    /// Makes the topic of an event to a customer.
    public init(from: Party, to customer: Customer, kind: EventKind) {
        self.init(from: from, to: .customer, category: customer.type, vendor: customer.name, kind: kind)
    }

    /// Makes the topic of a receipt, which is about events of many items.
    public init(receiptFrom from: Party, to: Party) {
        self.init(from: from, to: to, category: "all", vendor: "all", kind: .receipt)
    }

    private init(from: Party, to: Party, category: String, vendor: String, kind: EventKind) {
        self.from = from
        self.to = to
        self.category = category
        self.vendor = vendor
        self.kind = kind
    }

    /// Reads a topic; `nil` where it is none of the shop's events.
    public init?(_ text: String) {
        guard let levels = text.topicLevels(6), levels[0] == "shop", let from = Party(rawValue: levels[1]),
            let to = Party(rawValue: levels[2]), EventSchema.isName(levels[3]), EventSchema.isName(levels[4]),
            levels[3].utf8.count + levels[4].utf8.count < EventSchema.longestName, let kind = EventKind(rawValue: levels[5])
        else { return nil }
        self.init(from: from, to: to, category: levels[3], vendor: levels[4], kind: kind)
    }

    /// What the events of a topic say.
    public enum Content: Sendable {
        /// An order on its way.
        case order
        /// What became of an order.
        case outcome
        /// Which events are stored.
        case receipt
    }

    /// What is said on this topic: the table of docs/topics.md. `nil` where nobody says anything.
    public var content: Content? {
        switch (from, to, kind) {
        case (.customer, .order, .request), (.customer, .order, .cancel), (.order, .packaging, .request), (.order, .packaging, .cancel),
            (.packaging, .order, .reserved), (.packaging, .order, .failed), (.packaging, .order, .cancelled),
            (.packaging, .shipping, .request), (.packaging, .notification, .failed), (.packaging, .notification, .cancelled),
            (.shipping, .notification, .shipped), (.shipping, .order, .shipped):
            .order
        case (.notification, .customer, .status): .outcome
        case (.order, .customer, .receipt): .receipt
        case (.packaging, .order, .receipt), (.order, .packaging, .receipt), (.shipping, .packaging, .receipt),
            (.notification, .packaging, .receipt), (.notification, .shipping, .receipt), (.order, .shipping, .receipt),
            (.customer, .notification, .receipt):
            category == "all" && vendor == "all" ? .receipt : nil
        default: nil
        }
    }

    /// Whether an order belongs on this topic: it names its item, or to a customer its customer.
    func names(_ order: Order) -> Bool {
        to == .customer
            ? category == order.customer.type && vendor == order.customer.name
            : category == order.item.category && vendor == order.item.vendor
    }

    /// The topic as it stands in a packet.
    public var text: String { "shop/\(from.rawValue)/\(to.rawValue)/\(category)/\(vendor)/\(kind.rawValue)" }

    /// What dependencies are counted by: the part of the topic that decides which service receives it. That gets all of it or nothing, and a
    /// stamp stays small although the topics below are many. No inbox is put before customers, so what they are told counts together.
    public var causalKey: String { "shop/\(from.rawValue)/\(to.rawValue)" }

    /// The filter by which a service receives what is for it.
    public static func filter(to party: Party) -> String { "shop/+/\(party.rawValue)/#" }

    /// The filter by which a customer receives what is for it.
    public static func filter(to customer: Customer) -> String { "shop/+/customer/\(customer)/#" }

    /// The filter by which a vendor follows what becomes of its item, whoever tells whom.
    public static func filter(following item: Item) -> String { "shop/+/+/\(item)/#" }

    /// The filter over ``causalKey`` that goes with ``filter(to:)-(Party)``.
    public static func causalFilter(to party: Party) -> String { "shop/+/\(party.rawValue)" }
}
