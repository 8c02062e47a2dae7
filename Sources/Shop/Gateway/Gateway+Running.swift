internal import Causality
internal import Foundation
internal import Logging
internal import MQTT
internal import Reactor
internal import Trace
internal import Tracing

/// The life of a gateway: open, run, finish.
extension Gateway {
    /// Connects, and subscribes where the broker has no session. When this returns, what is published to the service is owed to it; but for a life
    /// behind one that ended before SUBACK, which subscribes in ``run()``.
    /// - Throws: `MQTTError`, ``ShopError``, `TraceError`.
    func open() async throws {
        // What an earlier run left at the broker is none of this one's.
        if position.life == 1 { try await clearSession() }
        // What has gone through shows that a life before this one was subscribed.
        isSubscribed = position.sequence > 0 || position.processed > 0
        try await connect()
        try locks.writeThrough()
        try writer.writeThrough()
    }

    /// Has ``run()`` return when the present batch is done and what is stored has been handed to the broker, or a second is over.
    func stop() {
        isStopping = true
        link.changed.wakeAll()
    }

    /// Processes, publishes and keeps the connection until ``stop()``. To be called from a task that nobody cancels: a batch that is cut in two
    /// leaves a trace that cannot go on.
    /// - Throws: ``ShopError``, `TraceError` where it cannot go on.
    func run() async throws {
        do {
            try await work()
        } catch {
            fail()
            throw error
        }
    }

