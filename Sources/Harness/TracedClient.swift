internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Tracing
internal import Workload

/// A client of a run whose every step is traced: its session, its subscriptions, the outcome of what it published. It lives on one reactor.
/// What it publishes, and what it makes of messages, is for subclasses.
class TracedClient: MQTTSessionHandler {
    /// Its number in the trace.
    let process: UInt32
    /// Its group in the trace.
    let group: String
    let session: any MQTTSession
    let record: WorkerRecord
    private let sessionTrace: SessionTrace
    private let filters: [String]
    private let requested: QoS
    private let options: SubscribeOptions
    /// The number of the will that the latest CONNECT registered.
    private var willSequence: UInt64?

    /// Sends whose intended time is before this were held up by credit or by the connection, not by the generator.
    private(set) var blockedUntil: UInt64 = 0
    /// Wakes whoever waits for the connection to come or go.
    let connectionChanged: WaitQueue
    private(set) var isClosing = false
    private var takeover = TakeoverSuspicion()
    /// Whether a connection of it stands that was counted.
    private var isOpen = false
    /// Whether it was connected before.
    private var wasConnected = false
    /// Whether SUBACK came for its filters, and the broker has not forgotten the session since.
    private var isSubscribed = false
    /// Since when a connection is missing that is to come back.
    private var missingSince: UInt64?
    /// When it subscribed, until the first message comes; 0 where none is waited for.
    private var subscribedAt: UInt64 = 0
    /// Outcomes, and what else shows that the client gets on.
    var steps = 0
    /// Publishes without an outcome, by their numbers.
    var unresolved = OpenSequences()

    /// Makes a client that is not connected.
    /// - Parameters:
    ///   - group: its group in the trace; its name there is that of its session.
    ///   - filters: what it subscribes to.
    ///   - requested: the QoS that it asks for.
    ///   - options: what else it asks for with its subscriptions.
    init(
        process: UInt32, name: String? = nil, group: String, configuration: SessionConfiguration, filters: [String], requested: QoS,
        options: SubscribeOptions = SubscribeOptions(), record: WorkerRecord
    ) {
        self.options = options
        self.process = process
        self.group = group
        self.filters = filters
        self.requested = requested
        self.record = record
        session = configuration.makeSession(on: record.reactor)
        connectionChanged = WaitQueue(on: record.reactor)
        sessionTrace = SessionTrace(process: process, writer: record.trace)
        session.handler = self
        record.trace.define(process: process, name: name ?? configuration.clientID, group: group)
    }

    /// Its name as messages give it.
    var name: String { session.configuration.clientID }

    /// The broker took the connection; looked at before anything is subscribed.
    /// - Throws: ``HarnessError`` where what it gives is not enough.
    func accept(_ answer: ConnectAnswer) throws {}

    /// SUBACK came for its filters, in a session that had no subscriptions.
    func subscribed(_ answers: [SubscriptionAnswer]) {}

    /// The will that the next CONNECT registers, with the number that its payload names; `nil` for none.
    func nextWill() -> (will: SessionConfiguration.Will, sequence: UInt64)? { nil }

    /// The connection ended, and the client did not end it for good.
    func connectionEnded() {}

    /// Whether the client sends nothing for now, although it may be connected.
    var isHeldBack: Bool { false }

    /// Whether the client will never send anything any more.
    var isGone: Bool { false }

    /// How the client itself ends its present connection, where it does so for a while; `nil` otherwise.
    var departure: Profile.Departure?

    /// A message arrived.
    func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {}

    /// Whether the profile asked for what may be happening to the connection now.
    var isAskedFor: Bool { false }

    /// Whether the load goes on at a time, so that whoever subscribes has something to wait for.
    func isUnderLoad(at time: UInt64) -> Bool { false }

    /// The client was away as the profile asks, and is to be there again: from here on its return is timed.
    func wantedAgain() { if wasConnected { missingSince = MonotonicClock.now } }

    private func withSteps(_ body: (inout ConnectionSteps) -> Void) { body(&record.statistics.steps[group, default: ConnectionSteps()]) }

