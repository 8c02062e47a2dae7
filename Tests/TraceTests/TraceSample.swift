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
        recordLanes(round, process, at, writer, topic, &expected)
        writer.mark(at: at + 9, .note, text: "round \(round)")
        expected.append("mark \(at + 9) note round \(round)")
        recordServices(round, process, at, writer, &expected)
    }

    /// What follows lanes: the same kinds of events again, each with the next number.
    private static func recordLanes(
        _ round: UInt64, _ process: UInt32, _ at: UInt64, _ writer: TraceWriter, _ topic: UInt32, _ expected: inout [String]
    ) {
        let name = "topic/\(round % 5)"
        for number in round + 1...round + 3 {
            let stamp = VectorTimestamp([.init(process: process + 1, count: number)])
            writer.published(
                process: process + 1, at: at + 9, topic: topic, qos: 1, retain: false, sequence: number, attempt: 1, intended: at,
                stamp: stamp)
            expected.append("published \(process + 1) \(at + 9) \(name) 1 false \(number) 1 \(at) \(stamp)")
            writer.delivered(
                process: process, at: at + 9, publisher: process + 1, sequence: number, attempt: 1, topic: topic, qos: 1, retain: false,
                dup: false, packetID: UInt16(number))
            expected.append("delivered \(process) \(at + 9) \(process + 1) \(number) 1 \(name) 1 false Optional(false) \(number)")
            writer.acknowledged(process: process, at: at + 9, packetID: UInt16(number))
            expected.append("acknowledged \(process) \(at + 9) \(number)")
        }
        for number in round + 1...round + 3 {
            writer.completed(process: process + 1, at: at + number, sequence: number, attempt: 1, outcome: .acked, reason: 0)
            expected.append("completed \(process + 1) \(at + number) \(number) 1 acked 0")
        }
    }

    private static func recordServices(_ round: UInt64, _ process: UInt32, _ at: UInt64, _ writer: TraceWriter, _ expected: inout [String])
    {
        let amount = Int64(bitPattern: round &* 0x9E37_79B9_7F4A_7C15)
        writer.lockCreated(process: process, at: at + 10, lock: "stock/büro", initial: amount)
        expected.append("lock \(process) \(at + 10) stock/büro \(amount)")
        writer.acquired(process: process, at: at + 11, lock: "stock/büro", token: .max - round, read: .min, delta: amount, invoked: at - 9)
        expected.append("acquired \(process) \(at + 11) stock/büro \(UInt64.max - round) \(Int64.min) \(amount) \(at - 9)")
        writer.released(process: process, at: at + 12, lock: "stock/büro", token: round, written: .max, invoked: at + 12)
        expected.append("released \(process) \(at + 12) stock/büro \(round) \(Int64.max) \(at + 12)")
        writer.counted(process: process, at: at + 13, counter: "acked", value: -amount)
        expected.append("counted \(process) \(at + 13) acked \(-amount)")
        writer.acknowledged(process: process, at: at + 14, packetID: .max)
        expected.append("acknowledged \(process) \(at + 14) 65535")
        writer.processed(process: process, at: at + 15, publisher: .max, sequence: round, attempt: 3, timedOut: round % 2 == 0)
        expected.append("processed \(process) \(at + 15) \(UInt32.max) \(round) 3 \(round % 2 == 0)")
        writer.will(
            process: process, at: at + 16, topic: writer.topic("topic/\(round % 5)"), qos: 2, retain: true, sequence: .max, attempt: 1)
        expected.append("will \(process) \(at + 16) topic/\(round % 5) 2 true \(UInt64.max) 1")
        writer.entered(process: process, at: at + 17, machine: "order", entity: "order-\(round)", state: "packed")
        expected.append("entered \(process) \(at + 17) order order-\(round) packed")
        writer.moved(
            process: process, at: at + 18, quantity: "stock", account: "item", from: "", to: "on_hand", amount: .max, entity: "o")
        expected.append("moved \(process) \(at + 18) stock|item||on_hand|o \(UInt64.max)")
    }

    static let eventsPerRound = 37

    /// What the reader says of each event, stamps as they were written only where they are whole.
    static func read(_ file: TraceFile) -> (lines: [String], damages: [TraceDamage]) {
        var lines: [String] = []
        let damages = file.forEach { event, _ in lines.append(line(event, file)) }
        return (lines, damages)
    }

    static func line(_ event: TraceEvent, _ file: TraceFile) -> String {
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
        default: return serviceLine(event, file)
        }
    }

    private static func serviceLine(_ event: TraceEvent, _ file: TraceFile) -> String {
        switch event {
        case .lockCreated(let event): return "lock \(event.process) \(event.at) \(file.text(event.lock)) \(event.initial)"
        case .acquired(let event):
            return
                "acquired \(event.process) \(event.at) \(file.text(event.lock)) \(event.token) \(event.read) \(event.delta) \(event.invoked)"
        case .released(let event):
            return "released \(event.process) \(event.at) \(file.text(event.lock)) \(event.token) \(event.written) \(event.invoked)"
        case .counted(let event): return "counted \(event.process) \(event.at) \(file.text(event.counter)) \(event.value)"
        case .acknowledged(let event): return "acknowledged \(event.process) \(event.at) \(event.packetID)"
        case .processed(let event):
            return "processed \(event.process) \(event.at) \(event.publisher) \(event.sequence) \(event.attempt) \(event.timedOut)"
        case .will(let event):
            return
                "will \(event.process) \(event.at) \(event.topic < file.topics.count ? file.topics[Int(event.topic)] ?? "?" : "?") \(event.qos) \(event.retain) \(event.sequence) "
                + "\(event.attempt)"
        case .entered(let event):
            return "entered \(event.process) \(event.at) \(file.text(event.machine)) \(file.text(event.entity)) \(file.text(event.state))"
        case .moved(let event):
            let texts = [event.quantity, event.account, event.from, event.to, event.entity].map { file.text($0) }
            return "moved \(event.process) \(event.at) \(texts.joined(separator: "|")) \(event.amount)"
        default: return "?"
        }
    }
}
