internal import ArgumentParser
internal import Causality
internal import Foundation
internal import Reactor
internal import Trace

/// The traces of a run that went well, in two files as two reactors write them: what the benchmarks measure with.
struct SyntheticTrace {
    /// Who sends to whom.
    enum Shape: String, CaseIterable, ExpressibleByArgument {
        /// 100 publishers with one subscriber each.
        case pairs
        /// 50 publishers with 20 subscribers each.
        case fanOut = "fan-out"
        /// 25 sources, a relay behind each, and 10 subscribers that receive both: every relayed message carries the source's count.
        case chain
    }

    let shape: Shape
    let paths: [String]
    /// How many deliveries there will be: the wished number, rounded up to whole messages.
    let deliveries: Int
    private let messages: Int

    private var lanes: Int { shape == .pairs ? 100 : shape == .fanOut ? 50 : 25 }
    private var subscribers: Int { shape == .pairs ? 1 : shape == .fanOut ? 20 : 10 }

    init(_ shape: Shape, deliveries: Int) throws {
        guard deliveries > 0 else { throw ValidationError("--deliveries must be at least 1.") }
        self.shape = shape
        let base = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
        paths = ["\(base)-0.trace", "\(base)-1.trace"]
        let each = shape == .pairs ? 1 : shape == .fanOut ? 20 : 21
        messages = (deliveries + each - 1) / each
        self.deliveries = messages * each
    }

    func remove() {
        for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Writes the files.
    func write() async throws {
        let writers = try paths.enumerated().map { try TraceWriter(path: $1, run: 1, writer: UInt32($0), name: "bench-\($0)") }
        var time = MonotonicClock.now
        for lane in 0..<lanes { begin(lane, writers[lane % 2], at: time) }
        for index in 0..<messages {
            let lane = index % lanes
            time += 1_000
            send(UInt64(index / lanes + 1), lane, writers[lane % 2], at: time)
            // The benchmark writes faster than any reactor, and nothing may be lost.
            if index % 2_000 == 1_999 { for writer in writers { try writer.writeThrough() } }
        }
        for writer in writers {
            writer.mark(at: time + 2_000, .quiescent, text: "")
            try await writer.close()
        }
    }

    private func source(_ lane: Int) -> UInt32 { UInt32(lane) }
    private func relay(_ lane: Int) -> UInt32 { UInt32(lanes + lane) }
    private func subscriber(_ number: Int, _ lane: Int) -> UInt32 { UInt32(2 * lanes + lane * subscribers + number) }

    private func begin(_ lane: Int, _ writer: TraceWriter, at: UInt64) {
        connect(source(lane), "source", writer, at)
        if shape == .chain {
            connect(relay(lane), "relay", writer, at)
            writer.subscribed(process: relay(lane), at: at, filter: "bench/source/\(lane)", requested: 1, granted: 1)
        }
        for number in 0..<subscribers {
            connect(subscriber(number, lane), "subscriber", writer, at)
            writer.subscribed(process: subscriber(number, lane), at: at, filter: "bench/+/\(lane)", requested: 1, granted: 1)
        }
    }

    private func connect(_ process: UInt32, _ group: String, _ writer: TraceWriter, _ at: UInt64) {
        writer.define(process: process, name: "\(group)-\(process)", group: group)
        writer.connected(process: process, at: at, sessionPresent: false, clean: true)
    }

    private func send(_ sequence: UInt64, _ lane: Int, _ writer: TraceWriter, at: UInt64) {
        let source = source(lane)
        let topic = writer.topic("bench/source/\(lane)")
        publish(source, sequence, topic, VectorTimestamp([.init(process: source, count: sequence)]), writer, at)
        for number in 0..<subscribers { deliver(source, sequence, topic, subscriber(number, lane), writer, at + 300) }
        guard shape == .chain else { return }
        deliver(source, sequence, topic, relay(lane), writer, at + 320)
        let relayed = writer.topic("bench/relayed/\(lane)")
        let stamp = VectorTimestamp([.init(process: source, count: sequence), .init(process: relay(lane), count: sequence)])
        publish(relay(lane), sequence, relayed, stamp, writer, at + 340)
        for number in 0..<subscribers { deliver(relay(lane), sequence, relayed, subscriber(number, lane), writer, at + 700) }
    }

    private func publish(
        _ process: UInt32, _ sequence: UInt64, _ topic: UInt32, _ stamp: VectorTimestamp, _ writer: TraceWriter, _ at: UInt64
    ) {
        writer.published(
            process: process, at: at, topic: topic, qos: 1, retain: false, sequence: sequence, attempt: 1, intended: at - 100, stamp: stamp)
        writer.completed(process: process, at: at + 200, sequence: sequence, attempt: 1, outcome: .acked, reason: 0)
    }

    private func deliver(_ publisher: UInt32, _ sequence: UInt64, _ topic: UInt32, _ process: UInt32, _ writer: TraceWriter, _ at: UInt64) {
        writer.delivered(
            process: process, at: at, publisher: publisher, sequence: sequence, attempt: 1, topic: topic, qos: 1, retain: false, dup: nil,
            packetID: UInt16(truncatingIfNeeded: sequence) | 1)
    }
}
