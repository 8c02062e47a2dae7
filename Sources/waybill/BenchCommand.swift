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
        abstract: "Measure Waybill itself.", shouldDisplay: false,
        subcommands: [BenchLoad.self, BenchTrace.self, BenchCheck.self, BenchShop.self, BenchHTTP.self])
}

/// Generator CPU against broker CPU, per QoS.
struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "CPU of the generator ÷ CPU of an embedded mosquitto while 10 publishers saturate 10 subscribers, per QoS.")

    @Option(help: "Seconds of each measurement.")
    var seconds = 5

    func run() async throws {
        StandardStream.output.write("QoS   delivered/s   generator CPU s   broker CPU s   generator ÷ broker   verdict\n")
        for qos in 0...2 {
            let profile = try Profile.parse(yaml: yaml(qos: qos), file: "bench")
            let output = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
            defer { try? FileManager.default.removeItem(atPath: output) }
            let outcome = try await LoadRun(profile: profile, output: output).execute()
            let broker = outcome.broker.cpuSeconds ?? .nan
            StandardStream.output.write(
                String(
                    format: "%3d %13.0f %17.2f %14.2f %20.2f   %@\n", qos, outcome.deliveredPerSecond, outcome.generator.cpuSeconds, broker,
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

/// Deliveries checked per second against merely decoding them.
struct BenchCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Deliveries checked per second of wall and of CPU time; CPU time of the check ÷ CPU time of decoding the same files once; memory."
    )

    @Option(help: "Deliveries in the trace.")
    var deliveries = 5_000_000

    @Option(help: "Who sends to whom: pairs, fan-out, chain; all three where none is named.")
    var shape: SyntheticTrace.Shape?

    func run() async throws {
        StandardStream.output.write(
            "shape      deliveries      events   million/s   million/CPU s   CPU check ÷ decode   bytes/delivery   peak MiB   verdict\n")
        for shape in shape.map({ [$0] }) ?? SyntheticTrace.Shape.allCases { try await measure(shape) }
    }

    private func measure(_ shape: SyntheticTrace.Shape) async throws {
        let trace = try SyntheticTrace(shape, deliveries: deliveries)
        defer { trace.remove() }
        try await trace.write()
        let before = ProcessUsage.peakMemoryBytes() ?? 0
        let files = try trace.paths.map { path throws(TraceError) in try TraceFile(path: path) }
        var events = 0
        let start = ProcessUsage.cpuSeconds()
        for file in files { file.forEach { _, _ in events += 1 } }
        let decoded = ProcessUsage.cpuSeconds()
        var verdict = Verdict.inconclusive
        let checking = try ContinuousClock().measure { verdict = try Checker.check(files).verdict } / .seconds(1)
        let used = ProcessUsage.cpuSeconds() - decoded
        let peak = ProcessUsage.peakMemoryBytes() ?? 0
        let million = Double(trace.deliveries) / 1e6
        StandardStream.output.write(
            String(
                format: "%-8@ %12d %11d %11.2f %15.2f %20.2f %16.1f %10.0f   %@\n", shape.rawValue as NSString, trace.deliveries, events,
                million / checking, million / used, used / (decoded - start), Double(max(0, peak - before)) / Double(trace.deliveries),
                Double(peak) / 1_048_576, verdict.rawValue))
    }
}
