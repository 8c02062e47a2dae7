import Causality
import Foundation
import Testing
import Trace

/// A random run in several files, in the order in which it really happened, written with clocks that disagree.
struct RandomRun {
    /// One thing that happened, and what a reader of the files must find.
    struct Step {
        var process: UInt32
        var publishes: UInt64?
        /// The publisher and number of what is delivered.
        var delivers: (publisher: UInt32, sequence: UInt64)?
    }

    private(set) var steps: [Step] = []
    let processes: UInt32
    let files: Int
    private var skews: [UInt64] = []
    private var gaps: [UInt64] = []

    init(seed: UInt64) {
        var random = SplitMix(state: seed)
        processes = UInt32.random(in: 1...6, using: &random)
        files = Int.random(in: 1...3, using: &random)
        var next: [UInt32: UInt64] = [:]
        var sent: [(UInt32, UInt64)] = []
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let process = UInt32.random(in: 1...processes, using: &random)
            if !sent.isEmpty, Bool.random(using: &random) {
                steps.append(Step(process: process, delivers: sent.randomElement(using: &random)))
            } else {
                next[process, default: 0] += 1
                steps.append(Step(process: process, publishes: next[process]))
                sent.append((process, next[process] ?? 0))
            }
        }
        skews = (0..<files).map { _ in UInt64.random(in: 0...4, using: &random) * 3_000 }
        gaps = steps.map { _ in UInt64.random(in: 0...2, using: &random) * 1_000 }
    }

    /// The file of a process.
    func file(_ process: UInt32) -> Int { Int(process) % files }

    /// The steps whose causes a step has, itself included, by plain reachability.
    func past(of step: Int) -> Set<Int> {
        var past: Set<Int> = [step]
        var open = [step]
        while let next = open.popLast() {
            let direct = (0..<next).filter { other in
                steps[other].process == steps[next].process
                    || steps[next].delivers.map { $0.publisher == steps[other].process && $0.sequence == steps[other].publishes } ?? false
            }
            for other in direct where past.insert(other).inserted { open.append(other) }
        }
        return past
    }

    /// When a step happened by its file's clock.
    func time(_ step: Int) -> UInt64 { 1_000_000 + gaps[...step].reduce(0, +) - skews[file(steps[step].process)] }

    func write(to directory: URL) async throws -> [TraceFile] {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let paths = (0..<files).map { directory.appending(path: "\($0).trace").path }
        let writers = try paths.enumerated().map { try TraceWriter(path: $1, run: 9, writer: UInt32($0), name: "w") }
        for process in 1...processes { writers[file(process)].define(process: process, name: "p \(process)", group: "g\(process % 2)") }
        for (index, step) in steps.enumerated() {
            let writer = writers[file(step.process)]
            if let sequence = step.publishes {
                writer.published(
                    process: step.process, at: time(index), topic: writer.topic("t"), qos: 1, retain: false, sequence: sequence, attempt: 1,
                    intended: time(index), stamp: VectorTimestamp([.init(process: step.process, count: sequence)]))
            } else if let (publisher, sequence) = step.delivers {
                writer.delivered(
                    process: step.process, at: time(index), publisher: publisher, sequence: sequence, attempt: 1, topic: writer.topic("t"),
                    qos: 1, retain: false, dup: nil, packetID: 1)
            }
        }
        for writer in writers { try await writer.close() }
        return try paths.map { try TraceFile(path: $0) }
    }

    /// The seeds of a test: that of WAYBILL_SEED alone, or so many.
    static func seeds(_ count: Int) -> [UInt64] {
        if let one = ProcessInfo.processInfo.environment["WAYBILL_SEED"].flatMap(UInt64.init) { return [one] }
        return (1...UInt64(count)).map { $0 }
    }
}

/// SplitMix64, so that a seed gives the same run everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory)
}
