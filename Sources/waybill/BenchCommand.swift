internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Reactor
internal import Trace
internal import Causality
internal import Verification
internal import Workload
internal import Measurement

/// `waybill bench`: the figures that the documentation quotes. `scripts/bench` runs it in a release build.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure Waybill itself.", shouldDisplay: false, subcommands: [BenchLoad.self, BenchTrace.self, BenchCheck.self])
}

/// Generator CPU against broker CPU, per QoS.
struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "CPU of the generator ÷ CPU of an embedded mosquitto while 10 publishers saturate 10 subscribers, per QoS.")

    @Option(help: "Seconds of each measurement.")
    var seconds = 5

    func run() async throws {
        print("QoS   delivered/s   generator CPU s   broker CPU s   generator ÷ broker   verdict")
        for qos in 0...2 {
            let profile = try Profile.parse(yaml: yaml(qos: qos), file: "bench")
            let output = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
            defer { try? FileManager.default.removeItem(atPath: output) }
            let outcome = try await LoadRun(profile: profile, output: output).execute()
            let broker = outcome.broker.cpuSeconds ?? .nan
            print(
                String(
                    format: "%3d %13.0f %17.2f %14.2f %20.2f   %@", qos, outcome.deliveredPerSecond, outcome.generator.cpuSeconds, broker,
                    outcome.generator.cpuSeconds / broker, outcome.check.verdict.rawValue))
        }
    }

    private func yaml(qos: Int) -> String {
        """
        name: bench-qos\(qos)
        target:
          embedded:
            settings:
              max_queued_messages: 0
        groups:
          - name: publishers
            count: 10
            publish:
              topic: bench/%i
              qos: \(qos)
              size: 128
              rate: unlimited
          - name: subscribers
            count: 10
            subscribe:
              filters: [bench/%i]
              qos: \(qos)
        phases:
          warm_up: 1s
          hold: \(seconds)s
          drain:
            quiet: 1s
            limit: 60s
        """
    }
}

/// Nanoseconds per traced event against a clock read.
struct BenchTrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Nanoseconds per traced event ÷ nanoseconds of one clock read; bytes per event.")

    @Option(help: "Deliveries to trace; each has its publish and its outcome.")
    var deliveries = 1_000_000

    func run() async throws {
        let trace = try SyntheticTrace(deliveries: deliveries)
        defer { trace.remove() }
        let written = try await trace.write()
        let reads = 1_000_000
        let begin = MonotonicClock.now
        var last: UInt64 = 0
        for _ in 0..<reads { last = max(last, MonotonicClock.now) }
        let clock = Double(last - begin) / Double(reads)
        print(
            String(
                format: "%.1f ns per event, %.1f ns per clock read, ratio %.2f; %.1f bytes per event; %d events",
                written.nanosecondsPerEvent, clock,
                written.nanosecondsPerEvent / clock, Double(written.bytes) / Double(written.events), written.events))
    }
}

/// Deliveries checked per second against merely decoding them.
struct BenchCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Deliveries checked per second; time of the check ÷ time of decoding the same file once; peak memory.")

    @Option(help: "Deliveries in the trace.")
    var deliveries = 5_000_000

    func run() async throws {
        let trace = try SyntheticTrace(deliveries: deliveries)
        defer { trace.remove() }
        _ = try await trace.write()
        let before = ProcessUsage.peakMemoryBytes() ?? 0
        let clock = ContinuousClock()
        let file = try TraceFile(path: trace.path)
        var events = 0
        let decoding = clock.measure { file.forEach { _, _ in events += 1 } }
        var verdict = Verdict.inconclusive
        let checking = try clock.measure { verdict = try Checker.check([file]).verdict }
        let peak = max(0, (ProcessUsage.peakMemoryBytes() ?? 0) - before)
        print(
            String(
                format: "%.2f million deliveries/s checked (%d events), check ÷ decode %.2f, %.1f bytes of memory per delivery, verdict %@",
                Double(deliveries) / (checking / .seconds(1)) / 1e6, events, checking / decoding, Double(peak) / Double(deliveries),
                verdict.rawValue)
        )
    }
}

/// A trace of a run that went well: publishers in turn, every message delivered once to one subscriber at QoS 1.
private struct SyntheticTrace {
    static let pairs: UInt32 = 100

    let path: String
    let deliveries: Int

    init(deliveries: Int) throws {
        guard deliveries > 0 else { throw ValidationError("--deliveries must be at least 1.") }
        path = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max)).trace").path
        self.deliveries = deliveries
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func write() async throws -> (nanosecondsPerEvent: Double, bytes: Int, events: Int) {
        let writer = try TraceWriter(path: path, run: 1, writer: 0, name: "bench")
        var time = MonotonicClock.now
        var topics: [UInt32] = []
        for pair in 0..<Self.pairs {
            writer.define(process: pair, name: "publisher-\(pair)", group: "publishers")
            writer.define(process: Self.pairs + pair, name: "subscriber-\(pair)", group: "subscribers")
            topics.append(writer.topic("bench/\(pair)"))
            for process in [pair, Self.pairs + pair] { writer.connected(process: process, at: time, sessionPresent: false, clean: true) }
            writer.subscribed(process: Self.pairs + pair, at: time, filter: "bench/\(pair)", requested: 1, granted: 1)
        }
        writer.mark(at: time, .allSubscribed, text: "")
        let before = writer.eventCount
        let begin = MonotonicClock.now
        for index in 0..<deliveries {
            let pair = UInt32(index) % Self.pairs
            let sequence = UInt64(index) / UInt64(Self.pairs) + 1
            time += 1_000
            let stamp = VectorTimestamp([.init(process: pair, count: sequence)])
            writer.published(
                process: pair, at: time, topic: topics[Int(pair)], qos: 1, retain: false, sequence: sequence, attempt: 1,
                intended: time - 100,
                stamp: stamp)
            writer.delivered(
                process: Self.pairs + pair, at: time + 300, publisher: pair, sequence: sequence, attempt: 1, topic: topics[Int(pair)],
                qos: 1,
                retain: false, dup: false, packetID: UInt16(truncatingIfNeeded: sequence) | 1)
            writer.completed(process: pair, at: time + 400, sequence: sequence, attempt: 1, outcome: .acked, reason: 0)
            // The benchmark writes faster than any reactor; waiting for the disk is not what is measured, but nothing may be lost either.
            if index % 20_000 == 19_999 { writer.flush() }
        }
        let elapsed = MonotonicClock.now - begin
        let events = writer.eventCount - before
        writer.mark(at: time + 1_000, .publishingEnded, text: "")
        writer.mark(at: time + 2_000, .quiescent, text: "")
        try await writer.close()
        return (Double(elapsed) / Double(events), writer.byteCount, events)
    }
}
