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

    /// What happened before this client's next publish.
    var clock = VectorTimestamp()
    /// The number of its latest publish.
    var sequence: UInt64 = 0
    /// For each received message that is still to be forwarded, when it came.
    var forwards = Deque<UInt64>()
    let forwardsChanged: WaitQueue
    var isStalled = false
    /// Messages appended since this client last gave way to the rest of the reactor.
    var appended = 0

    init(_ plan: ClientPlan, context: WorkerContext) {
        self.plan = plan
        self.context = context
        forwardsChanged = WaitQueue(on: context.reactor)
        super.init(
            process: plan.process, group: context.run.groups[plan.group].name, configuration: plan.session, filters: plan.filters,
            requested: plan.subscribe.flatMap { QoS(rawValue: $0.qos) } ?? .atMostOnce, record: context)
    }

    override func accept(_ answer: ConnectAnswer) throws {
        for note in notes(on: answer) { context.note(limit: "\(context.run.groups[plan.group].name): \(note)") }
        try check(answer)
    }

    override func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        take(topic, payload, delivery)
    }

    override func count(_ outcome: Trace.PublishOutcome, reason: UInt8, sequence: UInt64) {
        guard let qos = plan.publish?.qos(sequence: sequence) else { return }
        switch outcome {
        case .acked: context.statistics.acked(group: plan.group, qos: qos, at: MonotonicClock.now)
        case .refused, .withheld: context.statistics.refused(group: plan.group, qos: qos, why: ReasonCode(rawValue: reason).description)
        case .unknown: context.statistics.counts.unknown += 1
        }
    }

    override func giveUpUnsent() { abandonForwards() }

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
    /// Has the broker forget a kept session of this name. One of an earlier run would hand its messages to this one, and this one's
    /// would be queued for ever once nobody comes back for them.
    func clearSession() async throws {
        guard plan.session.keepsSession else { return }
        var configuration = plan.session
        configuration.keepsSession = false
        let session = MosquittoSession(configuration, on: context.reactor)
        _ = try await session.connect()
        await session.disconnect()
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
            session.setReading(true)
            context.trace.mark(at: MonotonicClock.now, .note, text: "\(plan.session.clientID) reads again")
        }
    }
}
