internal import Causality
internal import Logging
internal import MQTT
internal import Reactor
internal import Trace
internal import Tracing

/// The receiving side of a gateway's session: takes what comes, and holds back what the session would write until it is stored.
///
/// Lives on the gateway's reactor, like the session.
final class SessionLink: MQTTSessionHandler {
    /// A message as it came.
    struct Arrival {
        var at: UInt64
        var topic: String
        var payload: [UInt8]
        var delivery: Delivery
    }

    let session: any MQTTSession
    /// Messages since the latest batch.
    private(set) var arrivals: [Arrival] = []
    /// Wakes the gateway when something came or changed.
    let changed: WaitQueue
    /// Wakes the publisher when there is credit, a connection or something to send.
    let mayPublish: WaitQueue
    /// Wakes whoever brings the connection back.
    let connectionChanged: WaitQueue
    /// Whether acknowledgements leave before the store has what they are for.
    private let acknowledgesAtOnce: Bool
    private let sessionTrace: SessionTrace
    private let logger: Logger
    /// Is told the outcome of each publish.
    var completed: (UInt64, MQTT.PublishOutcome) -> Void = { _, _ in }

    init(
        _ session: any MQTTSession, process: UInt32, writer: TraceWriter, acknowledgesAtOnce: Bool, logger: Logger, on reactor: Reactor
    ) {
        self.session = session
        self.logger = logger
        sessionTrace = SessionTrace(process: process, writer: writer)
        self.acknowledgesAtOnce = acknowledgesAtOnce
        changed = WaitQueue(on: reactor)
        connectionChanged = WaitQueue(on: reactor)
        mayPublish = WaitQueue(on: reactor)
        session.handler = self
    }

    /// Subscribes, and writes into the trace what was answered.
    /// - Returns: the answer; `nil` where there is none.
    func subscribe(to filter: String, qos: QoS) async throws -> SubscriptionAnswer? {
        try await sessionTrace.subscribe(session, to: [filter], qos: qos).first
    }

    /// Whether nothing has come since the latest batch.
    var isIdle: Bool { arrivals.isEmpty }

    /// Takes what came since the latest batch.
    func takeArrivals() -> [Arrival] {
        defer { arrivals = [] }
        return arrivals
    }

    func session(_ session: any MQTTSession, connected answer: ConnectAnswer) {
        sessionTrace.connected(session, answer)
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let name = String(validating: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self) ?? ""
        // The harness's requests match the filter as well. They are no part of what the run is about, and the control session has them.
        if name.utf8.starts(with: RunControl.prefix.utf8) { return }
        arrivals.append(
            Arrival(at: MonotonicClock.now, topic: name, payload: payload.withUnsafeBufferPointer { Array($0) }, delivery: delivery))
        // The library has queued the acknowledgement by the end of this call, and sends it with the next thing that it writes.
        if !acknowledgesAtOnce { session.setWriting(false) }
        changed.wakeAll()
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {
        sessionTrace.completed(token, outcome, at: MonotonicClock.now)
        completed(token, outcome)
        mayPublish.wakeAll()
    }

    func session(_ session: any MQTTSession, resending token: UInt64) {
        sessionTrace.resent(token)
    }

    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
        switch end {
        case .requested: break
        case .byBroker(let code):
            logger.warning("the broker ended the connection", metadata: ["reason": "\(ReasonCode(rawValue: code))"])
        case .lost(let why):
            let cause = session.likelyCauseOfEnd.map { "; \($0)" } ?? ""
            logger.warning("the connection was lost", metadata: ["reason": "\(why)\(cause)"])
        }
        sessionTrace.ended(end, isMeant: true)
        connectionChanged.wakeAll()
    }
}
