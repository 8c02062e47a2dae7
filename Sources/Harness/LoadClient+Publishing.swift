internal import Causality
internal import DequeModule
internal import Measurement
internal import MQTT
internal import Reactor
internal import Trace
internal import Workload

/// The publisher's side: one child task per client runs ``publish(phases:)`` or ``forward()``.
extension LoadClient {
    /// The most messages that a client appends before the reactor turns to its sockets.
    private static let burst = 64
    /// How many turns an unlimited publisher leaves to the reading that is behind, before it sends one message all the same.
    private static let patience = 64

    /// Publishes at the planned pace until its messages are sent, the span of the run is over, or the task is cancelled.
    func publish(phases: PhaseTimes) async throws {
        switch publishing?.pace {
        case .rate, .stages: try await publishOpenLoop(phases)
        case .unlimited: try await publishUnlimited(phases)
        case .onReceived, nil: break
        }
    }

    /// Open loop: a message has an intended time, whatever became of those before it, and latency is measured from it.
    private func publishOpenLoop(_ phases: PhaseTimes) async throws {
        guard var arrivals = context.run.schedule(of: plan, from: phases.start) else { return }
        var remaining = publishing?.messages ?? .max
        defer { backlog = nil }
        while remaining > 0 {
            let intended = arrivals.next()
            guard intended < phases.end else {
                // A client that has left for good sends no more, and nobody knows beforehand when the others are done.
                if phases.end == .max { return }
                backlog = nil
                // The hold lasts as long as the profile says, not until the last message that fits.
                return try await context.reactor.sleep(until: phases.end)
            }
            var now = MonotonicClock.now
            if intended > now {
                if backlog != nil { backlog = nil }
                do {
                    try await context.reactor.sleep(until: intended)
                } catch {
                    return
                }
                now = MonotonicClock.now
            }
            if mustWait {
                if backlog == nil { backlog = Backlog(from: intended, arrivals, remaining: remaining, end: phases.end) }
                do {
                    try await waitUntilReady()
                } catch {
                    countUnsent(from: intended, &arrivals, phases: phases, remaining: remaining)
                    throw error
                }
                now = MonotonicClock.now
            }
            try send(intended: intended, at: now)
            if backlog != nil { backlog?.oldestLeft() }
            remaining -= 1
            appended += 1
            if appended >= Self.burst { await giveWay() }
        }
    }

    /// As fast as the window allows: closed loop, so the intended time is when there was credit. It does not send faster than the run reads:
    /// what waits in its own sockets would stand as the broker's latency.
    private func publishUnlimited(_ phases: PhaseTimes) async throws {
        var remaining = publishing?.messages ?? .max
        let now = MonotonicClock.now
        if phases.start > now { try await context.reactor.sleep(until: phases.start) }
        while remaining > 0, MonotonicClock.now < phases.end, !hasLeft {
            if mustWait { try await waitUntilReady() }
            let now = MonotonicClock.now
            guard now < phases.end else { return }
            // What leaves together has one time: the clock would take longer than the message.
            let count = min(UInt64(min(session.sendCredit, Self.burst)), remaining)
            for _ in 0..<count { try send(intended: now, at: now) }
            remaining -= count
            await giveWay()
            if context.isBehindInReading { await letReadingCatchUp() }
        }
    }

    /// Publishes one message for each that was received; its intended time is when that one came.
    func forward() async throws {
        while true {
            try await forwardsChanged.wait { !forwards.isEmpty }
            try await waitUntilReady()
            let now = MonotonicClock.now
            while let intended = forwards.first, session.sendCredit > 0, appended < Self.burst {
                try send(intended: intended, at: now)
                forwards.removeFirst()
                appended += 1
            }
            if appended >= Self.burst { await giveWay() }
        }
    }

    /// Lets the reactor turn to its sockets, however much there still is to send.
    private func giveWay() async {
        appended = 0
        await Task.yield()
    }

    private func letReadingCatchUp() async {
        var turns = 0
        while context.isBehindInReading, turns < Self.patience {
            turns += 1
            await Task.yield()
        }
    }

    /// Counts what was due before the end and never left: leaving it out would be coordinated omission.
    private func countUnsent(from first: UInt64, _ arrivals: inout ClientSchedule, phases: PhaseTimes, remaining: UInt64) {
        var intended = first
        var left = remaining
        let until = min(phases.end, MonotonicClock.now)
        while intended < until, left > 0 {
            countUnsent(intended: intended, until: until, number: remaining - left + 1)
            intended = arrivals.next()
            left -= 1
        }
    }

