import Causality

/// What has happened at one subscriber; sets of messages are numbers.
struct InboxView {
    /// What the broker had to send while a subscription of its own matched, shared ones aside.
    var due: UInt64 = 0
    var arrived: UInt64 = 0
    var released: UInt64 = 0
    /// Everything that happened before something released.
    var before: UInt64 = 0
    /// What a release that timed out had been waiting for.
    var givenUp: UInt64 = 0
    /// By message: what was given up when it arrived, of which publishers and topics the process got all by then, and when that was.
    var givenUpAtArrival: [Int: UInt64] = [:]
    var broughtAtArrival: [Int: UInt64] = [:]
    var arrivals: [Int: UInt64] = [:]
    /// What an inbox before the present one released.
    var releasedBeforeRestart: UInt64 = 0
    var timedOut = 0
    var late = 0
    var held = 0

    /// Returns whether it is the first copy.
    mutating func arrive(_ message: Int, brought: UInt64, at now: UInt64) -> Bool {
        guard arrived & bit(message) == 0 else { return false }
        arrived |= bit(message)
        arrivals[message] = now
        givenUpAtArrival[message] = givenUp
        broughtAtArrival[message] = brought
        return true
    }
}

extension InboxWorld {
    enum Reach { case none, part, whole }

    /// How much of a publisher and topic these subscriptions of a process bring.
    static func reach(of stream: Stream, at index: Int, _ process: Process, _ subscriptions: [PlainSubscription]) -> Reach {
        if process.noLocal, stream.publisher == index { return .none }
        let matching = subscriptions.filter { $0.matches(stream.topic) }
        return matching.contains { !$0.isShared } ? .whole : matching.isEmpty ? .none : .part
    }

    func reach(of number: Int, at index: Int) -> Reach {
        streams[messages[number].stream].reach[index]
    }

    /// What is owed to a process and must be waited for if it is in the past: all of which the process can know that it is owed.
    private func awaited(_ index: Int) -> UInt64 {
        let view = processes[index].view
        var known: UInt64 = 0
        for stream in streams {
            let arrived = view.arrived & stream.messages
            if stream.isFromTheBeginning[index] {
                known |= stream.messages
            } else if arrived != 0 {
                // What is lost before the first message that arrives looks as if it had been sent before the subscription.
                known |= stream.messages & (UInt64.max << UInt64(arrived.trailingZeroBitCount))
            }
        }
        return known & view.due
    }

    /// All messages of which the present subscriptions of a process bring every one.
    func brought(_ index: Int) -> UInt64 {
        streams.reduce(0) { $1.reach[index] == .whole ? $0 | $1.messages : $0 }
    }

    /// Of what a process has heard nothing yet, although it may come. Who waits for that waits for what may not be owed.
    private func unheard(_ index: Int) -> UInt64 {
        guard plan.start == .midstream(waiting: true) else { return 0 }
        var unheard: UInt64 = 0
        for stream in streams where stream.reach[index] == .whole && !stream.isFromTheBeginning[index] {
            if processes[index].view.arrived & stream.messages == 0 { unheard |= stream.messages }
        }
        return unheard
    }

    /// The stamp counts exactly the past.
    mutating func judgeStamp(_ number: Int) {
        let message = messages[number]
        var entries: [DependencyStamp.Entry] = []
        var vector: [UInt32: UInt64] = [:]
        for (other, earlier) in messages.enumerated() where message.past & bit(other) != 0 {
            let id = processes[earlier.publisher].publisher.id
            // The last one of each publisher and topic is the one with the greatest count.
            entries.append(.init(topic: earlier.topic, publisher: id, count: earlier.count))
            vector[id.process, default: 0] += 1
        }
        if message.stamp != DependencyStamp(entries) { fail("\(number) has the stamp \(message.stamp), not \(DependencyStamp(entries))") }
        let expected = VectorTimestamp(vector.map { VectorTimestamp.Entry(process: $0.key, count: $0.value) })
        if message.stamp.vectorTimestamp != expected { fail("\(number): \(message.stamp.vectorTimestamp), not \(expected)") }
    }

