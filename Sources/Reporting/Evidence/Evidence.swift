package import Causality
package import Trace
package import Verification

/// A witness with its events read from the trace.
package struct Evidence: Sendable {
    /// The class of the violation.
    package var `class`: String
    /// The number of the witness among those of its class, from 1.
    package var number: Int
    /// The witness as the checker gave it.
    package var witness: Witness
    /// Its events, and the publishes of what they deliver, in an order in which nothing comes before its cause.
    package var events: [Event]

    /// One event with everything that the trace says of it.
    package struct Event: Sendable {
        /// What happened, in the witness's words.
        package var what: String
        /// When, in nanoseconds of its host's monotonic clock.
        package var time: UInt64
        /// The trace file: its name, or where several have the same, its path.
        package var file: String
        /// Where its first byte is in the file.
        package var offset: Int
        /// The event as an export has it; `nil` where the file does not hold it.
        package var fields: ExportedEvent?
        /// The whole stamp of a publish; `nil` for other events, and where the trace has a gap.
        package var stamp: VectorTimestamp?
        /// Which clock the time is of: times of different numbers cannot be compared.
        package var clock: Int
        /// Whether the witness names it; otherwise it was added because a delivery is of it.
        package var isOfWitness: Bool
    }

    /// What tells witnesses of one check apart.
    package struct Key: Hashable, Sendable {
        /// The class.
        package var `class`: String
        /// The number in the class.
        package var number: Int
    }

    /// What tells this witness from the others.
    package var key: Key { Key(class: self.class, number: number) }

    /// Which message an event is about.
    struct Message: Hashable {
        var publisher: UInt32
        var sequence: UInt64
        var attempt: UInt32
    }

    /// Who the processes are that stamps and events name.
    package var names: [UInt32: String]

    func name(_ process: UInt32) -> String { names[process] ?? "process \(process)" }
}

extension Evidence.Event {
    /// Whether it brings a message into the world.
    var isPublish: Bool { fields?.event == "published" || fields?.event == "will" }

    /// Whether it hands a message over to its process.
    var isDelivery: Bool { fields?.event == "delivered" || fields?.event == "processed" }

    /// The message that it publishes or hands over.
    var message: Evidence.Message? {
        guard let fields, let sequence = fields.sequence, let attempt = fields.attempt else { return nil }
        if isPublish { return fields.process.map { .init(publisher: $0, sequence: sequence, attempt: attempt) } }
        return isDelivery ? fields.publisher.map { .init(publisher: $0, sequence: sequence, attempt: attempt) } : nil
    }
}

extension Evidence {
    /// Puts the events into an order in which each process's events stand as they happened, a publish stands before its deliveries, and else
    /// the clocks decide. Clocks alone would not do: those of two hosts may disagree.
    static func sorted(_ events: [Event]) -> [Event] {
        var before: [[Int]] = Array(repeating: [], count: events.count)
        for (index, event) in events.enumerated() {
            before[index] = events.indices.filter { other in
                other != index && (precedes(events[other], other, event, index) || causes(events[other], event))
            }
        }
        var done: Set<Int> = []
        var order: [Int] = []
        while order.count < events.count {
            let open = events.indices.filter { !done.contains($0) }
            let ready = open.filter { before[$0].allSatisfy(done.contains) }
            // A trace that contradicts itself may have circles; time then breaks them.
            let next = (ready.isEmpty ? open : ready).min { (events[$0].time, $0) < (events[$1].time, $1) }
            guard let next else { break }
            done.insert(next)
            order.append(next)
        }
        return order.map { events[$0] }
    }

    private static func precedes(_ one: Event, _ oneIndex: Int, _ other: Event, _ otherIndex: Int) -> Bool {
        guard let process = one.fields?.process, process == other.fields?.process, one.clock == other.clock else { return false }
        if one.file == other.file { return (one.offset, oneIndex) < (other.offset, otherIndex) }
        return (one.time, oneIndex) < (other.time, otherIndex)
    }

    private static func causes(_ one: Event, _ other: Event) -> Bool {
        guard one.isPublish, other.isDelivery, let message = one.message else { return false }
        return message == other.message
    }
}
