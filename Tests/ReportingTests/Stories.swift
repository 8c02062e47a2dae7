import Causality
import Foundation
import Testing
import Trace
import Verification

@testable import Reporting

/// Small traces with one violation each, as real files.
struct Story: Sendable {
    var name: String
    var expectations = Expectations()
    /// Which class is told; the checker finds it, unless `witness` says it.
    var `class`: String
    /// Writes the events; one writer a host.
    var write: @Sendable ([TraceWriter]) -> Void
    var hosts = 1
    /// What a judge would say, where the story does not ask the checker: which events by their kinds and places in the file, in order.
    var witness: (@Sendable (_ events: [(event: ExportedEvent, file: TraceFile)]) -> Witness)?

    /// Writes the trace, has it judged, and reads the evidence of the first witness of the class.
    func evidence() async throws -> Evidence {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var paths: [String] = []
        for host in 0..<hosts {
            let place = directory.appending(path: "host-\(host)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            paths.append(place.appending(path: "clients.trace").path)
        }
        let writers = try paths.enumerated().map { try TraceWriter(path: $1, run: 5, writer: UInt32($0), name: "host-\($0)") }
        write(writers)
        for writer in writers { try await writer.close() }
        let files = try paths.map { try TraceFile(path: $0) }
        let anomaly: Anomaly
        if let witness {
            var events: [(ExportedEvent, TraceFile)] = []
            for file in files { file.forEach { event, offset in events.append((ExportedEvent(event, at: offset, of: file), file)) } }
            anomaly = Anomaly(class: self.class, count: 1, witnesses: [witness(events)])
        } else {
            let report = try Checker.check(files, expectations: expectations)
            anomaly = try #require(report.anomalies.first { $0.class == self.class }, "\(report.anomalies.map(\.class))")
        }
        return try #require(EvidenceReader(files).read([anomaly]).first)
    }

    static func event(_ what: String, _ found: (event: ExportedEvent, file: TraceFile)) -> Witness.Event {
        .init(what: what, time: found.event.time, file: found.file.name, offset: found.event.offset)
    }
}

extension TraceWriter {
    fileprivate func clients(_ names: String...) {
        for (number, name) in names.enumerated() { define(process: UInt32(number + 1), name: name, group: "clients") }
    }

    fileprivate func connect(_ process: UInt32, at: UInt64, subscribe filter: String? = nil) {
        connected(process: process, at: at, sessionPresent: false, clean: true)
        if let filter { subscribed(process: process, at: at + 10, filter: filter, requested: 1, granted: 1) }
    }

    func publish(
        _ process: UInt32, _ sequence: UInt64, _ topic: String, at: UInt64, stamp: [UInt32: UInt64], ackedAfter: UInt64 = 900,
        qos: UInt8 = 1
    ) {
        published(
            process: process, at: at, topic: self.topic(topic), qos: qos, retain: false, sequence: sequence, attempt: 1, intended: at,
            stamp: VectorTimestamp(stamp.map { .init(process: $0, count: $1) }))
        completed(process: process, at: at + ackedAfter, sequence: sequence, attempt: 1, outcome: .acked, reason: 0)
    }

    func deliver(_ process: UInt32, _ publisher: UInt32, _ sequence: UInt64, _ topic: String, at: UInt64, dup: Bool? = nil) {
        delivered(
            process: process, at: at, publisher: publisher, sequence: sequence, attempt: 1, topic: self.topic(topic), qos: 1,
            retain: false, dup: dup, packetID: UInt16(truncatingIfNeeded: sequence))
    }
}

enum Stories {
    static let lost = Story(name: "lost", class: "lost") { writers in
        let trace = writers[0]
        trace.clients("orders-0", "stalled-0")
        trace.connect(1, at: 1_000)
        trace.connect(2, at: 2_000, subscribe: "orders/#")
        for number in 1...3 as ClosedRange<UInt64> {
            trace.publish(1, number, "orders/0", at: 10_000 * number, stamp: [1: number])
            if number != 2 { trace.deliver(2, 1, number, "orders/0", at: 10_000 * number + 1_250) }
        }
        trace.mark(at: 90_000, .quiescent, text: "")
    }

    static let reorder = Story(name: "reorder", class: "reorder") { writers in
        let trace = writers[0]
        trace.clients("publisher", "subscriber")
        trace.connect(1, at: 1_000)
        trace.connect(2, at: 2_000, subscribe: "a")
        trace.publish(1, 1, "a", at: 10_000, stamp: [1: 1])
        trace.publish(1, 2, "a", at: 2_000_000, stamp: [1: 2])
        trace.deliver(2, 1, 2, "a", at: 3_000_000)
        trace.deliver(2, 1, 1, "a", at: 14_000_000)
        trace.mark(at: 90_000_000, .quiescent, text: "")
    }

