import Foundation
import Measurement
import Verification

@testable import Reporting

/// Results that show every part of a report.
enum Examples {
    static func totals(
        published: Int, acked: Int, refused: Int = 0, unknown: Int = 0, due: Int, delivered: Int, lost: Int = 0, unseen: Int = 0,
        dropped: Int = 0, duplicates: Int = 0, redelivered: Int = 0
    ) -> DeliveryTotals {
        var totals = DeliveryTotals()
        totals.published = published
        totals.acked = acked
        totals.refused = refused
        totals.unknown = unknown
        totals.due = due
        totals.delivered = delivered
        totals.lost = lost
        totals.unseen = unseen
        totals.dropped = dropped
        totals.duplicates = duplicates
        totals.redelivered = redelivered
        return totals
    }

    static func latency(_ scale: Double, count: Int, skewed: Int = 0) -> LatencySummary {
        LatencySummary(
            min: 0.0000456 * scale, p50: 0.000234 * scale, p75: 0.000312 * scale, p90: 0.000498 * scale, p95: 0.000871 * scale,
            p99: 0.00123 * scale, p999: 0.0045 * scale, p9999: 0.00934 * scale, max: 0.0123 * scale, mean: 0.000251 * scale, count: count,
            skewed: skewed)
    }

    static var locks: CheckReport.Locks {
        var locks = CheckReport.Locks()
        locks.count = 3
        locks.sections = 12_040
        locks.contended = 377
        locks.greatestWaitNanoseconds = 1_230_000
        locks.greatestHoldNanoseconds = 45_600
        return locks
    }

    static let workflow = CheckReport.Workflow(
        machines: [
            .init(
                name: "order", entities: 1_000, transitions: 4_990,
                states: [.init(name: "placed", entities: 1), .init(name: "reserved", entities: 0), .init(name: "notified", entities: 999)])
        ], quantities: [.init(name: "stock", accounts: 12, moves: 3_004)])

    /// A run without any fault.
    static let good = RunResult(
        waybillVersion: "0.1.0", startedAt: Date(timeIntervalSince1970: 1_795_476_491.75), profile: "smoke", seed: 42, verdict: .pass,
        interrupted: false, totals: totals(published: 12_000, acked: 12_000, due: 8_000, delivered: 11_998, dropped: 2), anomalies: [],
        causality: .init(
            wire: .init(inversions: 12, gaps: 2), processed: .init(inversions: 0, gaps: 1, timeouts: 3),
            census: .init(
                messages: 12_000, pairs: 71_994_000, concurrentPairs: 65_226_564, concurrentShare: 0.906, longestChain: 3_040, mostHops: 2)),
        receivers: [.init(group: "dashboards", clients: 2, silent: 0, deliveries: 11_998)],
        doubts: [], latencySeconds: latency(1.1, count: 11_998), latencyFromSendSeconds: latency(1, count: 11_998),
        stepsSeconds: .init(
            connect: latency(3, count: 14), tcp: latency(0.2, count: 14), connack: latency(2.7, count: 14), suback: latency(0.9, count: 2),
            acknowledge: latency(0.7, count: 8_000)),
        fairness: [
            .init(
                group: "sensors", rate: "acked", clients: 8, slowest: .init(client: "sensors-3", perSecond: 99.5), medianPerSecond: 100,
                fastest: .init(client: "sensors-0", perSecond: 101))
        ],
        throughputPerSecond: .init(published: 1_200, acked: 1_200, delivered: 1_199.8),
        generator: .init(cpuSeconds: 0.612, late: 3, lateShare: 0.00025, reasons: [], peakMemoryBytes: 47_316_992, reactors: 2),
        broker: .init(name: "mosquitto", version: "2.0.11", cpuSeconds: 0.54, embedded: true, url: "mqtt://127.0.0.1:38215"),
        groups: [
            .init(
                name: "sensors", qos: 0, totals: totals(published: 4_000, acked: 4_000, due: 0, delivered: 3_998, dropped: 2),
                latencySeconds: latency(0.8, count: 3_998), throughputPerSecond: .init(published: 400, acked: 400, delivered: 399.8)),
            .init(
                name: "sensors", qos: 1, totals: totals(published: 4_000, acked: 4_000, due: 4_000, delivered: 4_000),
                latencySeconds: latency(1, count: 4_000), throughputPerSecond: .init(published: 400, acked: 400, delivered: 400)),
            .init(
                name: "orders", qos: 2, totals: totals(published: 4_000, acked: 4_000, due: 4_000, delivered: 4_000),
                latencySeconds: latency(1.5, count: 4_000), throughputPerSecond: .init(published: 400, acked: 400, delivered: 400)),
        ],
        phases: .init(warmUpSeconds: 1, holdSeconds: 10, drainSeconds: 0.412),
        thresholds: [
            .init(text: "latency p(99)<20ms", value: 0.00135, unit: .seconds, met: true),
            .init(text: "throughput >1000/s", value: 1_199.8, unit: .perSecond, met: true),
            .init(text: "loss ==0", value: 0, unit: .count, met: true),
        ], trace: .init(files: 2, events: 47_998, bytes: 1_312_004))

