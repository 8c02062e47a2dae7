internal import Foundation
internal import MQTT
internal import Reactor
internal import Shop
internal import Workload

/// Begins and ends the run at the services, and watches their states. What it sends and hears is no part of the trace.
actor ShopControl {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// How often a request is repeated while nobody answers, in nanoseconds.
    private static let interval: UInt64 = 1_000_000_000

    private let plan: ShopRunPlan
    /// How long all services may take to be ready, and how long to close their traces.
    private let patience: Duration
    private let session: any MQTTSession
    private let listener: ShopListener
    private var start: UInt64 = 0
    private var token: UInt64 = 0
    /// How long the shop may take to get over a kill, besides what is sent again, in nanoseconds.
    private static let recovery: UInt64 = 5_000_000_000
    private var lastKill: UInt64?
    /// Services that were killed, in the order of time.
    private(set) var kills: [ShopOutcome.Kill] = []

    init(_ plan: ShopRunPlan, patience: Duration, on reactor: Reactor) {
        self.plan = plan
        self.patience = patience
        self.reactor = reactor
        session = plan.session(clientID: "harness-\(plan.hexadecimalID)").makeSession(on: reactor)
        listener = ShopListener(run: plan.id)
        session.handler = listener
    }

    /// Connects and subscribes to what services say.
    func connect() async throws {
        _ = try await session.connect()
        for filter in [RunControl.harnessFilter, ServiceState.filter] {
            guard try await session.subscribe([filter], qos: .atLeastOnce).first != .some(nil) else {
                throw HarnessError(.failure, "The broker refused the subscription to '\(filter)': check its access rules.")
            }
        }
    }

    /// - Throws: ``HarnessError`` where the broker refuses a subscription: it would do so each time.
    private func connectAgain() async throws {
        do {
            try await connect()
        } catch is MQTTError {
            // Still away, or gone again before it answered. A connection without its subscriptions would hear nothing.
            if session.isConnected { session.drop() }
        }
    }

    /// Brings the connection back each time it ends, until the task is cancelled.
    func supervise() async throws {
        while true {
            try await pause(100_000_000)
            if !session.isConnected { try await connectAgain() }
        }
    }

    /// Ends the connection.
    func disconnect() async { await session.disconnect() }

    /// Ends the connection without DISCONNECT.
    func drop() { session.drop() }

    /// Begins the run, and returns when every service is ready. Where brokers are bridged, that shows that the bridges stand: the request went
    /// in and the answer came out through the same subscriptions that all events take.
    /// - Throws: ``HarnessError`` where a service does not become ready.
    func begin() async throws {
        _ = try await ask(
            .begin(plan.control), until: .ready,
            silence:
                "said nothing of being ready within \(patience.components.seconds) s: check that each runs, is connected to \(plan.target.url), and may publish and subscribe there."
        )
    }

    /// How many services have said that they are ready.
    var readyServices: Int { listener.answers.values.count { $0[.ready] != nil } }

    /// Ends the run.
    /// - Returns: what services call their trace files, relative to the directory of all traces.
    /// - Throws: ``HarnessError`` where a service does not close its trace.
    func end() async throws -> [String] {
        let answers = try await ask(
            .end(run: plan.id), until: .closed,
            silence:
                "closed no trace within \(patience.components.seconds) s, or called its files as no trace of this run is called, which is \(plan.hexadecimalID)/order-1.trace and the like."
        )
        return ServiceName.allCases.flatMap { service in
            answers[service].flatMap { RunControl.traceNames($0, run: plan.id, of: service) } ?? []
        }
    }

    private func ask(_ request: RunControl.Request, until answer: RunControl.Answer, silence: String) async throws -> [ServiceName: [UInt8]]
    {
        // What could not be done before is no answer to this.
        listener.forgetFailures()
        var payload: [UInt8] = []
        if case .begin(let plan) = request { payload = [UInt8](try JSONEncoder().encode(plan)) }
        let limit = MonotonicClock.now + patience.wholeNanoseconds
        var next: UInt64 = 0
        while true {
            let now = MonotonicClock.now
            let missing = ServiceName.allCases.filter { listener.answers[$0]?[answer] == nil }
            if missing.isEmpty { return listener.answers.compactMapValues { $0[answer] } }
            for service in missing {
                guard let reason = listener.answers[service]?[.failed] else { continue }
                throw HarnessError(.failure, "The \(service.rawValue) service cannot go on: \(RunControl.reason(reason))")
            }
            if now >= limit {
                let names = missing.map(\.rawValue).joined(separator: ", ")
                throw HarnessError(.failure, "The \(names) service\(missing.count == 1 ? "" : "s") \(silence)")
            }
            if now >= next, session.isConnected {
                next = now + Self.interval
                for service in missing {
                    token += 1
                    // What does not leave now is repeated.
                    try? session.publish(
                        topic: RunControl.topic(request, to: service), payload: payload.span, qos: .atLeastOnce, retain: false, token: token
                    )
                }
            }
            if !session.isConnected { try await connectAgain() }
            try await pause(20_000_000)
        }
    }

    private func pause(_ length: UInt64) async throws { try await reactor.sleep(until: MonotonicClock.now + length) }

    // MARK: - The services' states

    /// How much services have done, and whether one of them still waits for something.
    func activity() -> Activity {
        var activity = Activity()
        for service in ServiceName.allCases {
            let seen = listener.states[service]
            // Each is at most 2^53, so no sum overflows.
            activity.events += (seen?.state.processed ?? 0) + (seen?.state.published ?? 0)
            guard let awaited = Self.whatIsAwaited(of: service, seen) else { continue }
            activity.busyClients += 1
            activity.example = activity.example ?? awaited
        }
        return activity
    }

    /// At rest is who has said so twice without anything having happened in between.
    private static func whatIsAwaited(of service: ServiceName, _ seen: ShopListener.Seen?) -> String? {
        guard let seen else { return "the \(service.rawValue) service has not said how it is" }
        let state = seen.state
        if state.isAtRest { return seen.times >= 2 ? nil : "the \(service.rawValue) service has just come to rest" }
        return "the \(service.rawValue) service has \(state.unanswered) events without a receipt and holds \(state.held) messages back"
    }

    /// One for each service that has been heard: one that was killed is excused until it says how it is.
    func strands() -> [Strand] {
        let now = MonotonicClock.now
        // What a life that ended had received is sent again in its time; until then others may have to wait.
        if let lastKill, now < lastKill + Self.recovery + 2 * plan.shop.resendAfter.wholeNanoseconds { return [] }
        return ServiceName.allCases.compactMap { service in
            guard let seen = listener.states[service] else { return nil }
            let name = "the \(service.rawValue) service"
            let isSilent = now > seen.at + 2 * Self.interval
            let owed = isSilent ? "\(name) does not say how it is" : seen.state.owes.map { "\(name) \($0)" }
            return Strand(name: name, steps: seen.state.processed + seen.state.repeated + seen.state.published, owed: owed)
        }
    }

    /// What each service has said last.
    func states() -> [ServiceName: ServiceState] { listener.states.mapValues(\.state) }

    // MARK: - Kills

    /// Notes the first intended time of the run.
    func note(start: UInt64) { self.start = start }

    /// Sleeps until so long after the first intended time.
    func sleep(for length: Duration) async throws { try await reactor.sleep(until: start + length.wholeNanoseconds) }

    /// Notes that a service was killed: what it has said of itself holds no longer.
    func noteKill(of service: ServiceName) {
        kills.append(.init(at: Double(MonotonicClock.now - min(start, MonotonicClock.now)) / 1e9, service: service.rawValue))
        listener.states[service] = nil
        lastKill = MonotonicClock.now
    }
}

