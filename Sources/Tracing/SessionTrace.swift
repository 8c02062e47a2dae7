public import MQTT
internal import Reactor
public import Trace

/// Writes into a trace what happens in the session of one process: once, for load clients, customers and services. Confined to the session's reactor.
public struct SessionTrace {
    private let process: UInt32
    private let writer: TraceWriter

    /// Makes one for the process of a writer's trace.
    public init(process: UInt32, writer: TraceWriter) {
        self.process = process
        self.writer = writer
    }

    /// CONNACK accepted the connection.
    /// - Parameter willSequence: the number that the payload of the session's will names, where CONNECT registered one.
    public func connected(_ session: any MQTTSession, _ answer: ConnectAnswer, willSequence: UInt64? = nil) {
        let now = MonotonicClock.now
        writer.connected(
            process: process, at: now, sessionPresent: answer.sessionPresent, clean: !session.configuration.keepsSession,
            isVersion5: session.configuration.version == .v5)
        guard let willSequence, let will = session.configuration.will else { return }
        writer.will(
            process: process, at: now, topic: writer.topic(will.topic), qos: will.qos.rawValue, retain: will.retain,
            sequence: willSequence, attempt: 1)
    }

    /// There was no connection. Only a refusal by CONNACK is an event.
    public func notConnected(_ error: MQTTError) {
        guard case .refused(let reason) = error.code else { return }
        writer.connectionRefused(process: process, at: MonotonicClock.now, reason: reason.rawValue)
    }

    /// A message has its outcome.
    /// - Parameter now: when that was known; many are known at a time.
    @inline(__always)
    public func completed(_ token: UInt64, _ outcome: MQTT.PublishOutcome, at now: UInt64) {
        switch outcome {
        case .acked: writer.completed(process: process, at: now, sequence: token, attempt: 1, outcome: .acked, reason: 0)
        case .refused(let reason):
            writer.completed(process: process, at: now, sequence: token, attempt: 1, outcome: .refused, reason: reason)
        case .unknown: writer.completed(process: process, at: now, sequence: token, attempt: 1, outcome: .unknown, reason: 0)
        }
    }

    /// A message is sent again.
    public func resent(_ token: UInt64) {
        writer.resent(process: process, at: MonotonicClock.now, sequence: token, attempt: 1)
    }

    /// The last acknowledgement of a message that was received has left.
    @inline(__always)
    public func acknowledged(_ packetID: UInt16, at now: UInt64) {
        writer.acknowledged(process: process, at: now, packetID: packetID)
    }

    /// The connection ended.
    /// - Parameter isMeant: whether the client meant to end its session with it, where it ended the connection.
    public func ended(_ end: ConnectionEnd, isMeant: Bool) {
        let (reason, byClient): (UInt8, Bool) =
            switch end {
            case .requested: (0, isMeant)
            case .byBroker(let reason): (reason, false)
            // "Unspecified error" (MQTT 5.0, 2.4): nobody said why.
            case .lost: (0x80, false)
            }
        writer.disconnected(process: process, at: MonotonicClock.now, reason: reason, byClient: byClient)
    }

    /// Subscribes, and writes down what was answered, or that nothing was.
    /// - Returns: the answer to each filter, in order.
    /// - Throws: as ``MQTTSession/request(_:qos:options:)``.
    public func subscribe(
        _ session: any MQTTSession, to filters: [String], qos: QoS, options: SubscribeOptions = SubscribeOptions()
    ) async throws -> [SubscriptionAnswer] {
        let written = session.configuration.version == .v5 ? SubscriptionOptions(options) : []
        let sent = MonotonicClock.now
        func note(_ filter: String, _ granted: UInt8) {
            writer.subscribed(
                process: process, at: MonotonicClock.now, filter: filter, requested: qos.rawValue, granted: granted, options: written,
                sent: sent)
        }
        let answers: [SubscriptionAnswer]
        do {
            answers = try await session.request(filters, qos: qos, options: options)
        } catch {
            for filter in filters { note(filter, TraceEvent.Subscribed.unanswered) }
            throw error
        }
        for (filter, answer) in zip(filters, answers) {
            switch answer {
            case .granted(let qos): note(filter, qos.rawValue)
            case .refused(let reason): note(filter, reason.rawValue)
            }
        }
        return answers
    }
}

extension SubscriptionOptions {
    /// As they stand in a trace.
    fileprivate init(_ options: SubscribeOptions) {
        self = []
        if options.noLocal { insert(.noLocal) }
        if options.retainAsPublished { insert(.retainAsPublished) }
        switch options.retainHandling {
        case .always: break
        case .whenNew: insert(.retainedIfNew)
        case .never: insert(.noRetained)
        }
    }
}