    /// - Parameter number: which of the messages after the last that left, from 1.
    private func countUnsent(intended: UInt64, until: UInt64, number: UInt64) {
        guard let publish = publishing else { return }
        // A client that the profile itself stalls reads no acknowledgements either.
        let qos = publish.qos(sequence: sequence + number)
        context.statistics.unsent(
            group: plan.group, qos: qos, intended: intended, until: until,
            isExcused: subscribing?.stall != nil)
        guard !context.statistics.fine.isEmpty, let topic = messages?.topic(of: sequence + number) else { return }
        let topicID = context.trace.topic(topic)
        if !context.statistics.fine.knows(topicID) { context.statistics.fine.learn(topicID, topic) }
        context.statistics.fine.record(
            Int64(bitPattern: until &- intended), group: plan.group, qos: qos, topic: topicID,
            phase: context.statistics.phase(of: intended), isBound: true)
    }

    /// Counts what a relay has received and not passed on when the run ends.
    func abandonForwards() {
        let now = MonotonicClock.now
        for (index, intended) in forwards.enumerated() { countUnsent(intended: intended, until: now, number: UInt64(index) + 1) }
        forwards.removeAll()
    }

    /// Sends the next message.
    /// - Throws: `LoadMessage.SizeError` where the stamp has outgrown the wished size.
    private func send(intended: UInt64, at now: UInt64) throws {
        guard let messages else { return }
        sequence += 1
        clock.increment(process)
        let qos = messages.qos(of: sequence)
        let topic = messages.topic(of: sequence)
        // Taken out, so that the bytes are this call's alone and not copied.
        var payload: [UInt8] = []
        swap(&payload, &context.scratch)
        defer { swap(&payload, &context.scratch) }
        let size = messages.size(of: sequence)
        var properties = messages.properties
        let isEmpty = messages.isEmpty(sequence)
        if isEmpty {
            payload.removeAll(keepingCapacity: true)
        } else if let body = messages.body(of: sequence) {
            let message = LoadMessage(
                run: context.runID, publisher: process, sequence: sequence, attempt: 1, intended: intended, sent: now, stamp: clock)
            message.encode(into: &payload, body: body)
            if messages.provesInProperties {
                properties = properties ?? MessageProperties()
                properties?.user.append(.init(Proof.property, Proof.text(of: payload, body: body.count)))
                payload = body
            }
        } else if clock.entries.count == 1 {
            let header = LoadMessage.Header(
                run: context.runID, publisher: process, sequence: sequence, attempt: 1, intended: intended, sent: now)
            try header.encode(own: clock.entries[0].count, into: &payload, size: size)
        } else {
            let message = LoadMessage(
                run: context.runID, publisher: process, sequence: sequence, attempt: 1, intended: intended, sent: now, stamp: clock)
            try message.encode(into: &payload, size: size)
        }
        let topicID = messages.fixedTopic == nil ? context.trace.topic(topic) : fixedTopicID
        // What is sent, and not what was meant: to a broker that keeps none, nothing is sent with RETAIN.
        let retain = messages.retain && session.limits.retains
        context.trace.published(
            process: process, at: now, topic: topicID, qos: qos, retain: retain, sequence: sequence,
            attempt: 1, intended: intended, stamp: clock, isEmpty: isEmpty)
        unresolved.insert(sequence)
        if qos > 0 { sendTimes.note(sequence, at: now, among: unresolved.span) }
        if messages.retain, context.isAmongOthers { retainedTopics.insert(topic) }
        do {
            if let properties {
                try session.publish(
                    topic: topic, payload: payload.span, qos: QoS(rawValue: qos) ?? .atMostOnce, retain: retain, token: sequence,
                    properties: properties)
            } else {
                try session.publish(
                    topic: topic, payload: payload.span, qos: QoS(rawValue: qos) ?? .atMostOnce, retain: retain, token: sequence)
            }
            context.statistics.sent(group: groupIndex, qos: qos, intended: intended, at: now, blocked: intended < blockedUntil)
        } catch {
            unresolved.remove(sequence)
            context.trace.withheld(process: plan.process, at: now, sequence: sequence, error)
            context.statistics.withheld(group: groupIndex, qos: qos, why: error.cause)
        }
    }
}
