internal import Causality
internal import Logging
internal import MQTT
internal import Reactor
internal import Trace

/// One batch: from what arrived to what may leave.
extension Gateway {
    /// Processes what has arrived, is due or overdue, stores it, and lets the session write.
    /// - Throws: ``ShopError``, `TraceError`: then nothing of the batch was told to anyone.
    func turn() async throws {
        session.setReading(false)
        // The batch can begin in the turn in which its messages came, before their acknowledgements would leave.
        if !configuration.defects.contains(.acknowledgesBeforeCommit) { session.setWriting(false) }
        let now = MonotonicClock.now
        let milliseconds = clock.now
        var batch = Batch(position: position)
        for arrival in link.takeArrivals() { receive(arrival, &batch) }
        take(inbox.expire(at: now), &batch)
        take(releases, &batch)
        releases = []
        try await process(&batch, now: milliseconds)
        renumberOverdue(&batch, now: now)
        batch.commit.settled = outbox.settle()
        batch.commit.setAside = unsendable
        unsendable = []
        refusals.sumUp(at: now)
        try await store(&batch)
        for entry in batch.commit.created + batch.commit.renumbered { outbox.enqueue(entry) }
        for event in batch.told { edge.publish(event) }
        session.setWriting(true)
        session.setReading(true)
        link.mayPublish.wakeAll()
    }

    private func receive(_ arrival: SessionLink.Arrival, _ batch: inout Batch) {
        let delivery = arrival.delivery
        switch ShopMessage.decode(
            topic: arrival.topic, payload: arrival.payload.span, properties: delivery.properties?.user.map { ($0.key, $0.value) } ?? [])
        {
        case .message(let message) where message.run == run && message.event.topic.to == configuration.service.party:
            let topic = writer.topic(arrival.topic)
            writer.delivered(
                process: process, at: arrival.at, publisher: message.publisher, sequence: message.sequence, attempt: 1, topic: topic,
                qos: delivery.qos.rawValue, retain: delivery.retain, dup: delivery.dup, packetID: delivery.packetID)
            put(message, at: arrival.at, &batch)
        case .message(let message) where message.run == run: unreadable(arrival, nil)
        case .message:
            // It belongs to a run that is over, whose trace is closed.
            logger.debug("message of another run", metadata: ["topic": "\(arrival.topic)"])
        case .corrupt(let reason): unreadable(arrival, reason)
        case .foreign: unreadable(arrival, nil)
        }
    }

    /// Takes note of what is no event: it is acknowledged like everything else, and has no effect.
    /// - Parameter flaw: what is wrong with it, one sentence; `nil` for what is none of the shop's.
    private func unreadable(_ arrival: SessionLink.Arrival, _ flaw: String?) {
        guard refusals.take(reason: flaw, topic: arrival.topic) else { return }
        let delivery = arrival.delivery
        writer.deliveredUnreadable(
            process: process, at: arrival.at, topic: writer.topic(arrival.topic), qos: delivery.qos.rawValue, retain: delivery.retain,
            dup: delivery.dup, packetID: delivery.packetID, cause: flaw == nil ? .foreign : .corrupt)
    }

    private func put(_ message: ShopMessage, at now: UInt64, _ batch: inout Batch) {
        let sender = PublisherID(process: message.publisher, incarnation: 0)
        let key = MessageKey(publisher: message.publisher, sequence: message.sequence)
        if configuration.defects.contains(.noCausalInbox) {
            inbox.process(stamp: message.stamp, from: sender, sequence: message.sequence, attempt: 1, at: now)
            batch.released.append(message)
            return
        }
        let receipt = inbox.receive(
            message, stamp: message.stamp, from: sender, topic: message.event.topic.causalKey, sequence: message.sequence, attempt: 1,
            at: now)
        switch receipt.status {
        case .released: break
        case .held:
            held.insert(key)
            hold(message, key, &batch)
        case .duplicate:
            // Of what the inbox had given up in an earlier life it knows only that it is over. The store knows whether it was processed.
            if !held.contains(key) { batch.copies.append(message) }
        case .unmatched, .unstamped:
            logger.error("message with a stamp that does not fit", metadata: ["event": "\(message.event.id)"])
        }
        take(receipt.releases, &batch)
    }

