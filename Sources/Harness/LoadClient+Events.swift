internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// What the session tells, into the trace and the counters. Plain calls on the reactor: nothing here suspends.
extension LoadClient: MQTTSessionHandler {
    func session(_ session: any MQTTSession, connected answer: ConnectAnswer) {
        context.trace.connected(
            process: plan.process, at: MonotonicClock.now, sessionPresent: answer.sessionPresent, clean: !plan.session.keepsSession,
            isVersion5: plan.session.version == .v5)
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let now = MonotonicClock.now
        let topicID = context.trace.topic(topic)
        switch LoadMessage.decode(payload) {
        case .message(let message) where message.run == context.run.id:
            context.trace.delivered(
                process: plan.process, at: now, publisher: message.publisher, sequence: message.sequence, attempt: message.attempt,
                topic: topicID, qos: delivery.qos.rawValue, retain: delivery.retain, dup: delivery.dup, packetID: delivery.packetID)
            count(message, delivery, at: now)
            // Who never publishes passes nothing on, so its clock is nobody's past.
            if plan.publish != nil { clock.merge(message.stamp) }
            if plan.forwards {
                forwards.append(now)
                forwardsChanged.wakeOne()
            }
        case .corrupt:
            unreadable(topicID, delivery, at: now, .corrupt)
        case .message, .foreign:
            unreadable(topicID, delivery, at: now, .foreign)
        }
    }

    private func count(_ message: LoadMessage, _ delivery: Delivery, at now: UInt64) {
        guard let (group, qos) = context.run.publisher(message.publisher, sequence: message.sequence) else { return }
        context.statistics.received(
            group: group, qos: qos, intended: message.intended, sent: message.sent, at: now, isRetained: delivery.retain)
    }

    private func unreadable(_ topic: UInt32, _ delivery: Delivery, at now: UInt64, _ cause: Unreadable) {
        context.statistics.counts.received += 1
        context.trace.deliveredUnreadable(
            process: plan.process, at: now, topic: topic, qos: delivery.qos.rawValue, retain: delivery.retain, dup: delivery.dup,
            packetID: delivery.packetID, cause: cause)
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: MQTT.PublishOutcome) {
        unresolved.remove(token)
        let (result, reason): (Trace.PublishOutcome, UInt8) =
            switch outcome {
            case .acked: (.acked, 0)
            case .refused(let reason): (.refused, reason)
            case .unknown: (.unknown, 0)
            }
        if result == .acked { context.statistics.counts.acked += 1 }
        context.trace.completed(
            process: plan.process, at: MonotonicClock.now, sequence: token, attempt: 1, outcome: result, reason: reason)
    }

    func session(_ session: any MQTTSession, resending token: UInt64) {
        context.trace.resent(process: plan.process, at: MonotonicClock.now, sequence: token, attempt: 1)
    }

    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
        let now = MonotonicClock.now
        switch end {
        case .requested: context.trace.disconnected(process: plan.process, at: now, reason: 0, byClient: isClosing)
        case .byBroker(let reason): context.trace.disconnected(process: plan.process, at: now, reason: reason, byClient: false)
        // 0x80 is "unspecified error" (MQTT 5.0, 2.4): nobody said why.
        case .lost: context.trace.disconnected(process: plan.process, at: now, reason: 0x80, byClient: false)
        }
        if !isClosing { context.statistics.connectionsLost += 1 }
        connectionChanged.wakeAll()
    }
}