    /// Times the first message after a SUBSCRIBE. Before the load begins there is nothing to come but what is retained.
    private func noteFirstMessage(_ delivery: Delivery) {
        let length = record.reactor.turnTime - min(subscribedAt, record.reactor.turnTime)
        if delivery.retain || isUnderLoad(at: subscribedAt) { withSteps { $0.record(.firstMessage, length) } }
        subscribedAt = 0
    }

    /// Notes what became of the connection.
    private func logConnection(_ kind: ConnectionLog.Kind, _ reason: String) {
        record.statistics.connections.note(
            .init(
                atSeconds: Double(MonotonicClock.now) / 1e9, client: name, group: group, kind: kind, reason: reason, askedFor: isAskedFor))
    }

    // MARK: - What the session tells, into the trace and the counters. Plain calls on the reactor: nothing here suspends.

    func session(_ session: any MQTTSession, connected answer: ConnectAnswer) {
        if !isOpen { record.statistics.counts.connectionsOpen += 1 }
        isOpen = true
        let times = session.connectTimes
        withSteps {
            $0.record(.connect, times.whole)
            $0.record(.tcp, times.tcp)
            $0.record(.tls, times.tls)
            $0.record(.connack, times.connack)
        }
        sessionTrace.connected(session, answer, willSequence: willSequence)
        if wasConnected {
            switch (session.configuration.keepsSession, answer.sessionPresent) {
            case (true, false): logConnection(.forgotten, "the broker does not know the session any more")
            case (true, true): logConnection(.resumed, "with its session")
            case (false, _): logConnection(.resumed, "with a new session, as the profile asks")
            }
        }
        wasConnected = true
        takeover.connected(at: MonotonicClock.now)
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        takeover.heard()
        if subscribedAt > 0 { noteFirstMessage(delivery) }
        received(topic, payload, delivery)
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {
        steps += 1
        unresolved.remove(token)
        takeover.completed(outcome)
        switch outcome {
        case .acked: count(.acked, reason: 0, sequence: token)
        case .refused(let reason): count(.refused, reason: reason, sequence: token)
        case .unknown: count(.unknown, reason: 0, sequence: token)
        }
        sessionTrace.completed(token, outcome, at: record.reactor.turnTime)
    }

    func session(_ session: any MQTTSession, acknowledged packetID: UInt16) {
        sessionTrace.acknowledged(packetID, at: record.reactor.turnTime)
    }

    /// The run ends: what is due and has not left never will.
    func giveUpUnsent() {}

    /// A publish has its outcome.
    func count(_ outcome: Trace.PublishOutcome, reason: UInt8, sequence: UInt64) {}

    func session(_ session: any MQTTSession, resending token: UInt64) {
        sessionTrace.resent(token)
    }

    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
        if isOpen { record.statistics.counts.connectionsOpen -= 1 }
        isOpen = false
        let now = MonotonicClock.now
        sessionTrace.ended(end, isMeant: isClosing || departure == .disconnect)
        // Who leaves by itself has lost nothing.
        let hasLeft = departure != nil
        departure = nil
        subscribedAt = 0
        if !isClosing, !hasLeft {
            missingSince = missingSince ?? now
            logConnection(.lost, session.likelyCauseOfEnd.map { "\(end); \($0)" } ?? "\(end)")
            suspectTakeover(end, at: now)
            if !isAskedFor { record.statistics.counts.connectionsLost += 1 }
        }
        connectionChanged.wakeAll()
        if !isClosing { connectionEnded() }
    }

    /// A client that shares its identifier with another is not alone in what its trace tells.
    private func suspectTakeover(_ end: ConnectionEnd, at now: UInt64) {
        guard !isAskedFor, takeover.isRaised(by: end, at: now), record.takeovers < TakeoverSuspicion.told else { return }
        record.takeovers += 1
        record.trace.mark(
            at: now, .doubt, text: takeover.sentence(client: name, identifier: session.configuration.clientID, end))
    }

