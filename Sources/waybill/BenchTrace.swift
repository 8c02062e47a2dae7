internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Measurement
internal import Trace
internal import Verification

/// What recording and checking an event costs, in both versions of the format.
struct BenchTrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract:
            "CPU time and bytes of a traced event, and events decoded and checked per CPU second, in both versions of the format: a run of 20 publishers and 20 subscribers, per QoS."
    )

    @Option(help: "Deliveries to trace; each has its publish, its outcome and, above QoS 0, its acknowledgement.")
    var deliveries = 1_000_000

    @Option(help: "How many times each is measured; the least CPU time stands.")
    var rounds = 5

    func validate() throws {
        guard deliveries > 0, rounds > 0 else { throw ValidationError("--deliveries and --rounds must be at least 1.") }
    }

    func run() async throws {
        StandardStream.output.write(
            "QoS   version      events   ns/event   bytes/event   million decoded/CPU s   million checked/CPU s   verdict\n")
        for qos in 0...2 as ClosedRange<UInt8> {
            var best = [Measured(), Measured()]
            // In turn, so that what else the machine does hits both.
            for _ in 0..<rounds {
                for (index, version) in [TraceVersion.one, .two].enumerated() { best[index].take(try await measure(qos, version)) }
            }
            for (version, one) in zip([TraceVersion.one, .two], best) {
                StandardStream.output.write(
                    String(
                        format: "%3d %9d %11d %10.1f %13.2f %23.2f %23.2f   %@\n", qos, version.rawValue, one.events,
                        one.recording * 1e9 / Double(one.events),
                        Double(one.bytes) / Double(one.events), Double(one.events) / one.decoding / 1e6,
                        Double(one.events) / one.checking / 1e6,
                        one.verdict.rawValue))
            }
        }
    }

    private struct Measured {
        var events = 0
        var bytes = 0
        /// CPU seconds; the least of all rounds.
        var recording = Double.infinity
        var decoding = Double.infinity
        var checking = Double.infinity
        var verdict = Verdict.inconclusive

        mutating func take(_ other: Measured) {
            (events, bytes, verdict) = (other.events, other.bytes, other.verdict)
            recording = min(recording, other.recording)
            decoding = min(decoding, other.decoding)
            checking = min(checking, other.checking)
        }
    }

    private func measure(_ qos: UInt8, _ version: TraceVersion) async throws -> Measured {
        let path = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max)).trace").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var measured = Measured()
        let writer = try TraceWriter(
            path: path,
            header: TraceHeader(
                run: 1, writer: 0, name: "bench", host: "bench", clock: Array(repeating: 1, count: 16),
                anchor: ClockAnchor(monotonic: 0, wall: 0), version: version))
        var load = LoadTrace(writer, qos: qos)
        try load.begin()
        let before = writer.eventCount
        measured.recording = try load.write(deliveries: deliveries)
        measured.events = writer.eventCount - before
        try await load.end()
        measured.bytes = writer.byteCount
        let file = try TraceFile(path: path)
        var seen = 0
        measured.decoding = Self.cpuSeconds { file.forEach { event, _ in if event.isOfALoad { seen += 1 } } }
        precondition(seen == measured.events, "the trace of the benchmark has \(seen) events instead of \(measured.events)")
        let start = ProcessUsage.cpuSeconds()
        measured.verdict = try Checker.check([file]).verdict
        measured.checking = ProcessUsage.cpuSeconds() - start
        return measured
    }

    /// The CPU time that the thread takes for some work: unlike the time of day it does not count what else the machine does.
    static func cpuSeconds(_ work: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        try work()
        return now() - start
    }
}

extension TraceEvent {
    /// Whether it is one of those that a load is made of, not of its beginning and end.
    fileprivate var isOfALoad: Bool {
        switch self {
        case .published, .completed, .delivered, .acknowledged: true
        default: false
        }
    }
}

/// The trace of one reactor under load: 20 publishers and 20 subscribers, each pair on a topic of its own.
///
/// A turn of the reactor publishes a burst of one client with one reading of the clock; a later one reads its outcomes, and a third the burst's deliveries.
private struct LoadTrace {
    private let writer: TraceWriter
    private let qos: UInt8
    private static let pairs: UInt32 = 20
    private static let burst: UInt64 = 64
    private var time: UInt64 = 1_000_000_000

    init(_ writer: TraceWriter, qos: UInt8) {
        self.writer = writer
        self.qos = qos
    }

    mutating func begin() throws {
        for pair in 0..<Self.pairs {
            for (process, group) in [(pair, "publishers"), (Self.pairs + pair, "subscribers")] {
                writer.define(process: process, name: "\(group)-\(pair)", group: group)
                writer.connected(process: process, at: time, sessionPresent: false, clean: true)
            }
            writer.subscribed(process: Self.pairs + pair, at: time, filter: "bench/\(pair)", requested: qos, granted: qos)
        }
        try writer.writeThrough()
    }

    /// - Returns: the CPU seconds of recording alone.
    mutating func write(deliveries: Int) throws -> Double {
        var seconds = 0.0
        let rounds = (deliveries + Int(Self.burst) * Int(Self.pairs) - 1) / (Int(Self.burst) * Int(Self.pairs))
        for round in 0..<rounds {
            seconds += BenchTrace.cpuSeconds { self.round(UInt64(round)) }
            // It writes faster than any reactor, and nothing may be lost.
            if round % 8 == 7 { try writer.writeThrough() }
        }
        return seconds
    }

    private mutating func round(_ round: UInt64) {
        let run = round * Self.burst + 1..<(round + 1) * Self.burst + 1
        for pair in 0..<Self.pairs {
            time += 20_000
            let topic = writer.topic("bench/\(pair)")
            for sequence in run {
                writer.published(
                    process: pair, at: time, topic: topic, qos: qos, retain: false, sequence: sequence, attempt: 1, intended: time,
                    own: sequence)
            }
        }
        for pair in 0..<Self.pairs {
            time += 10_000
            for sequence in run { writer.completed(process: pair, at: time, sequence: sequence, attempt: 1, outcome: .acked, reason: 0) }
        }
        for pair in 0..<Self.pairs {
            time += 20_000
            let topic = writer.topic("bench/\(pair)")
            for sequence in run {
                let packetID = qos == 0 ? 0 : UInt16((sequence - 1) % 65_535 + 1)
                writer.delivered(
                    process: Self.pairs + pair, at: time, publisher: pair, sequence: sequence, attempt: 1, topic: topic, qos: qos,
                    retain: false,
                    dup: false, packetID: packetID)
                if qos > 0 { writer.acknowledged(process: Self.pairs + pair, at: time, packetID: packetID) }
            }
        }
    }

    mutating func end() async throws {
        writer.mark(at: time + 1_000_000, .quiescent, text: "")
        try await writer.close()
    }
}
