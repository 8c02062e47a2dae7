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
        subcommands: [BenchTrace.self, BenchCheck.self, BenchShop.self, BenchCustomers.self, BenchHTTP.self, BenchLimit.self])
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
