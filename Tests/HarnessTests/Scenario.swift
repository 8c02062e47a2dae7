import Foundation
import Harness
import Measurement
import Trace
import Verification
import Workload

/// A run of a profile in a directory of its own, which is gone afterwards.
struct Scenario {
    var yaml: String
    var reactors = 1
    var interrupts = AsyncStream<Void> { $0.finish() }
    var progress: @Sendable (ProgressSample) -> Void = { _ in }

    init(_ yaml: String, reactors: Int = 1) {
        self.yaml = yaml
        self.reactors = reactors
    }

    /// Runs the profile and hands over what came out while its files are still there.
    func run<Value>(_ body: (RunOutcome) async throws -> Value) async throws -> Value {
        try await withTemporaryDirectory { directory in
            let profile = try Profile.parse(yaml: yaml, file: "scenario.yaml")
            let run = LoadRun(profile: profile, output: directory, reactors: reactors, interrupts: interrupts, progress: progress)
            return try await body(try await run.execute())
        }
    }

    func run() async throws -> RunOutcome { try await run { $0 } }

    /// Tells whenever a second is over in which the run received messages.
    mutating func receiving() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        progress = { sample in if sample.receivedPerSecond > 0 { continuation.yield() } }
        return stream
    }

    /// Interrupts the run once messages were received.
    mutating func interruptOnceItReceives() { interrupts = receiving() }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

extension RunOutcome {
    /// Every publish of its traces.
    func publishes() throws -> [TraceEvent.Published] {
        var publishes: [TraceEvent.Published] = []
        for path in try RunDirectory(existing: directory).traces {
            try TraceFile(path: path).forEach { event, _ in if case .published(let publish) = event { publishes.append(publish) } }
        }
        return publishes
    }

    /// The classes of violation, with their counts.
    var classes: [String: Int] { Dictionary(uniqueKeysWithValues: check.anomalies.map { ($0.class, $0.count) }) }
}