/// What services have said; touched on the reactor only.
final class ShopListener: MQTTSessionHandler {
    private let run: UInt64
    /// The payload of each kind of answer.
    var answers: [ServiceName: [RunControl.Answer: [UInt8]]] = [:]
    var states: [ServiceName: Seen] = [:]

    /// A state, and how often it came without a change.
    struct Seen {
        var state: ServiceState
        var times: Int
        /// When it came last.
        var at: UInt64
    }

    init(run: UInt64) { self.run = run }

    func forgetFailures() {
        for service in answers.keys { answers[service]?[.failed] = nil }
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let name = String(validating: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self) ?? ""
        let bytes = payload.withUnsafeBufferPointer { Array($0) }
        if let (service, run, answer) = RunControl.answer(topic: name) {
            // A name that leads elsewhere is no answer, whoever gave it.
            guard run == self.run, answer != .closed || RunControl.traceNames(bytes, run: run, of: service) != nil else { return }
            answers[service, default: [:]][answer] = bytes
        } else if let state = ServiceState.read(topic: name, payload: bytes), state.run == String(run, radix: 16) {
            let times = states[state.service].map { $0.state == state ? $0.times + 1 : 1 } ?? 1
            states[state.service] = Seen(state: state, times: times, at: MonotonicClock.now)
        }
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {}
    func session(_ session: any MQTTSession, resending token: UInt64) {}
    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {}
}