    /// Stores a message that waits.
    private func hold(_ message: ShopMessage, _ key: MessageKey, _ batch: inout Batch) {
        do {
            let payload = try message.structuredPayload()
            batch.commit.held.append(HeldMessage(key: key, topic: message.event.topic.text, payload: payload))
        } catch {
            // It waits in memory: only a kill before it is released would lose it, and that would stand in the trace.
            noteSetAside("message \(key.sequence) of process \(key.publisher) is held and not stored: \(error)")
        }
    }

    /// Takes a message that was held in an earlier life.
    func take(_ message: ShopMessage, at now: UInt64) {
        let receipt = inbox.receive(
            message, stamp: message.stamp, from: PublisherID(process: message.publisher, incarnation: 0),
            topic: message.event.topic.causalKey, sequence: message.sequence, attempt: 1, at: now)
        releases += receipt.releases
    }

    private func take(_ releases: [InboxRelease<ShopMessage>], _ batch: inout Batch) {
        for release in releases {
            let message = release.message
            let key = MessageKey(publisher: message.publisher, sequence: message.sequence)
            if held.remove(key) != nil { batch.commit.released.append(key) }
            if release.timedOut || release.isLate {
                logger.info(
                    "out of causal order",
                    metadata: ["event": "\(message.event.id)", "timed-out": "\(release.timedOut)", "late": "\(release.isLate)"])
            }
            batch.released.append(message)
        }
    }

    /// Has the workers process what is new, and puts what they decide into the batch.
    private func process(_ batch: inout Batch, now: Int64) async throws(ShopError) {
        let fresh = try await fresh(&batch)
        let isDue = nextDue.map { $0 <= now } ?? false
        guard !fresh.isEmpty || isDue else { return answer(&batch) }
        let done = await pool.process(fresh.map { ($0.event, $0.stamp) }, now: now, isDue: isDue)
        // Workers that were not asked have not said when they are due.
        nextDue = isDue ? done.nextDue : [nextDue, done.nextDue].compactMap(\.self).min()
        for (message, reaction) in zip(fresh, done.reactions) {
            batch.told.append(message.event)
            log("processed", message.event)
            if reaction?.isPassedOver == true { refusals.passOver(message.event.subject) }
            if let reaction { apply(reaction, &batch, now: now) }
        }
        for reaction in done.packed { apply(reaction, &batch, now: now) }
        // Moves of one item in the order in which its ledger was changed; those that changed none come behind.
        batch.commit.stock.sort { ($0.change == 0 ? .max : $0.change) < ($1.change == 0 ? .max : $1.change) }
        for move in batch.commit.stock {
            trace(move, at: MonotonicClock.now)
            tally.take(move)
        }
        answer(&batch)
    }

    /// What of the batch has not been processed before. Receipts are dealt with here.
    private func fresh(_ batch: inout Batch) async throws(ShopError) -> [ShopMessage] {
        for message in batch.copies + batch.released {
            guard case .stored(let ids) = message.event.body else {
                batch.toAnswer.append(message.event)
                continue
            }
            for id in ids where outbox.answer(id, from: message.event.topic.from) { batch.commit.answered.append(id) }
        }
        let events = (batch.copies + batch.released).filter { !$0.event.subject.isEmpty }
        let ignoresInbox = configuration.defects.contains(.noIdempotentInbox)
        var seen = ignoresInbox ? [] : try await store.processed(among: events.map(\.event.id))
        var fresh: [ShopMessage] = []
        for (index, message) in events.enumerated() {
            let isCopy = index < batch.copies.count { !$0.event.subject.isEmpty }
            guard ignoresInbox ? !isCopy : seen.insert(message.event.id).inserted else {
                position.repeated += 1
                continue
            }
            if isCopy {
                inbox.process(
                    stamp: message.stamp, from: PublisherID(process: message.publisher, incarnation: 0), sequence: message.sequence,
                    attempt: 1, at: MonotonicClock.now)
            }
            fresh.append(message)
            position.processed += 1
            if !ignoresInbox { batch.commit.processed.append(message.event.id) }
        }
        return fresh
    }

