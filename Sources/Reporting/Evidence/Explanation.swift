internal import Causality
internal import Trace
package import Verification

/// Every kept witness of one class in full, for a program.
package struct Explanation: Encodable {
    /// The name of the class.
    package var `class`: String
    /// How many violations of it there are; exact.
    package var count: Int
    /// The kept witnesses.
    package var witnesses: [Witness]

    /// One witness.
    package struct Witness: Encodable {
        var sentence: String
        var topic: String
        var publisher: String?
        var sequence: UInt64?
        var subscriber: String?
        /// The path of its drawing, where one was made.
        var drawing: String?
        /// Its events, and the publishes of what they deliver, causes before effects.
        var events: [Event]
    }

    /// One event: what an export says of it, and what the witness adds.
    struct Event: Encodable {
        var what: String
        /// Nanoseconds since the first event of the same clock.
        var sinceFirst: UInt64
        /// Whether it was added because a delivery is of it.
        var added: Bool
        var file: String
        var offset: Int
        /// What an export has of it; absent where the file does not hold it any more.
        var event: ExportedEvent?
        /// The whole stamp of a publish, by name of process.
        var stamp: [StampEntry]?
    }

    struct StampEntry: Encodable {
        var process: UInt32
        var client: String
        var count: UInt64
    }

    /// - Parameters:
    ///   - anomaly: the class; `nil` where it did not occur.
    ///   - name: the name of the class.
    ///   - evidence: its witnesses, read from the trace.
    ///   - drawings: the paths of drawings that were made, by the number of the witness.
    package init(_ anomaly: Anomaly?, name: String, evidence: [Evidence], drawings: [Int: String]) {
        self.class = name
        count = anomaly?.count ?? 0
        witnesses = evidence.map { one in
            let times = RelativeTimes(one.events)
            return Witness(
                sentence: one.witness.sentence, topic: one.witness.topic, publisher: one.witness.publisher, sequence: one.witness.sequence,
                subscriber: one.witness.subscriber, drawing: drawings[one.number],
                events: one.events.map { event in
                    Event(
                        what: event.what, sinceFirst: times.nanoseconds(event), added: !event.isOfWitness, file: event.file,
                        offset: event.offset, event: event.fields,
                        stamp: event.stamp.map { stamp in
                            stamp.entries.map { .init(process: $0.process, client: one.name($0.process), count: $0.count) }
                        })
                })
        }
    }
}