    /// One release: once, in order or flagged, and no flag without a cause.
    mutating func judge(_ release: InboxRelease<Int>, at index: Int) {
        let number = release.message
        let message = messages[number]
        let view = processes[index].view
        if view.released & bit(number) != 0 { fail("\(number) is released twice at \(index)") }
        if view.arrived & bit(number) == 0 { fail("\(number) is released at \(index) before it arrived") }
        if release.count != message.count || release.arrived != view.arrivals[number] { fail("\(number): \(release)") }

        let skipped = message.past & ~bit(number) & awaited(index) & ~view.released
        let unexplained = skipped & ~(view.givenUpAtArrival[number] ?? 0)
        if unexplained != 0, !release.timedOut {
            fail("\(number) is released at \(index) before \(members(unexplained)), and not flagged")
        }
        // What only a later subscription brings does not concern a message that is here already.
        let brought = view.broughtAtArrival[number] ?? 0
        let missing = message.past & ~bit(number) & (awaited(index) | unheard(index)) & ~view.arrived & brought
        if release.timedOut, plan.timeout == nil || missing == 0 { fail("\(number) at \(index) is flagged, and nothing is missing") }
        let isOverdue = view.arrivals.contains { view.released & bit($0.key) == 0 && $0.value + (plan.timeout ?? 0) <= now }
        if release.timedOut, missing & ~view.givenUp != 0, plan.capacity == .max, !isOverdue { fail("\(index) gave up before it was time") }
        let isOvertaken = view.before & bit(number) != 0
        if reach(of: number, at: index) == .whole, release.isLate != isOvertaken {
            fail("\(number) at \(index) is late: \(release.isLate), but overtaken: \(isOvertaken)")
        }
        if isOvertaken, plan.kind == .whole || plan.kind == .joiningPatiently { fail("\(number) was overtaken at \(index)") }

        processes[index].view.released |= bit(number)
        processes[index].view.before |= message.past & view.due
        if release.timedOut {
            processes[index].view.givenUp |= missing
            processes[index].view.timedOut += 1
        }
        if release.isLate { processes[index].view.late += 1 }
    }

    /// After an arrival: what could be released has been, and no more is held than may be.
    mutating func judgeAfterArrival(_ index: Int) {
        let view = processes[index].view
        let waiting = view.arrived & ~view.released
        let held = processes[index].inbox!.heldCount
        processes[index].view.held += held
        if held != waiting.nonzeroBitCount { fail("\(held) held at \(index), but \(members(waiting)) wait") }
        if waiting == 0 { return }
        if held > plan.capacity { fail("\(held) held at \(index), more than \(plan.capacity)") }
        let expected = (awaited(index) | unheard(index)) & ~view.arrived & ~view.givenUp
        // What happened before comes first in the list.
        var excused: UInt64 = 0
        for number in messages.indices where waiting & bit(number) != 0 {
            let past = messages[number].past & ~bit(number)
            if past & expected & view.broughtAtArrival[number]! == 0, past & excused == 0 {
                fail("\(number) waits at \(index) for nothing")
            }
            if reach(of: number, at: index) == .whole { excused |= bit(number) }
        }
    }

    /// After time has passed: nothing is held longer than the timeout.
    mutating func judgeAfterTime(_ index: Int) {
        let view = processes[index].view
        let times = messages.indices.filter { (view.arrived & ~view.released) & bit($0) != 0 }.map { view.arrivals[$0]! }
        if let timeout = plan.timeout, let oldest = times.min(), now >= oldest + timeout {
            fail("what arrived at \(oldest) is still held at \(index)")
        }
        let deadline = plan.timeout.flatMap { timeout in times.min().map { $0 + timeout } }
        let next = processes[index].inbox!.nextDeadline
        if next != deadline { fail("the next deadline at \(index) is \(String(describing: next)), not \(String(describing: deadline))") }
        judgeAfterArrival(index)
    }

    /// In the end everything that arrived has been released, and the inbox has counted right.
    mutating func judgeEnd() {
        for (index, process) in processes.enumerated() {
            guard let inbox = process.inbox else { continue }
            if process.view.arrived != process.view.released || inbox.heldCount != 0 {
                fail("\(members(process.view.arrived & ~process.view.released)) are held at \(index) in the end")
            }
            let counts = inbox.counts
            let released = process.view.released & ~process.view.releasedBeforeRestart
            if counts.released != released.nonzeroBitCount || counts.timedOut != process.view.timedOut
                || counts.late != process.view.late || counts.greatestHeld > plan.capacity
            {
                fail("\(index) counts \(counts)")
            }
            for number in messages.indices where process.view.arrived & bit(number) != 0 && reach(of: number, at: index) == .whole {
                let id = processes[messages[number].publisher].publisher.id
                if inbox.settled[id, messages[number].topic] < messages[number].count { fail("\(index) has settled \(inbox.settled)") }
            }
        }
    }

    func members(_ set: UInt64) -> [Int] {
        messages.indices.filter { set & bit($0) != 0 }
    }
}
