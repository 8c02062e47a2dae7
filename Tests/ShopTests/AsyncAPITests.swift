import Causality
import Foundation
import Testing
import Yams

@testable import Shop

/// docs/asyncapi.yaml and stack/acl against the code.
@Suite struct AsyncAPITests {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    let document: [String: Any]

    init() throws {
        let text = try String(contentsOf: Self.repository.appending(path: "docs/asyncapi.yaml"), encoding: .utf8)
        document = try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    /// Who tells whom what; receipts go back on each of these ways.
    static let flows: [(from: Party, to: Party, kinds: [EventKind])] = [
        (.customer, .order, [.request, .cancel]),
        (.order, .packaging, [.request, .cancel]),
        (.packaging, .order, [.reserved, .failed, .cancelled]),
        (.packaging, .shipping, [.request]),
        (.packaging, .notification, [.failed, .cancelled]),
        (.shipping, .notification, [.shipped]),
        (.shipping, .order, [.shipped]),
        (.notification, .customer, [.status]),
    ]

    /// The services read what stands in the document, and nothing else.
    @Test func whatIsReadIsWhatIsDescribed() {
        let item = Catalogue.items[0]
        let customer = Catalogue.customers[0]
        var read: Set<String> = []
        for from in Party.allCases {
            for to in Party.allCases {
                for kind in EventKind.allCases {
                    for topic in [
                        ShopTopic(from: from, to: to, item: item, kind: kind),
                        ShopTopic(from: from, to: to, item: Item(customer), kind: kind),
                        ShopTopic(from: from, to: to, item: Item(category: "all", vendor: "all"), kind: kind),
                    ] where topic.content != nil { read.insert(topic.text) }
                }
            }
        }
        // An item, a customer and `all/all` are all names: which of them an event has to name is checked with its data.
        func pattern(_ topic: String) -> String {
            let levels = topic.split(separator: "/")
            return levels[5] == "receipt" && levels[2] != "customer" ? topic : "\(levels[1]) \(levels[2]) \(levels[5])"
        }
        #expect(Set(read.map(pattern)) == Set(Self.topics(item: item, customer: customer).map(pattern)))
    }

    /// Every topic of the shop's events, with the item and the customer given.
    static func topics(item: Item, customer: Customer) -> Set<String> {
        var topics: Set<ShopTopic> = []
        for (from, to, kinds) in flows {
            for kind in kinds {
                topics.insert(
                    to == .customer
                        ? ShopTopic(from: from, to: customer, kind: kind) : ShopTopic(from: from, to: to, item: item, kind: kind))
            }
            topics.insert(
                from == .customer ? ShopTopic(from: to, to: customer, kind: .receipt) : ShopTopic(receiptFrom: to, to: from))
        }
        return Set(topics.map(\.text))
    }

    @Test(arguments: zip(Catalogue.items, Catalogue.customers(Catalogue.items.count)))
    func everyTopicOfAnEventIsDescribedOnceAndNoOther(item: Item, customer: Customer) throws {
        let addresses = try channels().values
        let spoken = Self.topics(item: item, customer: customer)
        for topic in spoken {
            #expect(addresses.count { $0.matches(topic) } == 1, "\(topic)")
        }
        // Nobody says anything else: of all the topics that can be read, these are all that are described.
        var described: Set<String> = []
        for from in Party.allCases {
            for to in Party.allCases {
                for kind in EventKind.allCases {
                    for middle in [item.description, customer.description, "all/all"] {
                        let topic = "shop/\(from.rawValue)/\(to.rawValue)/\(middle)/\(kind.rawValue)"
                        if addresses.contains(where: { $0.matches(topic) }) { described.insert(topic) }
                    }
                }
            }
        }
        #expect(described == spoken)
    }

    @Test(arguments: ServiceName.allCases) func everyTopicOfControlAndStateIsDescribedOnce(service: ServiceName) throws {
        let run: UInt64 = 0x5eed
        let requests: [RunControl.Request] = [.begin(RunControl.RunPlan(run: run, stock: [:])), .end(run: run)]
        let answers: [RunControl.Answer] = [.ready, .closed, .failed]
        let topics =
            requests.map { RunControl.topic($0, to: service) } + answers.map { RunControl.topic($0, run: run, from: service) }
            + [ServiceState.topic(service)]
        let addresses = try channels().values
        for topic in topics {
            #expect(addresses.count { $0.matches(topic) } == 1, "\(topic)")
        }
    }

    /// Each reference leads somewhere, each channel has one sender, the one of its second level, and somebody who listens.
    @Test func theDocumentIsWhole() throws {
        for reference in Self.references(in: document) {
            #expect(resolve(reference) != nil, "\(reference) leads nowhere")
        }
        let operations = try operations()
        for (name, address) in try channels() {
            let senders = operations.filter { $0.channel == name && $0.action == "send" }
            let speaker = address.levels[1] == "{service}" ? "services" : address.levels[1]
            #expect(senders.map(\.party) == [speaker], "\(name)")
            #expect(operations.contains { $0.channel == name && $0.action == "receive" }, "\(name)")
        }
    }

    /// The broker lets everybody do what the document says, and lets no service speak for another.
    @Test func theBrokerAllowsEachOperationToItsUser() throws {
        let rules = try AccessRules(text: String(contentsOf: Self.repository.appending(path: "stack/acl"), encoding: .utf8))
        let channels = try channels()
        for operation in try operations() {
            let address = try #require(channels[operation.channel])
            let services = ServiceName.allCases.map(\.rawValue)
            let users: [(user: String, topic: String)] =
                switch operation.party {
                case "customer", "vendors", "harness": services.map { ("harness", address.filled(service: $0)) }
                case "services": services.map { ($0, address.filled(service: $0)) }
                default: services.map { (operation.party, address.filled(service: $0)) }
                }
            for (user, topic) in users {
                #expect(rules.allows(user, operation.action == "send" ? "write" : "read", topic), "\(user) \(operation.action)s \(topic)")
                guard operation.action == "send" else { continue }
                let writers = rules.users.filter { rules.allows($0, "write", topic) }
                #expect(writers == [user], "\(writers) can publish to \(topic)")
            }
        }
    }

    @Test func theExamplesAreReadAsEvents() throws {
        let messages = try #require((document["components"] as? [String: Any])?["messages"] as? [String: [String: Any]])
        var decoded = 0
        for (name, message) in messages {
            for example in message["examples"] as? [[String: Any]] ?? [] {
                let topic = try #require(example["name"] as? String, "an example of \(name) does not name its topic")
                let payload = try Array(
                    JSONSerialization.data(withJSONObject: #require(example["payload"]), options: [.fragmentsAllowed, .sortedKeys]))
                #expect(try channels().values.count { $0.matches(topic) } == 1, "\(topic)")
                switch name {
                case "begin":
                    guard case .request(.begin) = RunControl.read(topic: topic, payload: payload, to: .order) else {
                        Issue.record("the example of begin is refused")
                        continue
                    }
                case "state": #expect(ServiceState.read(topic: topic, payload: payload) != nil)
                case "closed": #expect(RunControl.traceNames(payload, run: 0x5eed_0123_4567_89ab, of: .order) != nil)
                default:
                    let attributes = (example["headers"] as? [String: String] ?? [:]).map { (name: $0.key, value: $0.value) }
                    #expect(name.hasSuffix("Binary") == !attributes.isEmpty)
                    guard case .message(let event) = ShopMessage.decode(topic: topic, payload: payload.span, properties: attributes) else {
                        Issue.record("the example of \(name) is no event of the shop")
                        continue
                    }
                    // As the program writes it, to the last byte, so the example shows what is really sent.
                    let (data, properties) = try event.binaryForm()
                    if attributes.isEmpty {
                        #expect(try Self.parsed(event.structuredPayload()) == Self.parsed(payload))
                    } else {
                        #expect(try Self.parsed(data) == Self.parsed(payload))
                        #expect(Dictionary(uniqueKeysWithValues: properties) == Dictionary(uniqueKeysWithValues: attributes))
                    }
                    decoded += 1
                }
            }
        }
        #expect(decoded == 6)
    }

    // MARK: The document

    /// The address of a channel: levels, those in braces parameters with the values that they can take, or any where none are named.
    struct Address {
        let levels: [String]
        let values: [String: [String]]

        func matches(_ topic: String) -> Bool {
            let given = topic.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            return given.count == levels.count
                && zip(levels, given).allSatisfy { level, value in
                    guard level.hasPrefix("{") else { return level == value }
                    return values[level].map { $0.isEmpty || $0.contains(value) } ?? false
                }
        }

        /// A topic of it: with this service where one is asked for, and the first value of every other parameter.
        func filled(service: String) -> String {
            levels.map { level in
                if level == "{service}" { return service }
                return level.hasPrefix("{") ? values[level]?.first ?? "any" : level
            }.joined(separator: "/")
        }
    }

    struct Operation {
        var party: String
        var action: String
        var channel: String
    }

    func channels() throws -> [String: Address] {
        let channels = try #require(document["channels"] as? [String: [String: Any]])
        return try channels.mapValues { channel in
            let address = try #require(channel["address"] as? String)
            var values: [String: [String]] = [:]
            for (name, parameter) in channel["parameters"] as? [String: [String: String]] ?? [:] {
                let target = try #require(resolve(parameter["$ref"] ?? "") as? [String: Any])
                values["{\(name)}"] = (target["enum"] as? [Any] ?? []).map { "\($0)" }
            }
            return Address(levels: address.split(separator: "/").map(String.init), values: values)
        }
    }

    func operations() throws -> [Operation] {
        try #require(document["operations"] as? [String: [String: Any]]).values.map { operation in
            Operation(
                party: try #require((operation["tags"] as? [[String: String]])?.first?["name"]),
                action: try #require(operation["action"] as? String),
                channel: try #require((operation["channel"] as? [String: String])?["$ref"]).replacing("#/channels/", with: ""))
        }
    }

    private func resolve(_ reference: String) -> Any? {
        reference.split(separator: "/").dropFirst().reduce(document as Any?) { ($0 as? [String: Any])?[String($1)] }
    }

    private static func references(in value: Any) -> [String] {
        switch value {
        case let map as [String: Any]: map.flatMap { $0 == "$ref" ? ["\($1)"] : references(in: $1) }
        case let list as [Any]: list.flatMap(references)
        default: []
        }
    }

    private static func parsed(_ json: [UInt8]) throws -> NSDictionary? {
        try JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary
    }
}

extension Item {
    /// The two levels of a customer, where a topic would have an item.
    fileprivate init(_ customer: Customer) { self.init(category: customer.type, vendor: customer.name) }
}

/// What mosquitto reads in stack/acl.
private struct AccessRules {
    private var rules: [(user: String, access: String, filter: [Substring])] = []

    var users: [String] { Set(rules.map(\.user)).sorted() }

    init(text: String) throws {
        var user = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "user" {
                user = String(words[1])
            } else {
                try #require(words.count == 3 && words[0] == "topic" && !user.isEmpty, "\(line)")
                rules.append((user, String(words[1]), words[2].split(separator: "/")))
            }
        }
    }

    func allows(_ user: String, _ access: String, _ topic: String) -> Bool {
        let levels = topic.split(separator: "/")
        return rules.contains { rule in
            rule.user == user && rule.access == access
                && (rule.filter.last == "#" ? levels.count >= rule.filter.count - 1 : levels.count == rule.filter.count)
                && zip(rule.filter, levels).allSatisfy { $0 == "#" || $0 == "+" || $0 == $1 }
        }
    }
}
