/// What can be ordered, by whom. The names stand in topics.
public enum Catalogue {
    /// The vendors of each category, in the order of the topic tree's description.
    public static let vendors: [(category: String, names: [String])] = [
        ("car", ["bmw", "toyota", "honda", "subaru"]),
        ("appliances", ["lg", "sony", "panasonic", "dyson"]),
        ("3c", ["apple", "hp", "bestbuy"]),
    ]

    /// Every item: each vendor sells one.
    public static let items: [Item] = vendors.flatMap { category, names in names.map { Item(category: category, vendor: $0) } }

    /// The customers that the topic tree names, the first of many.
    public static let customers: [Customer] =
        ["amazon", "google", "meta"].map { Customer(type: "company", name: $0) }
        + ["defense-department", "foreign-ministry"].map { Customer(type: "government", name: $0) }
        + (1...4).map { Customer(type: "individual", name: "name\($0)") }

    /// The first `count` customers: those that the topic tree names, then further individuals.
    public static func customers(_ count: Int) -> [Customer] {
        let further = customers.count..<max(count, customers.count)
        return Array((customers + further.map { Customer(type: "individual", name: "name\($0 - 4)") }).prefix(count))
    }
}

/// Something that can be ordered.
public struct Item: TopicPair, Hashable, Sendable {
    /// The category, a topic level.
    public let category: String
    /// The vendor, a topic level.
    public let vendor: String

    /// Makes an item.
    public init(category: String, vendor: String) {
        self.category = category
        self.vendor = vendor
    }

    /// Reads `car/bmw`; `nil` where that is not two names (``EventSchema``).
    public init?(_ text: String) {
        guard let (category, vendor) = text.twoLevels else { return nil }
        self.init(category: category, vendor: vendor)
    }

    /// `car/bmw`, as the ledger and the account of its stock are called.
    public var description: String { "\(category)/\(vendor)" }

    /// As it stands in an error.
    public static let example = "an item such as car/bmw"
}

/// Who orders.
public struct Customer: TopicPair, Hashable, Sendable {
    /// `company`, `government` or `individual`: a topic level.
    public let type: String
    /// The name, a topic level.
    public let name: String

    /// Makes a customer.
    public init(type: String, name: String) {
        self.type = type
        self.name = name
    }

    /// Reads `company/amazon`; `nil` where that is not two names (``EventSchema``).
    public init?(_ text: String) {
        guard let (type, name) = text.twoLevels else { return nil }
        self.init(type: type, name: name)
    }

    /// `company/amazon`.
    public var description: String { "\(type)/\(name)" }

    /// As it stands in an error.
    public static let example = "a customer such as company/amazon"
}

/// Two levels of a topic that name something, and stand as one text in JSON.
public protocol TopicPair: Codable, CustomStringConvertible {
    /// Reads `a/b`; `nil` where that is not two names (``EventSchema``).
    init?(_ text: String)
    /// What is expected, for an error.
    static var example: String { get }
}

extension TopicPair {
    /// As `a/b`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// From `a/b`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let pair = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not \(Self.example)")
        }
        self = pair
    }
}

extension String {
    /// The two names of `a/b`; `nil` for anything else.
    fileprivate var twoLevels: (String, String)? {
        guard utf8.count <= EventSchema.longestName, let levels = topicLevels(2), EventSchema.isName(levels[0]),
            EventSchema.isName(levels[1])
        else { return nil }
        return (levels[0], levels[1])
    }

    /// The levels of a topic; `nil` where there are more or fewer. By bytes: that is what MQTT compares, and takes a tenth of the time of characters.
    func topicLevels(_ count: Int) -> [String]? {
        let levels = utf8.split(separator: UInt8(ascii: "/"), maxSplits: count, omittingEmptySubsequences: false)
        return levels.count == count ? levels.map { String(Substring($0)) } : nil
    }
}
