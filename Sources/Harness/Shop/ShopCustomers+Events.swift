internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Shop
internal import Trace

/// What customers are told. Plain calls on the reactor: nothing here suspends.
extension ShopCustomers {
    func take(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        let now = MonotonicClock.now
        guard let message = note(topic, payload, delivery, at: now, in: context) else { return }
        causality.processed(message.stamp)
        switch message.event.body {
        case .stored(let ids): answered(ids)
        case .outcome(let order, let outcome): told(order, outcome, message.event.id, at: now)
        case .order: break
        }
    }

    private func answered(_ ids: [String]) {
        for id in ids {
            guard let event = unanswered.removeValue(forKey: id) else { continue }
            if let timer = event.timer { context.reactor.cancel(timer) }
            // Orders that the shop has taken stand where acknowledged messages do.
            if event.isRequest { context.statistics.counts.acked += 1 }
        }
    }

    private func told(_ order: Order, _ outcome: Outcome, _ event: String, at now: UInt64) {
        if let placed = open.removeValue(forKey: order.id) {
            context.trace.entered(process: process, at: now, machine: "order", entity: order.id, state: "confirmed")
            context.counts.confirmed[outcome, default: 0] += 1
            if context.statistics.span.contains(placed.intended) { context.counts.lastConfirmation = now }
            context.statistics.received(
                group: Outcome.allCases.firstIndex(of: outcome) ?? 0, qos: context.plan.qos.rawValue, intended: placed.intended,
                sent: placed.sent ?? placed.intended, at: now, isRetained: false)
        }
        // Who tells it again has not got the receipt.
        let topic = ShopTopic(receiptFrom: .customer, to: .notification)
        enqueue(
            Outgoing(
                event: ShopEvent(id: nextEventID(), topic: topic, body: .stored([event])), intended: now, milliseconds: Self.milliseconds))
    }
}

extension TracedClient {
    /// Writes a delivery into the trace.
    /// - Returns: the message, if it is one of this run; `nil` where there is nothing more to do.
    func note(
        _ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery, at now: UInt64, in context: ShopContext
    ) -> ShopMessage? {
        context.counts.arrivals += 1
        let name = String(decoding: topic.indices.map { topic[$0] }, as: UTF8.self)
        switch ShopMessage.decode(
            topic: name, payload: payload, properties: delivery.properties?.user.map { ($0.key, $0.value) } ?? [])
        {
        case .message(let message):
            // Messages of another run, which a service may still send from its store, are none of this one's matter.
            guard message.run == context.plan.id else { return nil }
            context.trace.delivered(
                process: process, at: now, publisher: message.publisher, sequence: message.sequence, attempt: 1,
                topic: context.trace.topic(topic), qos: delivery.qos.rawValue, retain: delivery.retain, dup: delivery.dup,
                packetID: delivery.packetID)
            return message
        case .corrupt:
            unreadable(topic, delivery, at: now, .corrupt)
        case .foreign:
            unreadable(topic, delivery, at: now, .foreign)
        }
        return nil
    }
}
