import Causality
import Foundation
import Trace

/// A directory that goes with its owner.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("waybill-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// One event of each kind, with great and small values, and what the reader must say of it.
enum TraceSample {
    /// Writes `rounds` times every kind of event, a chunk for each.
    static func write(to path: String, rounds: Int) async throws -> [String] {
        let writer = try TraceWriter(path: path, run: 99, writer: 7, name: "sample")
        var expected: [String] = []
        for round in 0..<rounds {
            record(UInt64(round), writer, &expected)
            writer.flush()
        }
        try await writer.close()
        return expected
    }

    static func record(_ round: UInt64, _ writer: TraceWriter, _ expected: inout [String]) {
        let process = UInt32(truncatingIfNeeded: round * 3) + 1
        let at = 5_000_000_000 + round * 1_000_000
        writer.define(process: process, name: "client-\(process)", group: "clients")
        writer.connected(process: process, at: at, sessionPresent: round % 2 == 0, clean: round % 3 == 0)
        expected.append("connected \(process) \(at) \(round % 2 == 0) \(round % 3 == 0)")
        // Times may step back within a batch.
        writer.connectionRefused(process: process, at: at - 700, reason: 0x87)
        expected.append("refused \(process) \(at - 700) 135")
        writer.disconnected(process: .max, at: at + 1, reason: 0x8E, byClient: true)
        expected.append("disconnected \(UInt32.max) \(at + 1) 142 true")
        writer.subscribed(process: process, at: at + 2, filter: "büro/+/#", requested: 2, granted: 1)
        expected.append("subscribed \(process) \(at + 2) büro/+/# 2 1")
        writer.unsubscribed(process: process, at: at + 3, filter: String(repeating: "x", count: 300))
        expected.append("unsubscribed \(process) \(at + 3) \(String(repeating: "x", count: 300))")
        let topic = writer.topic("topic/\(round % 5)")
        let stamp = VectorTimestamp([.init(process: 1, count: round + 1), .init(process: process, count: .max - round)])
        writer.published(
            process: process, at: at + 4, topic: topic, qos: UInt8(round % 3), retain: round % 2 == 1, sequence: .max - round,
            attempt: .max,
            intended: at - 12345, stamp: stamp)
        expected.append(
            "published \(process) \(at + 4) topic/\(round % 5) \(round % 3) \(round % 2 == 1) \(UInt64.max - round) \(UInt32.max) \(at - 12345) "
                + "\(stamp)")
        writer.resent(process: process, at: at + 5, sequence: round, attempt: 2)
        expected.append("resent \(process) \(at + 5) \(round) 2")
        for outcome in [PublishOutcome.acked, .refused, .unknown] {
            writer.completed(process: process, at: at + 6, sequence: round, attempt: 2, outcome: outcome, reason: outcome.rawValue)
            expected.append("completed \(process) \(at + 6) \(round) 2 \(outcome) \(outcome.rawValue)")
        }
        for dup in [nil, false, true] as [Bool?] {
            writer.delivered(
                process: process, at: at + 7, publisher: 3, sequence: round, attempt: 1, topic: topic, qos: UInt8(round % 3), retain: true,
                dup: dup, packetID: .max)
            expected.append(
                "delivered \(process) \(at + 7) 3 \(round) 1 topic/\(round % 5) \(round % 3) true \(String(describing: dup)) 65535")
        }
        for cause in [Unreadable.corrupt, .foreign] {
            writer.deliveredUnreadable(
                process: process, at: at + 8, topic: topic, qos: 1, retain: false, dup: true, packetID: 0, cause: cause)
            expected.append("unreadable \(process) \(at + 8) topic/\(round % 5) 1 false Optional(true) 0 \(cause)")
        }
        writer.mark(at: at + 9, .note, text: "round \(round)")
        expected.append("mark \(at + 9) note round \(round)")
    }

    static let eventsPerRound = 16

    /// What the reader says of each event, stamps as they were written only where they are whole.
    static func read(_ file: TraceFile) -> (lines: [String], damages: [TraceDamage]) {
        var lines: [String] = []
        let damages = file.forEach { event, _ in lines.append(line(event, file)) }
        return (lines, damages)
    }

    private static func line(_ event: TraceEvent, _ file: TraceFile) -> String {
        func topic(_ id: UInt32) -> String { id < file.topics.count ? file.topics[Int(id)] ?? "?" : "?" }
        switch event {
        case .connected(let event): return "connected \(event.process) \(event.at) \(event.sessionPresent) \(event.clean)"
        case .connectionRefused(let event): return "refused \(event.process) \(event.at) \(event.reason)"
        case .disconnected(let event): return "disconnected \(event.process) \(event.at) \(event.reason) \(event.byClient)"
        case .subscribed(let event):
            return "subscribed \(event.process) \(event.at) \(file.text(event.filter)) \(event.requested) \(event.granted)"
        case .unsubscribed(let event): return "unsubscribed \(event.process) \(event.at) \(file.text(event.filter))"
        case .published(let event):
            var entries: [VectorTimestamp.Entry] = []
            file.forEachEntry(of: event.stamp) { entries.append(.init(process: $0, count: $1)) }
            return
                "published \(event.process) \(event.at) \(topic(event.topic)) \(event.qos) \(event.retain) \(event.sequence) \(event.attempt) "
                + "\(event.intended) \(VectorTimestamp(entries))"
        case .resent(let event): return "resent \(event.process) \(event.at) \(event.sequence) \(event.attempt)"
        case .completed(let event):
            return "completed \(event.process) \(event.at) \(event.sequence) \(event.attempt) \(event.outcome) \(event.reason)"
        case .delivered(let event):
            return "delivered \(event.process) \(event.at) \(event.publisher) \(event.sequence) \(event.attempt) \(topic(event.topic)) "
                + "\(event.qos) \(event.retain) \(String(describing: event.dup)) \(event.packetID)"
        case .deliveredUnreadable(let event):
            return "unreadable \(event.process) \(event.at) \(topic(event.topic)) \(event.qos) \(event.retain) "
                + "\(String(describing: event.dup)) \(event.packetID) \(event.cause)"
        case .mark(let event): return "mark \(event.at) \(event.kind) \(file.text(event.text))"
        }
    }
}