    /// Notes a delivery that is no message of this run.
    func unreadable(_ topic: Span<UInt8>, _ delivery: Delivery, at now: UInt64, _ cause: Unreadable) {
        let cause = cause == .foreign && record.isAmongOthers ? Unreadable.stranger : cause
        record.trace.deliveredUnreadable(
            process: process, at: now, topic: record.trace.topic(topic), qos: delivery.qos.rawValue, retain: delivery.retain,
            dup: delivery.dup, packetID: delivery.packetID, cause: cause)
    }
}

// MARK: - Connection

extension TracedClient {
    /// Connects and subscribes.
    /// - Throws: `MQTTError`; ``HarnessError`` where a subscription is refused.
    func establish() async throws {
        let answer: ConnectAnswer
        if let next = nextWill() { (session.will, willSequence) = (next.will, next.sequence) }
        do {
            answer = try await session.connect()
        } catch let error as MQTTError {
            if wasConnected { logConnection(.refused, error.description) }
            sessionTrace.notConnected(error)
            throw error
        }
        try accept(answer)
        // A session that is present has no subscription where the connection before ended too early.
        if !answer.sessionPresent { isSubscribed = false }
        if !isSubscribed { try await subscribe() }
        if let since = missingSince { withSteps { $0.record(.resume, MonotonicClock.now - since) } }
        missingSince = nil
        connectionChanged.wakeAll()
    }

    private func subscribe() async throws {
        guard !filters.isEmpty else { return }
        let sent = MonotonicClock.now
        subscribedAt = sent
        let answers = try await sessionTrace.subscribe(session, to: filters, qos: requested, options: options)
        for (filter, answer) in zip(filters, answers) {
            if case .refused(let reason) = answer {
                throw HarnessError(
                    .failure, "The broker refused client '\(name)' the subscription to '\(filter)', \(reason): check its access rules.")
            }
        }
        // The turn was told of the answer; this task may have had to wait for its own.
        let answered = record.reactor.turnTime
        withSteps { $0.record(.suback, answered - min(sent, answered)) }
        isSubscribed = true
        subscribed(answers)
    }

    /// Connects again, with growing pauses, each time the connection ends.
    func supervise() async throws {
        while true { try await Reconnecting.once(session, connectionChanged, on: record.reactor) { try await establish() } }
    }

    /// Whether nothing can be sent now.
    @inline(__always)
    var mustWait: Bool { session.sendCredit == 0 || isHeldBack }

    /// Waits for a connection and for send credit.
    /// - Throws: `CancellationError`.
    func waitUntilReady() async throws {
        guard mustWait else { return }
        repeat {
            do {
                if session.isConnected, !isHeldBack {
                    try await session.waitForSendCredit()
                } else {
                    try await connectionChanged.wait { session.isConnected && !isHeldBack || isGone }
                    if isGone { throw CancellationError() }
                }
            } catch let error as MQTTError where error.code == .notConnected {
                // The supervisor brings the connection back.
            }
        } while mustWait
        blockedUntil = MonotonicClock.now
    }

    /// Ends the connection with DISCONNECT.
    func disconnect() async {
        isClosing = true
        await session.disconnect()
    }

    /// Ends the connection without DISCONNECT, where the broker does not let it end otherwise.
    func drop() {
        isClosing = true
        session.drop()
    }

    /// Notes the outcome of what is still in flight when the run ends.
    func abandonInFlight() {
        let now = MonotonicClock.now
        for sequence in unresolved.sorted {
            count(.unknown, reason: 0, sequence: sequence)
            record.trace.completed(process: process, at: now, sequence: sequence, attempt: 1, outcome: .unknown, reason: 0)
        }
        unresolved.removeAll()
        giveUpUnsent()
    }
}

extension TraceWriter {
    /// Notes a publish that never left, which the trace has to know as well.
    func withheld(process: UInt32, at now: UInt64, sequence: UInt64, _ error: MQTTError) {
        completed(process: process, at: now, sequence: sequence, attempt: 1, outcome: .withheld, reason: error.reason.rawValue)
    }
}
