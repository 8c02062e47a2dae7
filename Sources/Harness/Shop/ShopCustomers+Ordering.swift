internal import Causality
internal import DequeModule
internal import Foundation
internal import MQTT
internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// What customers do of their own accord.
extension ShopCustomers {
    /// Open loop: an order has an intended time, whatever became of those before it.
    func placeOrders(_ phases: PhaseTimes) async throws {
        var schedule = ShopSchedule(context.plan.profile, customers: customers.map(\.number), start: phases.start)
        while let next = schedule.next() {
            guard next.intended < phases.end else {
                // The hold lasts as long as the profile says, not until the last order that fits.
                return try await context.reactor.sleep(until: phases.end)
            }
            if next.intended > MonotonicClock.now { try await context.reactor.sleep(until: next.intended) }
            place(next)
        }
        // What is placed has left once it was sent: an order that waits for credit belongs to the load.
        while !outbox.isEmpty { try await context.reactor.sleep(until: MonotonicClock.now + 1_000_000) }
    }

    private func place(_ next: ShopSchedule.Next) {
        let (planned, intended) = (next.order, next.intended)
        let (number, customer) = customers[next.customer]
        // As if each customer had a connection of its own: an order is called the same however many there are.
        let id = "\(Int(ShopRunPlan.firstProcess) + number).\(next.number)"
        let order = Order(id: id, customer: customer, item: Catalogue.items[planned.item], quantity: planned.quantity)
        context.counts.placed += 1
        open[order.id] = OpenOrder(order: order, intended: intended)
        let request = event(.request, order)
        send(request, intended: intended, isRequest: true)
        switch planned.duplicate {
        case .event:
            context.counts.duplicates += 1
            enqueue(Outgoing(event: request, intended: intended, milliseconds: Self.milliseconds))
        case .order:
            context.counts.duplicates += 1
            send(event(.request, order), intended: intended)
        case nil: break
        }
        guard let delay = planned.cancelAfter else { return }
        let due = intended + delay.wholeNanoseconds
        context.reactor.schedule(at: due) { [weak self] in
            guard let self, !isClosing else { return }
            send(event(.cancel, order), intended: due)
        }
    }

    private func event(_ kind: EventKind, _ order: Order) -> ShopEvent {
        ShopEvent(id: nextEventID(), topic: ShopTopic(from: .customer, to: .order, item: order.item, kind: kind), body: .order(order))
    }

    func nextEventID() -> String {
        events += 1
        return "\(process)-\(events)"
    }

    /// Sends an event until it is answered.
    private func send(_ event: ShopEvent, intended: UInt64, isRequest: Bool = false) {
        let outgoing = Outgoing(event: event, intended: intended, milliseconds: Self.milliseconds)
        unanswered[event.id] = Unanswered(outgoing: outgoing, isRequest: isRequest)
        enqueue(outgoing)
    }

    func enqueue(_ outgoing: Outgoing) {
        outbox.append(outgoing)
        outboxChanged.wakeAll()
    }

    /// Sends what is in the outbox, in order, until the task is cancelled. One task does so, because numbers and stamps must be those of the
    /// order in which messages leave.
    func sendOutbox() async throws {
        while true {
            try await outboxChanged.wait { !outbox.isEmpty }
            try await waitUntilReady()
            guard let outgoing = outbox.popFirst() else { continue }
            // A receipt that came meanwhile has made sending it again pointless; what is sent twice on purpose is not in that table by itself.
            publish(outgoing)
        }
    }

    private func publish(_ outgoing: Outgoing) {
        let now = MonotonicClock.now
        let event = outgoing.event
        let topic = event.topic.text
        sequence += 1
        let message = ShopMessage(
            event: event, run: context.plan.id, publisher: process, sequence: sequence,
            stamp: causality.publish(to: event.topic.causalKey), milliseconds: outgoing.milliseconds)
        context.trace.published(
            process: process, at: now, topic: context.trace.topic(topic), qos: context.plan.qos.rawValue, retain: false,
            sequence: sequence, attempt: 1, intended: outgoing.intended, stamp: message.stamp.vectorTimestamp)
        noteSent(outgoing, at: now)
        unresolved.insert(sequence)
        do {
            if session.configuration.version == .v5 {
                let (payload, properties) = try message.binaryForm()
                try session.publish(
                    topic: topic, payload: payload.span, qos: context.plan.qos, retain: false, token: sequence,
                    properties: MessageProperties(contentType: "application/json", user: properties.map { .init($0.name, $0.value) }))
            } else {
                let payload = try message.structuredPayload()
                try session.publish(topic: topic, payload: payload.span, qos: context.plan.qos, retain: false, token: sequence)
            }
        } catch {
            // Without a receipt it is sent again.
            unresolved.remove(sequence)
            let failure = error as? MQTTError ?? MQTTError(.invalid, "\(error)", cause: "cannot be written")
            context.trace.withheld(process: process, at: now, sequence: sequence, failure)
            context.statistics.refused(group: ShopContext.sentGroup, qos: context.plan.qos.rawValue, why: failure.cause)
        }
    }

    private func noteSent(_ outgoing: Outgoing, at now: UInt64) {
        let event = outgoing.event
        if case .order(let order) = event.body, event.topic.kind == .request, open[order.id]?.sent == nil {
            open[order.id]?.sent = now
            context.statistics.sent(
                group: ShopContext.sentGroup, qos: context.plan.qos.rawValue, intended: outgoing.intended, at: now,
                blocked: outgoing.intended < blockedUntil)
        }
        guard let waiting = unanswered[event.id] else { return }
        if let timer = waiting.timer { context.reactor.cancel(timer) }
        // Each time it waits twice as long: a shop that is slow to answer is not helped by more to answer.
        let pause = context.plan.shop.resendAfter.wholeNanoseconds << UInt64(min(waiting.repeats, 5))
        unanswered[event.id]?.timer = context.reactor.schedule(at: now + pause) { [weak self] in
            guard let self, !isClosing, let again = unanswered[event.id] else { return }
            unanswered[event.id]?.timer = nil
            unanswered[event.id]?.repeats += 1
            context.counts.resent += 1
            enqueue(Outgoing(event: event, intended: MonotonicClock.now, milliseconds: again.outgoing.milliseconds))
        }
    }

    /// Now, in milliseconds since 1970.
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