    /// A message of one process, its effect at another, and a third that sees the effect first.
    static let causal = Story(
        name: "causal", expectations: .init(causalOrder: .wire), class: "causal-inversion"
    ) { writers in
        let trace = writers[0]
        trace.clients("shop", "stock", "customer")
        trace.connect(1, at: 1_000)
        trace.connect(2, at: 2_000, subscribe: "orders/#")
        trace.connect(3, at: 3_000, subscribe: "#")
        trace.publish(1, 1, "orders/7", at: 10_000_000, stamp: [1: 1])
        trace.deliver(2, 1, 1, "orders/7", at: 10_800_000)
        trace.publish(2, 1, "reserved/7", at: 11_000_000, stamp: [1: 1, 2: 1])
        trace.deliver(3, 2, 1, "reserved/7", at: 11_900_000)
        trace.deliver(3, 1, 1, "orders/7", at: 45_000_000, dup: false)
        trace.mark(at: 90_000_000, .quiescent, text: "")
    }

    static let lock = Story(name: "lock", class: "lock-overlap") { writers in
        let trace = writers[0]
        trace.clients("till-0", "till-1")
        trace.lockCreated(process: 1, at: 1_000, lock: "till", initial: 100)
        trace.acquired(process: 1, at: 10_000, lock: "till", token: 1, read: 100, delta: 5, invoked: 9_000)
        trace.acquired(process: 2, at: 14_000, lock: "till", token: 2, read: 100, delta: -3, invoked: 9_500)
        trace.released(process: 1, at: 17_000, lock: "till", token: 1, written: 105, invoked: 16_000)
        trace.released(process: 2, at: 21_000, lock: "till", token: 2, written: 97, invoked: 20_000)
        trace.mark(at: 90_000, .quiescent, text: "")
    }

    /// A judge of workflows would say this of an order that was shipped twice.
    static let workflow = Story(
        name: "workflow", class: "double-effect"
    ) { writers in
        let trace = writers[0]
        trace.clients("stock-service", "parcel-service")
        trace.entered(process: 1, at: 1_000_000, machine: "order", entity: "o-17", state: "packed")
        trace.publish(1, 1, "packed/17", at: 1_100_000, stamp: [1: 1])
        trace.deliver(2, 1, 1, "packed/17", at: 1_900_000)
        trace.moved(
            process: 2, at: 2_000_000, quantity: "stock", account: "item-3", from: "reserved", to: "shipped", amount: 2, entity: "o-17")
        trace.deliver(2, 1, 1, "packed/17", at: 9_900_000, dup: true)
        trace.moved(
            process: 2, at: 10_000_000, quantity: "stock", account: "item-3", from: "reserved", to: "shipped", amount: 2, entity: "o-17")
    } witness: { events in
        Witness(
            sentence: "Order o-17 took 2 of item-3 out of stock twice at parcel-service.", topic: "packed/17", subscriber: "parcel-service",
            events: [
                Story.event("packed", events[0]), Story.event("delivered", events[3]), Story.event("took", events[4]),
                Story.event("delivered again", events[5]), Story.event("took again", events[6]),
            ])
    }

    /// Clocks that disagree, names and topics that XML and the paper could not take as they are, and a stamp without end.
    static let ugly = Story(
        name: "ugly", class: "lost",
        write: { writers in
            for writer in writers {
                writer.define(process: 1, name: "a publisher with a <name> that goes on & on, over the edge", group: "g")
                writer.define(process: 2, name: "приёмник \"二\"", group: "g")
                for other in 3...60 as ClosedRange<UInt32> { writer.define(process: other, name: "relay-\(other)", group: "g") }
            }
            var stamp: [UInt32: UInt64] = [:]
            for process in 3...60 as ClosedRange<UInt32> { stamp[process] = UInt64(process) * 1_000_003 }
            writers[0].publish(1, 1, "a/\u{7}<b>&'c'/\"d\"", at: 9_000_000_000_000, stamp: stamp.merging([1: 1]) { $1 })
            writers[0].publish(
                1, 2, "a/" + String(repeating: "long/", count: 30), at: 9_000_000_400_000, stamp: stamp.merging([1: 2]) { $1 })
            writers[1].deliver(2, 1, 2, "a/" + String(repeating: "long/", count: 30), at: 70_000)
            // One that publishes to itself.
            writers[1].publish(2, 1, "self", at: 80_000, stamp: [2: 1])
            writers[1].deliver(2, 2, 1, "self", at: 95_000)
        }, hosts: 2,
        witness: { events in
            Witness(
                sentence: "A <message> & its \"topic\" never reached приёмник \"二\", although 'another' did.", publisher: "p", sequence: 1,
                topic: "t", subscriber: "приёмник \"二\"",
                events: [
                    Story.event("published", events[0]), Story.event("acked", events[1]), Story.event("delivered", events[4]),
                    Story.event("delivered", events[7]),
                ])
        })

    static let all = [lost, reorder, causal, lock, workflow, ugly]
}
