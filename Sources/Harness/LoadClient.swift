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
    /// Its place among the clients of its reactor.
    let seat: Int
    /// Whether the profile has it away, or it has not joined yet, or it has left.
    var isAbsent: Bool
    /// Whether it has left for good.
    var hasLeft = false
    /// Whether somebody is about to connect it.
    var isConnecting = false
    /// Whether the next attempt to connect is made without a pause.
    var connectsAtOnce = false
    private let willTopic: String?
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
    /// When what has no outcome yet left.
    var sendTimes = SendTimes()
    /// What it got acknowledged, and what it received, in the measured span.
    var (ackedInSpan, receivedInSpan) = (0, 0)
    /// What was due and waits, while it lags behind its schedule.
    var backlog: Backlog?
    /// Messages appended since this client last gave way to the rest of the reactor.
    var appended = 0
    /// When it read again after a stall.
    var stallEnded: UInt64?

    init(_ plan: ClientPlan, seat: Int, context: WorkerContext) {
        self.plan = plan
        self.context = context
        self.seat = seat
        let group = context.run.groups[plan.group]
        messages = MessagePlan(group.publish, plan.topics, context.run.sizes(of: plan), bodies: context.run.payloads(of: plan))
        groupIndex = plan.group
        forwardsChanged = WaitQueue(on: context.reactor)
        isAbsent = plan.itinerary.joins > 0
        willTopic = context.run.willTopic(of: plan)
        super.init(
            process: plan.process, name: plan.name, group: group.name, configuration: context.run.session(of: plan),
            filters: plan.filters, requested: group.subscribe.flatMap { QoS(rawValue: $0.qos) } ?? .atMostOnce,
            options: group.subscribe.map { SubscribeOptions($0.options) } ?? SubscribeOptions(), record: context)
    }

    /// What its group publishes, if anything.
    var publishing: Profile.Publish? { context.run.groups[groupIndex].publish }
    /// What its group subscribes to, if anything.
    var subscribing: Profile.Subscribe? { context.run.groups[groupIndex].subscribe }

    override func accept(_ answer: ConnectAnswer) throws {
        for note in notes(on: answer) { context.note(limit: "\(context.run.groups[plan.group].name): \(note)") }
        try check(answer)
    }

    override var name: String { plan.name }

    override func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        // Who publishes by its own schedule waits for acknowledgements, whatever it receives.
        if !plan.publishesOnItsOwn { steps += 1 }
        take(topic, payload, delivery)
    }

    override func count(_ outcome: Trace.PublishOutcome, reason: UInt8, sequence: UInt64) {
        guard let qos = messages?.qos(of: sequence) else { return }
        switch outcome {
        case .acked:
            let sent = qos > 0 ? sendTimes.time(of: sequence) : nil
            let isInSpan = context.statistics.acked(group: groupIndex, qos: qos, sent: sent, at: context.reactor.turnTime)
            if isInSpan { ackedInSpan += 1 }
            if qos > 0 { due.acknowledged(sequence) }
        case .refused, .withheld: context.statistics.refused(group: groupIndex, qos: qos, why: ReasonCode(rawValue: reason).description)
        case .unknown:
            context.statistics.counts.unknown += 1
            if isAskedFor { context.statistics.counts.excusedUnknown += 1 }
        }
    }

    override func subscribed(_ answers: [SubscriptionAnswer]) { due.subscribed(plan.filters, answers) }

    override func giveUpUnsent() { abandonForwards() }

    /// What became of the connection while nobody read is heard as soon as somebody does.
    override var isAskedFor: Bool { isStalled || isAbsent || stallEnded.map { MonotonicClock.now - $0 < 1_000_000_000 } ?? false }

    override func isUnderLoad(at time: UInt64) -> Bool { context.start > 0 && time >= context.start }

    override var isHeldBack: Bool { isAbsent }

    override var isGone: Bool { hasLeft }

    override func connectionEnded() { if !isAbsent { wantConnection() } }

    /// A will carries a message of the run as its payload, but was never meant for any time. Each CONNECT registers one with a number of its own.
    override func nextWill() -> (will: SessionConfiguration.Will, sequence: UInt64)? {
        guard let willTopic, let will = context.run.groups[groupIndex].will else { return nil }
        sequence += 1
        let message = LoadMessage(
            run: context.runID, publisher: process, sequence: sequence, attempt: 1, intended: 0, sent: 0, stamp: clock)
        var payload: [UInt8] = []
        // Its own least size is always enough.
        guard (try? message.encode(into: &payload, size: message.leastSize)) != nil else { return nil }
        var next = SessionConfiguration.Will(
            topic: willTopic, payload: payload, qos: QoS(rawValue: will.qos) ?? .atMostOnce, retain: will.retain)
        next.delay = will.delaySeconds
        if will.retain, context.isAmongOthers { retainedTopics.insert(willTopic) }
        return (next, sequence)
    }

    /// The messages that were due by now and have not left, but may.
    func waiting(at now: UInt64) -> Int { forwards.count + (backlog?.due(by: now) ?? 0) }

    /// Publishes without an outcome.
    var inFlight: Int { unresolved.count }

    /// Whether nothing is on its way to or from this client.
    var isAtRest: Bool { whatItAwaits == nil }

    /// What the client waits for, in a few words; `nil` when at rest.
    var whatItAwaits: String? {
        if hasLeft { return nil }
        if isAbsent { return "\(name) is away, as the profile asks" }
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
        guard let stall = subscribing?.stall else { return }
        context.reactor.schedule(at: start + stall.after.nanoseconds) { [self] in
            isStalled = true
            session.setReading(false)
            context.trace.mark(at: MonotonicClock.now, .note, text: "\(session.configuration.clientID) stops reading")
        }
        context.reactor.schedule(at: start + stall.after.nanoseconds + stall.duration.nanoseconds) { [self] in
            isStalled = false
            stallEnded = MonotonicClock.now
            session.setReading(true)
            context.trace.mark(at: MonotonicClock.now, .note, text: "\(session.configuration.clientID) reads again")
        }
    }
}