    static let lost = Anomaly(
        class: "lost", count: 1_990,
        witnesses: (11...14).map { sequence in
            Witness(
                sentence:
                    "Message \(sequence) of publisher load-0 on bench/0/data was acked and due at subscriber stalled-0, which never got it "
                    + "although it got message \(sequence + 1_990) of the same stream.",
                publisher: "load-0", sequence: UInt64(sequence), topic: "bench/0/data", subscriber: "stalled-0",
                events: [
                    .init(what: "published", time: 81_112_000_200, file: "reactor-0.trace", offset: 4_096 + sequence * 30),
                    .init(what: "acked", time: 81_112_340_700, file: "reactor-0.trace", offset: 4_111 + sequence * 30),
                ])
        })

    static let unexpected = Anomaly(
        class: "unexpected", count: 1,
        witnesses: [
            Witness(
                sentence: "Subscriber stalled-0 got a message on bench/9/data that nobody published.", topic: "bench/9/data", events: [])
        ])

    static var exercised: CheckReport.Exercise {
        var exercised = CheckReport.Exercise()
        exercised.redelivered = 12
        exercised.repeated = 1_204
        exercised.dropped = 5
        exercised.resumed = 3
        exercised.begun = 40
        exercised.acknowledgedOutOfOrder = 301
        exercised.limited = 1_200
        return exercised
    }

    static var overlap: CheckReport.Overlap {
        var overlap = CheckReport.Overlap()
        overlap.messages = 1_800
        overlap.once = 600
        overlap.each = 1_190
        return overlap
    }

