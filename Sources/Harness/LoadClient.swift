internal import Causality
internal import DequeModule
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// One simulated client: a session, its clock, and what it has sent. It lives on one reactor.
final class LoadClient {
    let plan: ClientPlan
    let context: WorkerContext
    let session: any MQTTSession

    /// What happened before this client's next publish.
    var clock = VectorTimestamp()
    /// The number of its latest publish.
    var sequence: UInt64 = 0
    /// Sends whose intended time is before this were held up by credit or by the connection, not by the generator.
    var blockedUntil: UInt64 = 0
    /// For each received message that is still to be forwarded, when it came.
    var forwards = Deque<UInt64>()
    let forwardsChanged: WaitQueue
    /// Wakes whoever waits for the connection to come or go.
    let connectionChanged: WaitQueue
    var isStalled = false
    var isClosing = false
    /// Publishes without an outcome, by their numbers.
    var unresolved: Set<UInt64> = []

    init(_ plan: ClientPlan, context: WorkerContext) {
        self.plan = plan
        self.context = context
        session = MosquittoSession(plan.session, on: context.reactor)
        forwardsChanged = WaitQueue(on: context.reactor)
        connectionChanged = WaitQueue(on: context.reactor)
        session.handler = self
        context.trace.define(process: plan.process, name: plan.session.clientID, group: context.run.groups[plan.group].name)
    }

    /// Publishes without an outcome.
    var inFlight: Int { unresolved.count }

    /// Whether nothing is on its way to or from this client.
    var isAtRest: Bool { whatItAwaits == nil }

    /// What the client waits for, in a few words; `nil` when at rest.
    var whatItAwaits: String? {
        let name = plan.session.clientID
        if !session.isConnected { return "\(name) is not connected" }
        if isStalled { return "\(name) does not read yet" }
        if !unresolved.isEmpty { return "\(name) has \(unresolved.count) messages unacknowledged" }
        if !forwards.isEmpty { return "\(name) has \(forwards.count) messages to forward" }
        return nil
    }
}

// MARK: - Connection

extension LoadClient {
    /// Connects and subscribes.
    /// - Throws: `MQTTError`; ``HarnessError`` where a subscription is refused.
    func establish() async throws {
        let answer: ConnectAnswer
        do {
            answer = try await session.connect()
        } catch let error as MQTTError {
            if case .refused(let reason) = error.code {
                context.trace.connectionRefused(process: plan.process, at: MonotonicClock.now, reason: reason)
            }
            throw error
        }
        if !answer.sessionPresent { try await subscribe() }
        connectionChanged.wakeAll()
    }

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

    private func subscribe() async throws {
        guard let subscribe = plan.subscribe, let requested = QoS(rawValue: subscribe.qos) else { return }
        let sent = MonotonicClock.now
        let granted = try await session.subscribe(plan.filters, qos: requested)
        let now = MonotonicClock.now
        for (filter, qos) in zip(plan.filters, granted) {
            context.trace.subscribed(
                process: plan.process, at: now, filter: filter, requested: requested.rawValue, granted: qos?.rawValue ?? 0x80,
                sent: sent)
            if qos == nil {
                throw HarnessError(
                    .failure,
                    "The broker refused client '\(plan.session.clientID)' the subscription to '\(filter)': check its access rules.")
            }
        }
    }

    /// Connects again, with growing pauses, each time the connection ends.
    func supervise() async throws {
        while true {
            while session.isConnected { try await connectionChanged.wait() }
            var pause: UInt64 = 50_000_000
            while !session.isConnected {
                try await context.reactor.sleep(until: MonotonicClock.now + pause)
                pause = min(pause * 2, 2_000_000_000)
                do {
                    try await establish()
                } catch is MQTTError {
                    // Still away, or gone again while subscribing; a clean session then begins anew.
                    if session.isConnected { session.drop() }
                }
            }
        }
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

    /// Ends the connection with DISCONNECT.
    func disconnect() async {
        isClosing = true
        await session.disconnect()
    }

    /// Notes the outcome of what is still in flight when the run ends.
    func abandonInFlight() {
        let now = MonotonicClock.now
        for sequence in unresolved.sorted() {
            context.trace.completed(process: plan.process, at: now, sequence: sequence, attempt: 1, outcome: .unknown, reason: 0)
        }
        unresolved = []
    }
}
