internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// The customers of the shop that share one connection, each with many orders in progress: places them on time, cancels some, sends some twice, answers
/// what they are told, and sends again what nobody has answered.
///
/// They are one process of the run: what one of them was told, the next one's messages have in their past. Stamps therefore grow with the
/// connections, however many customers there are.
final class ShopCustomers: TracedClient {
    /// Who they are, with the number that each has among all customers, from 0.
    let customers: [(number: Int, customer: Customer)]
    let context: ShopContext

    /// What these customers have published and been told.
    var causality: CausalPublisher
    /// The number of its latest publish.
    var sequence: UInt64 = 0
    /// The number of its latest event.
    var events: UInt64 = 0
    /// What is to be sent, in order.
    var outbox = Deque<Outgoing>()
    let outboxChanged: WaitQueue
    /// Events that wait for their receipt, by id.
    var unanswered: [String: Unanswered] = [:]
    /// Orders that are not confirmed, by id.
    var open: [String: OpenOrder] = [:]

    /// An event on its way out.
    struct Outgoing {
        var event: ShopEvent
        /// When it was meant to leave.
        var intended: UInt64
        /// When it happened, in milliseconds since 1970.
        var milliseconds: Int64
    }

    /// An event that waits for its receipt.
    struct Unanswered {
        var outgoing: Outgoing
        /// When it is sent again; `nil` while it waits to be sent.
        var timer: TimerID?
        /// How often it was sent again.
        var repeats = 0
        /// Whether it is the request of an order, whose receipt is counted.
        var isRequest: Bool
    }

    /// An order that is not confirmed.
    struct OpenOrder {
        var order: Order
        /// When it was meant to be placed.
        var intended: UInt64
        /// When its request was sent.
        var sent: UInt64?
    }

    /// - Parameters:
    ///   - connection: its number among the connections, from 0.
    ///   - customers: who order through it, at least one.
    init(connection: Int, customers: [(number: Int, customer: Customer)], context: ShopContext) {
        self.customers = customers
        self.context = context
        let process = ShopRunPlan.firstProcess + UInt32(connection)
        causality = CausalPublisher(PublisherID(process: process, incarnation: 0))
        outboxChanged = WaitQueue(on: context.reactor)
        super.init(
            process: process, name: Self.title(customers), group: "customers",
            configuration: context.plan.session(clientID: "customer-\(context.plan.hexadecimalID)-\(connection)"),
            filters: customers.map { ShopTopic.filter(to: $0.customer) }, requested: context.plan.qos, record: context)
    }

    /// `company/amazon`, or `company/amazon and 312 more`.
    private static func title(_ customers: [(number: Int, customer: Customer)]) -> String {
        "\(customers[0].customer)" + (customers.count > 1 ? " and \(customers.count - 1) more" : "")
    }

    override func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        take(topic, payload, delivery)
    }

    /// Acknowledgements of the broker are no step of an order; what is counted is who has stored its request.
    override func count(_ outcome: Trace.PublishOutcome, reason: UInt8, sequence: UInt64) {
        switch outcome {
        case .acked: break
        case .refused, .withheld:
            context.statistics.refused(
                group: ShopContext.sentGroup, qos: context.plan.qos.rawValue, why: ReasonCode(rawValue: reason).description)
        case .unknown: context.statistics.counts.unknown += 1
        }
    }

    /// Orders that were placed and whose request never left are due and unsent.
    override func giveUpUnsent() {
        let now = MonotonicClock.now
        for order in open.values where order.sent == nil {
            context.statistics.unsent(
                group: ShopContext.sentGroup, qos: context.plan.qos.rawValue, intended: order.intended, until: now, isExcused: false)
        }
        open = open.filter { $0.value.sent != nil }
    }

    override func accept(_ answer: ConnectAnswer) throws {
        guard context.plan.qos > answer.limits.maximumQoS else { return }
        throw HarnessError(
            .badInput,
            "The broker takes QoS \(answer.limits.maximumQoS.rawValue) at most, and the customers of the shop publish at QoS \(context.plan.qos.rawValue): use a lower one, with --qos or in the profile."
        )
    }

    override var name: String { "customer \(Self.title(customers))" }

    /// Whether they wait for nothing.
    var isAtRest: Bool { session.isConnected && open.isEmpty && unanswered.isEmpty && outbox.isEmpty && unresolved.isEmpty }

    /// What they wait for, in a few words; `nil` when at rest. It looks through all that is open.
    var whatItAwaits: String? {
        if !session.isConnected { return "\(name) is not connected" }
        if let (id, placed) = open.min(by: { $0.key < $1.key }) {
            let customer = placed.order.customer
            let count = open.values.count { $0.order.customer == customer }
            return "order \(id) of customer \(customer) is not confirmed, \(count) of its orders are not"
        }
        if let (id, event) = unanswered.min(by: { $0.key < $1.key }) {
            return "\(name) has no receipt for its event \(id) to \(event.outgoing.event.topic.to.rawValue)"
        }
        if !outbox.isEmpty { return "\(name) has \(outbox.count) events to send" }
        if !unresolved.isEmpty { return "\(name) has \(unresolved.count) messages unacknowledged" }
        return nil
    }
}