    /// A run in which everything went wrong that can.
    static let bad: RunResult = {
        var result = RunResult(
            waybillVersion: "0.1.0", startedAt: Date(timeIntervalSince1970: 1_795_476_491), profile: "overflow with a rather long name",
            seed: .max, verdict: .violation, interrupted: false,
            totals: totals(
                published: 104_002_000, acked: 104_001_900, refused: 60, unknown: 40, due: 208_004_000, delivered: 208_002_008, lost: 1_990,
                unseen: 1, dropped: 5, duplicates: 1, redelivered: 12), anomalies: [lost, unexpected], causality: .init(processed: .init()),
            limits: [
                .init(
                    name: "queue-cap", class: "lost", counter: "broker.dropped", counted: 1_205, admitted: 1_200, charged: 1_200,
                    note: "What does not fit into the queue of a session that does not read is dropped.")
            ], exercised: exercised, overlap: overlap,
            receivers: [
                .init(
                    group: "stalled", clients: 20, silent: 1, deliveries: 208_002_020,
                    lowered: [.init(requested: 2, granted: 1, count: 19), .init(requested: 2, granted: 135, count: 1)])
            ], locks: locks, workflow: workflow,
            doubts: [
                "The trace file reactor-1.trace ends in the middle of a chunk; the last 312 bytes of it cannot be read and what they held was not judged."
            ],
            latencySeconds: latency(90_000, count: 208_002_000, skewed: 8), latencyFromSendSeconds: latency(3_000, count: 208_002_008),
            stepsSeconds: .init(
                connect: latency(900, count: 61), tcp: latency(300, count: 61), tls: latency(400, count: 61),
                connack: latency(200, count: 61),
                suback: latency(90, count: 20), firstMessage: latency(8_000, count: 1), resume: latency(2_000, count: 39),
                acknowledge: latency(4_000, count: 104_001_900)),
            fairness: [
                .init(
                    group: "a group with a name that goes on and on", rate: "acked", clients: 40,
                    slowest: .init(client: "load-7", perSecond: 12.5), medianPerSecond: 26_000,
                    fastest: .init(client: "load-1", perSecond: 31_000)),
                .init(
                    group: "stalled", rate: "delivered", clients: 20, slowest: .init(client: "stalled-0", perSecond: 0),
                    medianPerSecond: 104_000, fastest: .init(client: "stalled-9", perSecond: 104_001)),
            ],
            throughputPerSecond: .init(published: 1_040_020, acked: 1_040_020, delivered: 2_080_020.08),
            generator: .init(
                cpuSeconds: 191.2, late: 9_100_000, lateShare: 0.0875,
                reasons: [
                    "8.7 % of the messages were sent more than 10 ms after their intended time although their sessions had send credit.",
                    "Reactor 0 was busy 97 % of the hold phase and the broker 61 %.",
                ], peakMemoryBytes: nil, reactors: 1),
            broker: .init(name: "broker", version: nil, cpuSeconds: nil, embedded: false, url: "mqtts://broker.example.org:8883"),
            groups: [
                .init(
                    name: "a group with a name that goes on and on", qos: 1,
                    totals: totals(
                        published: 104_000_000, acked: 104_001_900, due: 208_000_000, delivered: 208_001_008, lost: 1_990, redelivered: 12),
                    latencySeconds: latency(90_000, count: 208_001_000, skewed: 8),
                    throughputPerSecond: .init(published: 1_040_000, acked: 1_040_000, delivered: 2_080_000)),
                .init(
                    name: "idle", qos: 2, totals: DeliveryTotals(), latencySeconds: LatencySummary(),
                    throughputPerSecond: .init(published: 0, acked: 0, delivered: 0)),
            ],
            phases: .init(warmUpSeconds: 0, holdSeconds: 100, drainSeconds: 7_500),
            thresholds: [
                .init(text: "latency p(99)<20ms", value: 110.7, unit: .seconds, met: false),
                .init(text: "throughput >8000/s", value: nil, unit: .perSecond, met: false),
                .init(text: "late <1%", value: 0.0875, unit: .share, met: true),
            ], trace: .init(files: 1, events: 624_000_000, bytes: 18_700_000_000))
        result.aborted = .init(condition: "latency p(99)<250ms", value: 110.7, unit: .seconds, atSeconds: 100)
        result.connections = .init(
            lost: 40, refused: 2, resumed: 39, forgotten: 1,
            events: [0.25, 1.5, 2.125, 3].map {
                .init(
                    atSeconds: $0, client: "load-7", group: "load", kind: "lost",
                    reason: "the broker closed the connection without a reason; the last message before was 1024 bytes on 't/0'",
                    askedFor: false)
            })
        return result
    }()

    /// A run that was stopped at once: one group, nothing measured.
    static let stopped = RunResult(
        waybillVersion: "0.1.0", startedAt: Date(timeIntervalSince1970: 0), profile: "p2p", seed: 0, verdict: .inconclusive,
        interrupted: true,
        totals: totals(published: 1, acked: 0, unknown: 1, due: 0, delivered: 0), anomalies: [], causality: .init(processed: .init()),
        doubts: ["The run ended before the drain came to rest."], latencySeconds: LatencySummary(),
        latencyFromSendSeconds: LatencySummary(),
        throughputPerSecond: .init(published: 0, acked: 0, delivered: 0),
        generator: .init(cpuSeconds: 0.02, late: 0, lateShare: 0, reasons: [], peakMemoryBytes: 21_000_000, reactors: 1),
        broker: .init(name: "mosquitto", version: "2.0.11", cpuSeconds: 0, embedded: true, url: "mqtt://127.0.0.1:40001"),
        groups: [
            .init(
                name: "pairs", qos: 1, totals: totals(published: 1, acked: 0, unknown: 1, due: 0, delivered: 0),
                latencySeconds: LatencySummary(),
                throughputPerSecond: .init(published: 0, acked: 0, delivered: 0))
        ], phases: .init(warmUpSeconds: 0.1, holdSeconds: 0, drainSeconds: 0.5), thresholds: [],
        trace: .init(files: 1, events: 4, bytes: 212))

    static let all: [(name: String, result: RunResult)] = [
        ("good", good), ("bad", bad), ("stopped", stopped), ("shop", shop), ("frozen", frozen),
    ]
}
