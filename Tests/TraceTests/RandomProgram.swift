import Causality
import Trace

/// Publishes, outcomes, deliveries and acknowledgements as they may come in any program, in runs and mixed, and what a reader must say of them.
struct RandomProgram {
    private(set) var expected: [String] = []
    private var random: SplitMix
    private let writer: TraceWriter
    private let processes: Int
    private var time: UInt64 = 1_000_000
    private var sequences: [UInt32: UInt64] = [:]
    private var stamps: [UInt32: VectorTimestamp] = [:]
    private var packetIDs: [UInt32: UInt16] = [:]

    /// Writes a program.
    /// - Returns: a line for each event.
    static func write(seed: UInt64, to writer: TraceWriter) throws -> [String] {
        var program = RandomProgram(seed, writer)
        for _ in 0..<Int.random(in: 1...400, using: &program.random) { try program.step() }
        return program.expected
    }

    private init(_ seed: UInt64, _ writer: TraceWriter) {
        random = SplitMix(state: seed)
        self.writer = writer
        // With so many more, lanes have to take each other's places.
        processes = [1, 3, 10, 30, 20_000].randomElement(using: &random) ?? 1
    }

    private mutating func step() throws {
        if Int.random(in: 0..<3, using: &random) == 0 { time = time &+ UInt64(bitPattern: number([0, 1, 700, 1_000_000, -300, .max])) }
        let process = self.process()
        let count =
            Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 1...40, using: &random) : Int.random(in: 1...3, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: publish(process, count)
        case 6..<10: complete(process, count)
        case 10..<17: deliver(process, count)
        case 17:
            writer.mark(at: time, .note, text: "")
            expected.append("mark \(time)")
        case 18:
            for _ in 0..<count { acknowledge(process, UInt16(truncatingIfNeeded: random.next())) }
        default:
            guard writer.isSynchronous else { return writer.flush() }
            if let chunk = writer.cut() { try writer.append(chunk) }
        }
    }

    private mutating func publish(_ process: UInt32, _ count: Int) {
        let topic = UInt32.random(in: 0..<3, using: &random)
        let attempt: UInt32 = Int.random(in: 0..<9, using: &random) == 0 ? .max : 1
        let (qos, retain, isEmpty) = (UInt8.random(in: 0...2, using: &random), rarely(), rarely())
        var lead = number([0, 0, -50, 1 << 40])
        for _ in 0..<count {
            if rarely() { lead = number([0, 7, -7, .min]) }
            let sequence = next(process)
            changeStamp(of: process, sequence)
            let stamp = stamps[process, default: VectorTimestamp()]
            let intended = time &+ UInt64(bitPattern: lead)
            let only = stamp.entries.count == 1 && stamp.entries[0].process == process && Bool.random(using: &random)
            if only {
                writer.published(
                    process: process, at: time, topic: topic, qos: qos, retain: retain, sequence: sequence, attempt: attempt,
                    intended: intended, own: stamp[process], isEmpty: isEmpty)
            } else {
                writer.published(
                    process: process, at: time, topic: topic, qos: qos, retain: retain, sequence: sequence, attempt: attempt,
                    intended: intended, stamp: stamp, isEmpty: isEmpty)
            }
            expected.append("published \(process) \(time) \(topic) \(qos) \(retain) \(isEmpty) \(sequence) \(attempt) \(intended) \(stamp)")
        }
    }

    /// Mostly one more of its own; now and then somebody else's past, or a restart.
    private mutating func changeStamp(of process: UInt32, _ sequence: UInt64) {
        var stamp = stamps[process, default: VectorTimestamp()]
        switch Int.random(in: 0..<30, using: &random) {
        case 0: stamp[self.process()] = UInt64.random(in: 0...1000, using: &random)
        case 1: stamp = VectorTimestamp()
        case 2: stamp[process] = sequence
        case 3: stamp[process] = .max
        case 4: return
        default: stamp[process] = stamp[process] == .max ? 1 : stamp[process] + 1
        }
        stamps[process] = stamp
    }

    private mutating func complete(_ process: UInt32, _ count: Int) {
        let outcome = [PublishOutcome.acked, .acked, .acked, .refused, .unknown, .withheld].randomElement(using: &random) ?? .acked
        let reason = UInt8.random(in: 0...1, using: &random)
        var sequence = UInt64.random(in: 0...1 << 20, using: &random)
        for _ in 0..<count {
            writer.completed(process: process, at: time, sequence: sequence, attempt: 1, outcome: outcome, reason: reason)
            expected.append("completed \(process) \(time) \(sequence) 1 \(outcome) \(reason)")
            sequence = rarely() ? random.next() : sequence &+ 1
            if rarely() { time &+= 3 }
        }
    }

    private mutating func deliver(_ process: UInt32, _ count: Int) {
        let publisher = self.process()
        let topic = UInt32.random(in: 0..<3, using: &random)
        let (qos, retain) = (UInt8.random(in: 0...2, using: &random), rarely())
        let dup = [nil, false, false, true].randomElement(using: &random) ?? nil
        let acknowledges = Bool.random(using: &random)
        var sequence = UInt64.random(in: 1...1 << 20, using: &random)
        for _ in 0..<count {
            var packetID: UInt16 = 0
            if qos > 0 {
                packetID = packetIDs[process] ?? [1, 65_520, 300].randomElement(using: &random) ?? 1
                packetIDs[process] = packetID == .max ? 1 : packetID &+ (rarely() ? 2 : 1)
                if packetIDs[process] == 0 { packetIDs[process] = 1 }
            }
            writer.delivered(
                process: process, at: time, publisher: publisher, sequence: sequence, attempt: 1, topic: topic, qos: qos, retain: retain,
                dup: dup, packetID: packetID)
            expected.append(
                "delivered \(process) \(time) \(publisher) \(sequence) 1 \(topic) \(qos) \(retain) \(String(describing: dup)) \(packetID)")
            if acknowledges { acknowledge(process, packetID) }
            sequence = rarely() ? random.next() : sequence &+ 1
        }
    }

    private mutating func acknowledge(_ process: UInt32, _ packetID: UInt16) {
        writer.acknowledged(process: process, at: time, packetID: packetID)
        expected.append("acknowledged \(process) \(time) \(packetID)")
    }

    private mutating func next(_ process: UInt32) -> UInt64 {
        let sequence = rarely() ? random.next() : sequences[process, default: 0] &+ 1
        sequences[process] = sequence
        return sequence
    }

    private mutating func process() -> UInt32 {
        rarely() ? .max : UInt32.random(in: 0..<UInt32(processes), using: &random)
    }

    private mutating func rarely() -> Bool { Int.random(in: 0..<25, using: &random) == 0 }

    private mutating func number(_ some: [Int64]) -> Int64 { some.randomElement(using: &random) ?? 0 }

    /// What the reader says of each event, stamps as a whole.
    static func read(_ file: TraceFile) -> (lines: [String], damages: [TraceDamage]) {
        var lines: [String] = []
        var stamps: [UInt32: VectorTimestamp] = [:]
        let damages = file.forEach { event, _ in
            switch event {
            case .published(let one):
                var stamp = one.stamp.isFull ? VectorTimestamp() : stamps[one.process, default: VectorTimestamp()]
                file.forEachEntry(of: one.stamp) { stamp[$0] = $1 }
                stamps[one.process] = stamp
                lines.append(
                    "published \(one.process) \(one.at) \(one.topic) \(one.qos) \(one.retain) \(one.isEmpty) \(one.sequence) \(one.attempt) "
                        + "\(one.intended) \(stamp)")
            case .completed(let one):
                lines.append("completed \(one.process) \(one.at) \(one.sequence) \(one.attempt) \(one.outcome) \(one.reason)")
            case .delivered(let one):
                lines.append(
                    "delivered \(one.process) \(one.at) \(one.publisher) \(one.sequence) \(one.attempt) \(one.topic) \(one.qos) \(one.retain) "
                        + "\(String(describing: one.dup)) \(one.packetID)")
            case .acknowledged(let one): lines.append("acknowledged \(one.process) \(one.at) \(one.packetID)")
            case .mark(let one): lines.append("mark \(one.at)")
            default: lines.append("?")
            }
        }
        return (lines, damages)
    }

    /// The events as scripts/trace_format.py prints them: the fields in the order of the records.
    static func inColumns(_ file: TraceFile) -> [String] {
        var lines: [String] = []
        file.forEach { event, _ in
            switch event {
            case .published(let one):
                let flags = one.qos | (one.retain ? 4 : 0) | (one.isEmpty ? 8 : 0)
                var words = ["published \(one.at) \(one.process) \(one.topic) \(flags) \(one.sequence) \(one.attempt)"]
                words.append("\(Int64(bitPattern: one.intended &- one.at))")
                file.forEachEntry(of: one.stamp) { words.append("\($0)=\($1)") }
                lines.append((words + [one.stamp.isFull ? "full" : "part"]).joined(separator: " "))
            case .completed(let one):
                lines.append("completed \(one.at) \(one.process) \(one.sequence) \(one.attempt) \(one.outcome.rawValue) \(one.reason)")
            case .delivered(let one):
                let flags = one.qos | (one.retain ? 4 : 0) | (one.dup.map { $0 ? 24 : 8 } ?? 0)
                lines.append(
                    "delivered \(one.at) \(one.process) \(one.publisher) \(one.sequence) \(one.attempt) \(one.topic) \(flags) \(one.packetID)"
                )
            case .acknowledged(let one): lines.append("acknowledged \(one.at) \(one.process) \(one.packetID)")
            case .mark(let one): lines.append("mark \(one.at) \(one.kind.rawValue)")
            default: lines.append("?")
            }
        }
        return lines
    }
}
