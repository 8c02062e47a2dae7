internal import Measurement
internal import MQTT
internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// What customers and vendors of one reactor share; confined to it.
final class ShopContext: WorkerRecord {
    /// The groups into which what was measured is divided: orders by what became of them, and last what was sent.
    static let groups = Outcome.allCases.map(\.rawValue) + ["customers"]
    /// Where what was sent is counted.
    static let sentGroup = Outcome.allCases.count

    let plan: ShopRunPlan
    var counts = Counts()

    /// What customers count beside orders and their latencies.
    struct Counts: Sendable {
        /// Orders that were placed.
        var placed = 0
        /// Orders that were confirmed, by what became of them, those outside of the hold included.
        var confirmed: [Outcome: Int] = [:]
        /// When the last order that was meant for the hold was confirmed.
        var lastConfirmation: UInt64 = 0
        /// Events that were sent again because no receipt came in time.
        var resent = 0
        /// Requests that were sent twice on purpose.
        var duplicates = 0
        /// Messages that arrived.
        var arrivals = 0

        static func += (left: inout Counts, right: Counts) {
            left.placed += right.placed
            left.confirmed.merge(right.confirmed, uniquingKeysWith: +)
            left.lastConfirmation = max(left.lastConfirmation, right.lastConfirmation)
            left.resent += right.resent
            left.duplicates += right.duplicates
            left.arrivals += right.arrivals
        }
    }

    init(reactor: Reactor, plan: ShopRunPlan, trace: TraceWriter) {
        self.plan = plan
        super.init(reactor: reactor, trace: trace, groups: Self.groups.count)
        isAmongOthers = !plan.target.isEmbedded
    }
}

/// What every part of a run of the shop has to know.
struct ShopRunPlan: Sendable {
    /// The number of this run, in every message and trace.
    let id = UInt64.random(in: 1 ... .max)
    let profile: Profile
    let shop: Profile.Shop
    /// The broker of the customers.
    let target: BrokerTarget

    /// The process number of the customers' first connection; smaller ones are those of the services.
    static let firstProcess: UInt32 = 16

    /// The customers of each connection, dealt out in turn, with the number that each has among all.
    var connections: [[(number: Int, customer: Customer)]] {
        var connections: [[(number: Int, customer: Customer)]] = Array(repeating: [], count: shop.connections)
        for (number, customer) in Catalogue.customers(shop.customers).enumerated() {
            connections[number % shop.connections].append((number, customer))
        }
        return connections
    }

    /// The process of a vendor's follower; the customers' connections come first.
    func process(ofVendor vendor: Int) -> UInt32 { Self.firstProcess + UInt32(shop.connections + vendor) }
    /// A number that nobody has.
    var freeProcess: UInt32 { process(ofVendor: shop.vendors) }

    var version: MQTT.ProtocolVersion { shop.protocolVersion == .v5 ? .v5 : .v311 }
    var qos: QoS { QoS(rawValue: shop.qos.customers) ?? .atLeastOnce }
    var hexadecimalID: String { String(id, radix: 16) }

    /// How a client of the harness connects.
    func session(clientID: String) -> SessionConfiguration {
        var configuration = SessionConfiguration(target.endpoint, clientID: clientID)
        configuration.version = version
        configuration.readsProperties = true
        // As many as mosquitto has in flight itself: see docs/profiles.md, `window`.
        configuration.window = 20
        configuration.credentials = target.credentials
        configuration.tls = target.tls
        return configuration
    }

    /// What the services are told of the run.
    var control: RunControl.RunPlan {
        RunControl.RunPlan(
            run: id, stock: Dictionary(uniqueKeysWithValues: Catalogue.items.map { ("\($0)", shop.stock) }),
            packingMilliseconds: shop.packingTime.wholeMilliseconds,
            qos: Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0.rawValue, Int(shop.qos[$0])) }),
            protocolVersion: shop.protocolVersion.rawValue, resendMilliseconds: shop.resendAfter.wholeMilliseconds,
            causalTimeoutMilliseconds: shop.causalTimeout.wholeMilliseconds)
    }
}

extension Profile.Shop.QoS {
    /// That of one service.
    subscript(service: ServiceName) -> UInt8 {
        switch service {
        case .order: order
        case .packaging: packaging
        case .shipping: shipping
        case .notification: notification
        }
    }
}

extension Duration {
    /// In milliseconds, rounded up, so that what is not nothing stays more than nothing.
    fileprivate var wholeMilliseconds: Int { Int((wholeNanoseconds + 999_999) / 1_000_000) }
}
