import Causality
import Foundation
import Testing
import Trace

@testable import Verification

/// What happens to locks and counters, as tests write it.
struct LockStep: Sendable {
    enum Action: Sendable {
        case new(lock: String, initial: Int64)
        case acquire(lock: String, token: UInt64, read: Int64, delta: Int64, invoked: UInt64)
        case release(lock: String, token: UInt64, written: Int64, invoked: UInt64)
        case count(counter: String, value: Int64)
        case publish(sequence: UInt64)
        case complete(sequence: UInt64, outcome: PublishOutcome)
        case receive(sequence: UInt64)
        case process(sequence: UInt64)
        case join
        case note
    }

    var process: String
    var action: Action
    var at: UInt64
}

/// A history of locks in one line: steps between semicolons, each a process and what it does, ten nanoseconds apart.
///
/// `a new x 0` makes the lock x with 0 in it; `a in x 1 0 +1` acquires it with the token 1, reads 0 and means to add 1 (`since 20`: had asked for it at 20);
/// `a out x 1 1` releases it and has written 1; `a count x 1`; `a pub 1`, `a ack 1`, `a refuse 1`, `b recv 1` and `b process 1` (message 1 of the first process); `b join` subscribes to all; `a note` writes an event of no meaning.
/// A process whose name ends in `2` lives on another clock. `at 500` sets the time. A quiet end is added.
struct LockHistory {
    private(set) var steps: [LockStep] = []

    init(steps: [LockStep]) {
        self.steps = steps
    }

    init(_ line: String) {
        var time: UInt64 = 0
        for statement in line.split(separator: ";") where statement.contains(where: { $0 != " " }) {
            let words = statement.split(separator: " ").map(String.init)
            if words[0] == "at" {
                time = UInt64(words[1])! - 10
                continue
            }
            time += 10
            steps.append(LockStep(process: words[0], action: Self.action(words, time), at: time))
        }
    }

    private static func action(_ words: [String], _ time: UInt64) -> LockStep.Action {
        func number<Number: FixedWidthInteger>(_ place: Int) -> Number { Number(words[place])! }
        switch words[1] {
        case "new": return .new(lock: words[2], initial: number(3))
        case "in":
            let invoked = words.firstIndex(of: "since").map { UInt64(words[$0 + 1])! } ?? time
            return .acquire(lock: words[2], token: number(3), read: number(4), delta: number(5), invoked: invoked)
        case "out":
            let invoked = words.firstIndex(of: "since").map { UInt64(words[$0 + 1])! } ?? time
            return .release(lock: words[2], token: number(3), written: number(4), invoked: invoked)
        case "count": return .count(counter: words[2], value: number(3))
        case "pub": return .publish(sequence: number(2))
        case "ack": return .complete(sequence: number(2), outcome: .acked)
        case "refuse": return .complete(sequence: number(2), outcome: .refused)
        case "recv": return .receive(sequence: number(2))
        case "join": return .join
        case "process": return .process(sequence: number(2))
        default: return .note
        }
    }

    /// The processes in the order in which they appear, with their ids from 1.
    var processes: [String] {
        var names: [String] = []
        for step in steps where !names.contains(step.process) { names.append(step.process) }
        return names
    }

    /// Writes the history as real trace files and checks these: each clock has files of its own.
    /// - Parameter damaged: whether the last chunk of each file is cut off behind what the history says.
    func check(files count: Int = 1, damaged: Bool = false, mutant: Mutant? = nil) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let names = processes
        var writers: [String: TraceWriter] = [:]
        func path(_ process: String) -> String {
            let number = names.firstIndex(of: process) ?? 0
            return directory.path + "/\(process.hasSuffix("2") ? "other" : "own")-\(number % count).trace"
        }
        for (number, name) in names.enumerated() where writers[path(name)] == nil {
            writers[path(name)] = try TraceWriter(path: path(name), run: 42, writer: UInt32(number), name: "writer-\(number)")
        }
        if writers.isEmpty {
            writers[directory.path + "/own-0.trace"] = try TraceWriter(path: directory.path + "/own-0.trace", run: 42, writer: 0, name: "w")
        }
        for (number, name) in names.enumerated() { writers[path(name)]?.define(process: UInt32(number) + 1, name: name, group: "services") }
        for step in steps {
            if let writer = writers[path(step.process)] { Self.write(step, UInt32(names.firstIndex(of: step.process) ?? 0) + 1, writer) }
        }
        for writer in writers.values {
            writer.mark(at: (steps.map(\.at).max() ?? 0) + 10, .quiescent, text: "")
            if damaged {
                writer.flush()
                writer.mark(at: 1_000_000, .note, text: "is cut off")
            }
            try await writer.close()
        }
        for path in writers.keys {
            if damaged { try TraceSurgery.cutEnd(of: path) }
            if path.contains("/other-") { try OtherClock.give(to: path) }
        }
        return try Checker.check(writers.keys.sorted().map { try TraceFile(path: $0) }, expectations: .init(), mutant: mutant, shards: 1)
    }

    private static func write(_ step: LockStep, _ id: UInt32, _ writer: TraceWriter) {
        switch step.action {
        case .new(let lock, let initial): writer.lockCreated(process: id, at: step.at, lock: lock, initial: initial)
        case .acquire(let lock, let token, let read, let delta, let invoked):
            writer.acquired(process: id, at: step.at, lock: lock, token: token, read: read, delta: delta, invoked: invoked)
        case .release(let lock, let token, let written, let invoked):
            writer.released(process: id, at: step.at, lock: lock, token: token, written: written, invoked: invoked)
        case .count(let counter, let value): writer.counted(process: id, at: step.at, counter: counter, value: value)
        case .publish(let sequence):
            writer.published(
                process: id, at: step.at, topic: writer.topic("t"), qos: 0, retain: true, sequence: sequence, attempt: 1,
                intended: step.at, stamp: .init([.init(process: id, count: sequence)]))
        case .complete(let sequence, let outcome):
            writer.completed(process: id, at: step.at, sequence: sequence, attempt: 1, outcome: outcome, reason: 0)
        case .receive(let sequence):
            writer.delivered(
                process: id, at: step.at, publisher: 1, sequence: sequence, attempt: 1, topic: writer.topic("t"), qos: 0, retain: true,
                dup: nil, packetID: 0)
        case .process(let sequence):
            writer.processed(process: id, at: step.at, publisher: 1, sequence: sequence, attempt: 1, timedOut: false)
        case .join:
            writer.connected(process: id, at: step.at, sessionPresent: false, clean: true)
            writer.subscribed(process: id, at: step.at, filter: "#", requested: 0, granted: 0, options: .retainAsPublished)
        case .note: writer.mark(at: step.at, .note, text: "")
        }
    }
}

/// Changes trace files as accidents and other machines do.
enum TraceSurgery {
    /// Cuts the last chunk of events and the end chunk off, as a crash does.
    static func cutEnd(of path: String) throws {
        guard let last = try TraceFile(path: path).chunks.last else { return }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(last.offset).write(to: URL(fileURLWithPath: path))
    }
}
