internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// What arrives, into the trace and the counters. Plain calls on the reactor: nothing here suspends.
extension LoadClient {
    func take(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        if context.run.hasProofsInProperties, let properties = delivery.properties,
            let proof = properties.user.first(where: { $0.key == Proof.property }), let whole = Proof.whole(proof.value, body: payload)
        {
            var rest = delivery
            rest.properties = nil
            return take(topic, whole.span, rest)
        }
        let now = context.reactor.turnTime
        switch LoadMessage.Header.read(payload) {
        case .message(let message) where message.run == context.runID:
            context.trace.delivered(
                process: process, at: now, publisher: message.publisher, sequence: message.sequence, attempt: message.attempt,
                topic: context.trace.topic(topic), qos: delivery.qos.rawValue, retain: delivery.retain, dup: delivery.dup,
                packetID: delivery.packetID)
            // No time was meant for a will.
            guard message.intended > 0 else {
                context.statistics.counts.wills += 1
                return
            }
            count(message, delivery, at: now)
            if !context.statistics.fine.isEmpty, !delivery.retain { countFinely(message, topic, at: now) }
            if !delivery.retain { due.came(message.sequence, of: message.publisher) }
            // Who never publishes passes nothing on, so its clock is nobody's past.
            if messages != nil { merge(LoadMessage.Header.stamp(of: payload)) }
            if plan.forwards {
                forwards.append(now)
                forwardsChanged.wakeAll()
            }
        case .corrupt:
            context.statistics.counts.received += 1
            unreadable(topic, delivery, at: now, .corrupt)
        case .message, .foreign:
            // What others send each other is no progress of this run.
            if !context.isAmongOthers { context.statistics.counts.received += 1 }
            unreadable(topic, delivery, at: now, .foreign)
        }
    }

    /// Takes the past of a message. Of its own publishes a client knows more than whoever says something of them.
    private func merge(_ stamp: VectorTimestamp) {
        let own = clock[process]
        clock.merge(stamp)
        if clock[process] != own { clock[process] = own }
    }

    /// Counts the latency for thresholds that are about a topic or a phase.
    private func countFinely(_ message: LoadMessage.Header, _ topic: Span<UInt8>, at now: UInt64) {
        guard let (group, qos) = context.run.publisher(message.publisher, sequence: message.sequence) else { return }
        let number = context.trace.topic(topic)
        if !context.statistics.fine.knows(number) {
            context.statistics.fine.learn(number, topic.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
        }
        context.statistics.fine.record(
            Int64(bitPattern: now &- message.intended), group: group, qos: qos, topic: number,
            phase: context.statistics.phase(of: message.intended))
    }

    private func count(_ message: LoadMessage.Header, _ delivery: Delivery, at now: UInt64) {
        guard let (group, qos) = context.run.publisher(message.publisher, sequence: message.sequence) else { return }
        let isInSpan = context.statistics.received(
            group: group, qos: qos, intended: message.intended, sent: message.sent, at: now, isRetained: delivery.retain)
        if isInSpan { receivedInSpan += 1 }
    }
}