    private func apply(_ reaction: Reaction, _ batch: inout Batch, now: Int64) {
        let time = MonotonicClock.now
        for state in reaction.entered {
            writer.entered(
                process: process, at: time, machine: "order", entity: reaction.record?.order.id ?? "", state: state)
        }
        batch.commit.stock += reaction.moves
        var record = reaction.record
        for (index, (topic, body)) in reaction.events.enumerated() {
            position.events += 1
            let entry = publish(
                ShopEvent(id: "\(process)-\(position.events)", topic: topic, body: body), milliseconds: now, isAnswered: false)
            if reaction.packs, index == 0, let order = record?.order.key {
                record?.packedStamp = entry.stamp
                pool.notePacked(order, stamp: entry.stamp)
            }
            batch.commit.created.append(entry)
            batch.told.append(entry.event)
        }
        if let choice = reaction.choice {
            position.concurrent += 1
            writer.mark(at: time, .note, text: choice)
            logger.info("concurrent events", metadata: ["choice": "\(choice)"])
        }
        if let record {
            tally.take(record)
            batch.commit.orders.append(record)
        }
    }

    /// One receipt for each party that sent something, copies included: whoever sends again has not heard of the first.
    private func answer(_ batch: inout Batch) {
        var ids: [ShopTopic: [String]] = [:]
        for event in batch.toAnswer {
            let topic: ShopTopic
            if event.topic.from == .customer, case .order(let order) = event.body {
                topic = ShopTopic(from: configuration.service.party, to: order.customer, kind: .receipt)
            } else {
                topic = ShopTopic(receiptFrom: configuration.service.party, to: event.topic.from)
            }
            if ids[topic]?.contains(event.id) != true { ids[topic, default: []].append(event.id) }
        }
        for (topic, ids) in ids.sorted(by: { $0.key.text < $1.key.text }) {
            for start in stride(from: 0, to: ids.count, by: EventSchema.greatestReceipt) {
                position.events += 1
                let part = Array(ids[start...].prefix(EventSchema.greatestReceipt))
                let receipt = ShopEvent(id: "\(process)-\(position.events)", topic: topic, body: .stored(part))
                // Nobody answers a receipt: it is kept only until the broker has it.
                batch.commit.created.append(publish(receipt, milliseconds: clock.now, isAnswered: true))
            }
        }
    }

    /// What nobody has answered in time is sent again, as a new message of the same event.
    private func renumberOverdue(_ batch: inout Batch, now: UInt64) {
        for entry in outbox.overdue(at: now) {
            log("sent again", entry.event)
            let again = publish(entry.event, milliseconds: entry.milliseconds, isAnswered: false)
            batch.commit.renumbered.append(again)
        }
    }

    /// Gives an event its number and its stamp, and records that it is published: whatever the service processes later is not in its past.
    private func publish(_ event: ShopEvent, milliseconds: Int64, isAnswered: Bool) -> OutboxEntry {
        let stamp = inbox.publish(to: event.topic.causalKey)
        position.sequence += 1
        let now = MonotonicClock.now
        writer.published(
            process: process, at: now, topic: writer.topic(event.topic.text), qos: qos.rawValue, retain: false, sequence: position.sequence,
            attempt: 1, intended: now, stamp: stamp.vectorTimestamp)
        return OutboxEntry(
            event: event, milliseconds: milliseconds, sequence: position.sequence, stamp: stamp.wireForm, isAnswered: isAnswered)
    }

    /// Makes the batch durable, and its trace.
    private func store(_ batch: inout Batch) async throws {
        position.past = inbox.publisher.past
        position.settled = inbox.settled
        position.acknowledged = outbox.acknowledged
        batch.commit.position = position
        if batch.commit.isEmpty {
            try writer.writeThrough()
            return
        }
        // No worker is at work: the sections recorded so far are all there are.
        try locks.writeThrough()
        batch.commit.chunk = writer.cut()
        if configuration.defects.contains(.acknowledgesBeforeCommit) { try await Task.sleep(for: .milliseconds(20)) }
        try await store.commit(batch.commit)
        if let chunk = batch.commit.chunk { try writer.append(chunk) }
    }

    private func log(_ what: String, _ event: ShopEvent) {
        logger.debug(
            "\(what)", metadata: ["event": "\(event.id)", "order": "\(event.subject)", "topic": "\(event.topic.text)"])
    }
}

/// What one batch gathers.
struct Batch {
    /// What came out of the inbox.
    var released: [ShopMessage] = []
    /// What the inbox says is over already.
    var copies: [ShopMessage] = []
    /// Whose senders are owed a receipt.
    var toAnswer: [ShopEvent] = []
    /// What local clients get to see.
    var told: [ShopEvent] = []
    var commit: Commit

    init(position: Position) {
        commit = Commit(position: position)
    }
}
