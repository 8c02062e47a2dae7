internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// A customer of the shop with many orders in progress: places them on time, cancels some, sends some twice, answers what it is told, and
/// sends again what nobody has answered.
final class ShopCustomer: TracedClient {
    let customer: Customer
    let context: ShopContext
    /// Its number among the customers, from 0.
    let number: Int

    /// What this customer has published and been told.
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

    init(number: Int, customer: Customer, context: ShopContext) {
        self.number = number
        self.customer = customer
        self.context = context
        let process = ShopRunPlan.firstProcess + UInt32(number)
        causality = CausalPublisher(PublisherID(process: process, incarnation: 0))
        outboxChanged = WaitQueue(on: context.reactor)
        super.init(
            process: process, name: "\(customer)", group: "customers",
            configuration: context.plan.session(clientID: "customer-\(context.plan.hexadecimalID)-\(number)"),
            filters: [ShopTopic.filter(to: customer)], requested: context.plan.qos, record: context)
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

    override var name: String { "customer \(customer)" }

    /// What the customer waits for, in a few words; `nil` when at rest.
    var whatItAwaits: String? {
        if !session.isConnected { return "\(name) is not connected" }
        if let id = open.keys.min() { return "order \(id) of \(name) is not confirmed, \(open.count) of its orders are not" }
        if let (id, event) = unanswered.min(by: { $0.key < $1.key }) {
            return "\(name) has no receipt for its event \(id) to \(event.outgoing.event.topic.to.rawValue)"
        }
        if !outbox.isEmpty { return "\(name) has \(outbox.count) events to send" }
        if !unresolved.isEmpty { return "\(name) has \(unresolved.count) messages unacknowledged" }
        return nil
    }
}
