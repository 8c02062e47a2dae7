internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// One simulated client: a session, its clock, and what it has sent. It lives on one reactor.
final class LoadClient: TracedClient {
    let plan: ClientPlan
    let context: WorkerContext
    /// What it publishes, if anything.
    let messages: MessagePlan?
    /// The place of its group in the profile.
    let groupIndex: Int
    private let publishesOnItsOwn: Bool
    let forwardsMessages: Bool
    /// The trace's number of the only topic that it publishes to.
    private(set) lazy var fixedTopicID: UInt32 = context.trace.topic(messages?.fixedTopic ?? "")

    /// What happened before this client's next publish.
    var clock = VectorTimestamp()
    /// The number of its latest publish.
    var sequence: UInt64 = 0
    /// For each received message that is still to be forwarded, when it came.
    var forwards = Deque<UInt64>()
    let forwardsChanged: WaitQueue
    /// The topics on which it published retained messages at a broker that keeps them after the run.
    var retainedTopics: Set<String> = []
    var isStalled = false
    /// What it has got acknowledged, and what is due to it.
    var due = DueDeliveries()
    /// Messages appended since this client last gave way to the rest of the reactor.
    var appended = 0
    /// When it read again after a stall.
    fileprivate var stallEnded: UInt64?

    init(_ plan: ClientPlan, context: WorkerContext) {
        self.plan = plan
        self.context = context
        messages = MessagePlan(plan.publish, plan.topics)
        groupIndex = plan.group
        publishesOnItsOwn = plan.publishesOnItsOwn
        forwardsMessages = plan.forwards
        forwardsChanged = WaitQueue(on: context.reactor)
        super.init(
            process: plan.process, name: plan.name, group: context.run.groups[plan.group].name, configuration: plan.session,
            filters: plan.filters,
            requested: plan.subscribe.flatMap { QoS(rawValue: $0.qos) } ?? .atMostOnce, record: context)
    }

    override func accept(_ answer: ConnectAnswer) throws {
        for note in notes(on: answer) { context.note(limit: "\(context.run.groups[plan.group].name): \(note)") }
        try check(answer)
    }

    override var name: String { plan.name }

    override func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        // Who publishes by its own schedule waits for acknowledgements, whatever it receives.
        if !publishesOnItsOwn { steps += 1 }
        take(topic, payload, delivery)
    }

    override func count(_ outcome: Trace.PublishOutcome, reason: UInt8, sequence: UInt64) {
        guard let qos = messages?.qos(of: sequence) else { return }
        switch outcome {
        case .acked:
            context.statistics.acked(group: groupIndex, qos: qos, at: context.reactor.turnTime)
            if qos > 0 { due.acknowledged(sequence) }
        case .refused, .withheld: context.statistics.refused(group: groupIndex, qos: qos, why: ReasonCode(rawValue: reason).description)
        case .unknown: context.statistics.counts.unknown += 1
        }
    }

    override func subscribed(_ answers: [SubscriptionAnswer]) { due.subscribed(plan.filters, answers) }

    override func giveUpUnsent() { abandonForwards() }

    /// What became of the connection while nobody read is heard as soon as somebody does.
    override var isAskedFor: Bool { isStalled || stallEnded.map { MonotonicClock.now - $0 < 1_000_000_000 } ?? false }

    /// Publishes without an outcome.
    var inFlight: Int { unresolved.count }

    /// Whether nothing is on its way to or from this client.
    var isAtRest: Bool { whatItAwaits == nil }

    /// What the client waits for, in a few words; `nil` when at rest.
    var whatItAwaits: String? {
        if !session.isConnected { return "\(name) is not connected" }
        if isStalled { return "\(name) does not read yet" }
        if !unresolved.isEmpty { return "\(name) has \(unresolved.count) messages unacknowledged" }
        if !forwards.isEmpty { return "\(name) has \(forwards.count) messages to forward" }
        return nil
    }
}

extension LoadClient {
    /// What the broker acknowledged last, above QoS 0.
    var latestAcknowledged: DueDeliveries.Acknowledged? {
        guard due.acknowledged > 0, let topics = plan.topics else { return nil }
        return .init(publisher: process, name: name, sequence: due.acknowledged, topic: topics.topic(sequence: due.acknowledged))
    }

    /// What is due to it, in a few words. Whatever it had waited for and got is a step.
    func lookForDue(_ published: PublishedTopics, budget: inout Int) -> String? {
        let found = due.look(name, published, budget: &budget)
        if found.hasCome { steps += 1 }
        return found.text
    }

    /// Stops reading for the time that the profile says.
    func scheduleStall(from start: UInt64) {
        guard let stall = plan.subscribe?.stall else { return }
        context.reactor.schedule(at: start + stall.after.nanoseconds) { [self] in
            isStalled = true
            session.setReading(false)
            context.trace.mark(at: MonotonicClock.now, .note, text: "\(plan.session.clientID) stops reading")
        }
        context.reactor.schedule(at: start + stall.after.nanoseconds + stall.duration.nanoseconds) { [self] in
            isStalled = false
            stallEnded = MonotonicClock.now
            session.setReading(true)
            context.trace.mark(at: MonotonicClock.now, .note, text: "\(plan.session.clientID) reads again")
        }
    }
}