    private func work() async throws {
        try await withThrowingTaskGroup { group in
            // Workers are to work side by side, so they alone are not on the reactor.
            group.addTask(executorPreference: globalConcurrentExecutor) { [pool] in await pool.run() }
            group.addTask(executorPreference: reactor) { try await self.receive() }
            group.addTask(executorPreference: reactor) { try await self.publish() }
            group.addTask(executorPreference: reactor) { try await self.supervise() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Says what everything came to, closes the trace and leaves the broker.
    /// - Parameter isOver: whether the run is over, and not only this process.
    /// - Returns: the trace files, relative to the directory of all traces.
    func finish(isOver: Bool) async throws -> [String] {
        if isOver { count() }
        refusals.sumUp(at: MonotonicClock.now, isLast: true)
        if let note = refusals.note { writer.mark(at: MonotonicClock.now, .note, text: note) }
        position.acknowledged = outbox.acknowledged
        try await store.commit(Commit(position: position))
        await session.disconnect()
        try writer.writeThrough()
        try await writer.close()
        try await locks.close()
        if isOver {
            try? await clearSession()
            try await store.end()
        }
        return files.names()
    }

    private func count() {
        ledgers.count()
        guard configuration.service == .packaging else { return }
        let now = MonotonicClock.now
        for (item, amount) in tally.stock.sorted(by: { $0.key < $1.key }) {
            writer.counted(process: process, at: now, counter: "stock/\(item)/on_hand", value: Int64(amount))
        }
    }

    // MARK: - Receiving

    private func receive() async throws {
        while !isStopping {
            try await link.changed.wait(
                until: { !link.isIdle || !releases.isEmpty || !unsendable.isEmpty || isStopping }, orAt: nextDeadline(MonotonicClock.now))
            try await turn()
        }
        let limit = MonotonicClock.now + 1_000_000_000
        while !outbox.isEmpty, session.isConnected, MonotonicClock.now < limit {
            try await link.changed.wait(until: { !link.isIdle }, orAt: MonotonicClock.now + 10_000_000)
            try await turn()
        }
    }

    /// When something is to be done even if nothing arrives.
    private func nextDeadline(_ now: UInt64) -> UInt64 {
        let due = nextDue.map { now + UInt64(max(0, $0 - clock.now)) * 1_000_000 }
        let overdue = outbox.nextOverdue()
        // What is answered can be taken out of the store, and outcomes belong into the trace; neither is urgent.
        let tidying = now + 200_000_000
        return [due, overdue, inbox.nextDeadline].compactMap(\.self).reduce(tidying, min)
    }

    // MARK: - Publishing

    private func publish() async throws {
        while true {
            try await link.mayPublish.wait { session.sendCredit > 0 && outbox.waiting > 0 }
            guard let entry = outbox.next() else {
                outbox.sent(at: MonotonicClock.now)
                continue
            }
            try sendOrGiveUp(entry)
        }
    }

    private func sendOrGiveUp(_ entry: OutboxEntry) throws {
        do {
            try send(entry)
            outbox.sent(at: MonotonicClock.now)
        } catch {
            guard let failure = error as? MQTTError else { return giveUp(entry, .unspecified, "\(error)") }
            switch failure.code {
            // It waits for the connection, or for credit, like the others.
            case .notConnected, .noCredit: return
            case .packetTooLarge, .invalid: giveUp(entry, failure.reason, failure.description)
            default: throw failure
            }
        }
    }

    private func send(_ entry: OutboxEntry) throws {
        guard let stamp = DependencyStamp(whole: entry.stamp) else { throw ShopError("its stamp cannot be read") }
        let message = ShopMessage(
            event: entry.event, run: run, publisher: process, sequence: entry.sequence, stamp: stamp, milliseconds: entry.milliseconds)
        let topic = entry.event.topic.text
        if version == .v5 {
            let (payload, properties) = try message.binaryForm()
            try session.publish(
                topic: topic, payload: payload.span, qos: qos, retain: false, token: entry.sequence,
                properties: MessageProperties(
                    contentType: CloudEvent.contentType,
                    user: properties.map { MessageProperties.UserProperty($0.name, $0.value) }))
        } else {
            let payload = try message.structuredPayload()
            try session.publish(topic: topic, payload: payload.span, qos: qos, retain: false, token: entry.sequence)
        }
    }

    /// An event that can never be sent is set aside: what comes behind it must not wait for it, in this life and those after.
    private func giveUp(_ entry: OutboxEntry, _ code: ReasonCode, _ reason: String) {
        writer.completed(
            process: process, at: MonotonicClock.now, sequence: entry.sequence, attempt: 1, outcome: .withheld, reason: code.rawValue)
        outbox.giveUp(entry)
        unsendable.append(SetAside(.outbox, key: Array(entry.event.id.utf8), reason: reason))
        noteSetAside("event \(entry.event.id) to '\(entry.event.topic.text)' cannot be sent: \(reason)")
        link.changed.wakeAll()
    }

    // MARK: - Connection

    private func connect() async throws {
        let answer = try await session.connect()
        guard qos <= answer.limits.maximumQoS else {
            throw ShopError(
                "The broker takes QoS \(answer.limits.maximumQoS.rawValue) at most, and \(configuration.instance) is to publish at QoS \(qos.rawValue): use a lower one."
            )
        }
        // What waits in a session that is present comes before SUBACK would, and nobody takes it before ``run()``.
        if answer.sessionPresent { return }
        isSubscribed = false
        // Nothing has gone through this inbox, or the broker has forgotten what it owed: known now, whatever becomes of SUBSCRIBE.
        if position.sequence > 0 || position.processed > 0 {
            logger.warning("the broker has lost the session")
            releases += inbox.sessionLost(waiting: true, at: MonotonicClock.now)
        }
        try await subscribe()
    }

    private func subscribe() async throws {
        let filter = ShopTopic.filter(to: configuration.service.party)
        guard case .granted? = try await link.subscribe(to: filter, qos: qos) else {
            throw ShopError(
                "The broker refuses \(configuration.instance) the subscription to '\(filter)': check its access rules and its user.")
        }
        isSubscribed = true
    }

    /// Has the broker forget the session of this name.
    private func clearSession() async throws {
        let session = configuration.session(clientID: "shop-\(configuration.instance)", version: version).makeSession(on: reactor)
        _ = try await session.connect()
        await session.disconnect()
    }

    /// Brings the connection back each time it ends, with growing pauses. Subscribes where a session is present without a subscription, because the
    /// connection or the life before ended too early.
    private func supervise() async throws {
        while true {
            do {
                if session.isConnected, !isSubscribed { try await subscribe() }
            } catch let error as MQTTError {
                logger.warning("not subscribed", metadata: ["reason": "\(error)"])
                if session.isConnected { session.drop() }
            }
            try await Reconnecting.once(session, link.connectionChanged, on: reactor) {
                logger.warning("not connected", metadata: ["reason": "\($0)"])
            } connect: {
                try await connect()
                link.changed.wakeAll()
                link.mayPublish.wakeAll()
            }
        }
    }
}
