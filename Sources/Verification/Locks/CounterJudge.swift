import Trace

/// Compares what processes say they published, got acknowledged, and so on with the records of their own traces.
///
/// A reading counts what its process had recorded before it. What a process records it counts, so a difference is a counter that
/// lies, whoever is right about the messages.
struct CounterJudge {
    private let index: RunIndex
    private(set) var violations = Violations()
    private var unproven = 0
    private var unknown: Set<String> = []

    /// The counters of a process and the records each counts.
    static let names = ["published", "acked", "refused", "delivered", "processed"]

    init(_ index: RunIndex) {
        self.index = index
    }

    /// One sentence for each kind of doubt.
    var doubts: [String] {
        var all: [String] = []
        if !unknown.isEmpty {
            all.append(
                "The trace has \(Doubts.few(unknown.sorted(), "counter")) of which nobody knows what it counts, so it was not compared.")
        }
        if unproven > 0 {
            all.append("\(unproven) counters read more than their trace shows, but the trace is not whole.")
        }
        return all
    }

    /// - Parameter isKnown: whether another judge looks after a counter.
    mutating func judge(isKnown: (String) -> Bool) {
        var own: [CounterReading] = []
        for reading in index.readings where !index.locks.has(reading.counter) {
            if Self.names.contains(reading.counter) {
                own.append(reading)
            } else if !isKnown(reading.counter) {
                unknown.insert(reading.counter)
            }
        }
        if own.isEmpty { return }
        compare(own)
    }

    private mutating func compare(_ readings: [CounterReading]) {
        let wanted = Dictionary(grouping: readings) { $0.place.file }
        let processes = Set(readings.map(\.process))
        var counts: [Int: [String: Int64]] = [:]
        // What a process counted covers its earlier files too.
        for (number, file) in index.files.enumerated() {
            var next = (wanted[number] ?? [])[...]
            _ = file.forEach { event, offset in
                if let reading = next.first, reading.place.offset == offset {
                    next = next.dropFirst()
                    judge(reading, counts[reading.process]?[reading.counter] ?? 0)
                    return
                }
                guard let (process, counter) = Self.counted(event), let actor = index.number(of: process), processes.contains(actor) else {
                    return
                }
                counts[actor, default: [:]][counter, default: 0] += 1
            }
        }
    }

    private static func counted(_ event: TraceEvent) -> (process: UInt32, counter: String)? {
        switch event {
        case .published(let event): (event.process, "published")
        case .completed(let event):
            switch event.outcome {
            case .acked: (event.process, "acked")
            case .refused, .withheld: (event.process, "refused")
            case .unknown: nil
            }
        case .delivered(let event): (event.process, "delivered")
        case .processed(let event): (event.process, "processed")
        default: nil
        }
    }

    private mutating func judge(_ reading: CounterReading, _ found: Int64) {
        guard reading.value != found else { return }
        if index.mutant == .countsMayFallShort, reading.value < found { return }
        // What is missing in a trace can only make the checker count less.
        if reading.value > found, index.processes[reading.process].isDamaged {
            unproven += 1
            return
        }
        let name = index.processes[reading.process].name
        violations.add(
            .counterMismatch,
            Witness(
                sentence: "\(name) counted \(reading.value) as \(reading.counter), but its trace up to there has \(found).",
                topic: reading.counter, subscriber: name, events: [index.shown("counted", reading.at, reading.place)]))
    }
}
