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
        switch plan.publish?.pace {
        case .rate: try await publishOpenLoop(phases)
        case .unlimited: try await publishUnlimited(phases)
        case .onReceived, nil: break
        }
    }

    /// Open loop: a message has an intended time, whatever became of those before it, and latency is measured from it.
    private func publishOpenLoop(_ phases: PhaseTimes) async throws {
        guard var arrivals = plan.arrivals(from: phases.start) else { return }
        var remaining = plan.publish?.messages ?? .max
        while remaining > 0 {
            let intended = arrivals.next()
            guard intended < phases.end else {
                // The hold lasts as long as the profile says, not until the last message that fits.
                return try await context.reactor.sleep(until: phases.end)
            }
            if intended > MonotonicClock.now {
                do {
                    try await context.reactor.sleep(until: intended)
                } catch {
                    return
                }
            }
            do {
                try await waitUntilReady()
            } catch {
                countUnsent(from: intended, &arrivals, phases: phases, remaining: remaining)
                throw error
            }
            try send(intended: intended)
            remaining -= 1
            await giveWay()
        }
    }

    /// As fast as the window allows: closed loop, so the intended time is when there was credit. It does not send faster than the run reads:
    /// what waits in its own sockets would stand as the broker's latency.
    private func publishUnlimited(_ phases: PhaseTimes) async throws {
        var remaining = plan.publish?.messages ?? .max
        let now = MonotonicClock.now
        if phases.start > now { try await context.reactor.sleep(until: phases.start) }
        while remaining > 0, MonotonicClock.now < phases.end {
            try await waitUntilReady()
            let now = MonotonicClock.now
            guard now < phases.end else { return }
            try send(intended: now)
            remaining -= 1
            await giveWay()
            await letReadingCatchUp()
        }
    }

    /// Publishes one message for each that was received; its intended time is when that one came.
    func forward() async throws {
        while true {
            try await forwardsChanged.wait { !forwards.isEmpty }
            try await waitUntilReady()
            try send(intended: forwards[0])
            forwards.removeFirst()
            await giveWay()
        }
    }

    /// Lets the reactor turn to its sockets after each burst, however much there still is to send.
    private func giveWay() async {
        appended += 1
        guard appended >= Self.burst else { return }
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
    private func countUnsent(from first: UInt64, _ arrivals: inout ArrivalProcess, phases: PhaseTimes, remaining: UInt64) {
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
        guard let publish = plan.publish else { return }
        // A client that the profile itself stalls reads no acknowledgements either.
        context.statistics.unsent(
            group: plan.group, qos: publish.qos(sequence: sequence + number), intended: intended, until: until,
            isExcused: plan.subscribe?.stall != nil)
    }

    /// Counts what a relay has received and not passed on when the run ends.
    func abandonForwards() {
        let now = MonotonicClock.now
        for (index, intended) in forwards.enumerated() { countUnsent(intended: intended, until: now, number: UInt64(index) + 1) }
        forwards.removeAll()
    }

    /// Sends the next message.
    /// - Throws: `LoadMessage.SizeError` where the stamp has outgrown the wished size.
    private func send(intended: UInt64) throws {
        guard let publish = plan.publish, let topics = plan.topics else { return }
        sequence += 1
        clock.increment(plan.process)
        let qos = publish.qos(sequence: sequence)
        let topic = topics.topic(sequence: sequence)
        let now = MonotonicClock.now
        let message = LoadMessage(
            run: context.run.id, publisher: plan.process, sequence: sequence, attempt: 1, intended: intended, sent: now, stamp: clock)
        // Taken out, so that the bytes are this call's alone and not copied.
        var payload: [UInt8] = []
        swap(&payload, &context.scratch)
        defer { swap(&payload, &context.scratch) }
        try message.encode(into: &payload, size: publish.size)
        let topicID = context.trace.topic(topic)
        // What is sent, and not what was meant: to a broker that keeps none, nothing is sent with RETAIN.
        let retain = publish.retain && session.limits.retains
        context.trace.published(
            process: plan.process, at: now, topic: topicID, qos: qos, retain: retain, sequence: sequence,
            attempt: 1, intended: intended, stamp: clock)
        unresolved.insert(sequence)
        do {
            try session.publish(
                topic: topic, payload: payload.span, qos: QoS(rawValue: qos) ?? .atMostOnce, retain: retain, token: sequence)
            context.statistics.sent(group: plan.group, qos: qos, intended: intended, at: now, blocked: intended < blockedUntil)
        } catch {
            unresolved.remove(sequence)
            context.trace.withheld(process: plan.process, at: now, sequence: sequence, error)
            context.statistics.refused(group: plan.group, qos: qos, why: error.cause)
        }
    }
}
