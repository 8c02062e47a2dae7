import Causality
import Foundation
import Testing
import Trace
import Verification

/// Processes with traced inboxes on a network that lets streams overtake each other, and what the checker says of their traces.
/// `WAYBILL_SEED` runs one seed alone.
@Suite struct JudgedInboxTests {
    @Test func theCheckerFindsNothingBehindAnInbox() async throws {
        let only = ProcessInfo.processInfo.environment["WAYBILL_SEED"].flatMap(UInt64.init)
        var inversions = 0
        var timeouts = 0
        for seed in only.map({ $0...$0 }) ?? 1...300 {
            let (report, counts) = try await run(seed: seed, hasInboxes: true)
            let causality = report.causality
            #expect(report.verdict == .pass, "WAYBILL_SEED=\(seed): \(report.anomalies), \(report.doubts)")
            #expect(causality.processed?.inversions == 0 && causality.wrongStamps == 0, "WAYBILL_SEED=\(seed): \(causality)")
            #expect(causality.processed?.timeouts == counts, "WAYBILL_SEED=\(seed): \(causality)")
            inversions += causality.wire.inversions
            timeouts += counts
        }
        if only == nil { #expect(inversions > 300 && timeouts > 300, "\(inversions) inversions on the wire, \(timeouts) timeouts") }
    }

    /// The same processes without the inboxes, so that it is seen that there was something to find.
    @Test func theCheckerFindsInversionsWithoutOne() async throws {
        var found = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            let report = try await run(seed: seed, hasInboxes: false).report
            found += report.causality.processed?.inversions ?? 0
            #expect(report.causality.wrongStamps == 0, "seed \(seed)")
        }
        #expect(found > 40, "\(found)")
    }

    private struct Copy {
        var publisher: Int
        var sequence: UInt64
        var topic: String
        var stamp: DependencyStamp
        var at: UInt64
        var subscriber: Int
    }

    private func run(seed: UInt64, hasInboxes: Bool) async throws -> (report: CheckReport, timeouts: Int) {
        var random = SplitMix(state: seed)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 7, writer: 0, name: "services")
        let count = Int.random(in: 2...4, using: &random)
        let loss = Bool.random(using: &random) ? 0 : 0.1
        let timeout = Int.random(in: 5...60, using: &random)
        var time: UInt64 = 1_000
        var inboxes: [TracedInbox<Int>] = []
        var filters: [[String]] = []
        for index in 0..<count {
            let process = UInt32(index) + 1
            writer.define(process: process, name: "service-\(index)", group: "services")
            writer.connected(process: process, at: time, sessionPresent: false, clean: true)
            filters.append((0..<count).flatMap { ["\($0)/a", "\($0)/b"] }.filter { _ in Int.random(in: 0..<3, using: &random) > 0 })
            for filter in filters[index] { writer.subscribed(process: process, at: time, filter: filter, requested: 0, granted: 0) }
            inboxes.append(
                TracedInbox(
                    CausalPublisher(PublisherID(process: process, incarnation: 0)), writer: writer,
                    subscriptions: filters[index].map { InboxSubscription(TopicFilter($0)!) },
                    timeout: .nanoseconds(loss == 0 && seed % 3 == 0 ? 1_000_000 : timeout)))
        }
        time += 1
        writer.mark(at: time, .allSubscribed, text: "")
        var copies: [Copy] = []
        var sequences = [UInt64](repeating: 0, count: count)
        var published = 0
        while published < 60 || !copies.isEmpty || inboxes.contains(where: { $0.heldCount > 0 }) {
            time += 1
            for index in inboxes.indices { _ = inboxes[index].expire(at: time) }
            if let next = copies.indices.filter({ copies[$0].at <= time }).min(by: { copies[$0].at < copies[$1].at }) {
                let copy = copies.remove(at: next)
                let sender = UInt32(copy.publisher) + 1
                let receiver = UInt32(copy.subscriber) + 1
                writer.delivered(
                    process: receiver, at: time, publisher: sender, sequence: copy.sequence, attempt: 1, topic: writer.topic(copy.topic),
                    qos: 0, retain: false, dup: nil, packetID: 0)
                let id = PublisherID(process: sender, incarnation: 0)
                if hasInboxes {
                    _ = inboxes[copy.subscriber].receive(
                        0, stamp: copy.stamp, from: id, topic: copy.topic, sequence: copy.sequence, attempt: 1, at: time)
                } else {
                    inboxes[copy.subscriber].process(stamp: copy.stamp, from: id, sequence: copy.sequence, attempt: 1, at: time)
                }
            }
            guard published < 60, Int.random(in: 0..<2, using: &random) == 0 else { continue }
            let index = Int.random(in: 0..<count, using: &random)
            let topic = "\(index)/\(Bool.random(using: &random) ? "a" : "b")"
            let stamp = inboxes[index].publish(to: topic)
            sequences[index] += 1
            published += 1
            writer.published(
                process: UInt32(index) + 1, at: time, topic: writer.topic(topic), qos: 0, retain: false, sequence: sequences[index],
                attempt: 1, intended: time, stamp: stamp.vectorTimestamp)
            writer.completed(
                process: UInt32(index) + 1, at: time, sequence: sequences[index], attempt: 1, outcome: .acked, reason: 0)
            for subscriber in 0..<count where filters[subscriber].contains(topic) && Double.random(in: 0..<1, using: &random) >= loss {
                // What one publisher sends to one topic arrives in order.
                let last = copies.filter { $0.subscriber == subscriber && $0.topic == topic }.map(\.at).max() ?? 0
                let at = max(last + 1, time + UInt64.random(in: 1...40, using: &random))
                copies.append(
                    Copy(publisher: index, sequence: sequences[index], topic: topic, stamp: stamp, at: at, subscriber: subscriber))
            }
        }
        writer.mark(at: time + 1, .quiescent, text: "")
        try await writer.close()
        let report = try Checker.check([try TraceFile(path: path)])
        return (report, inboxes.reduce(0) { $0 + $1.counts.timedOut })
    }
}
