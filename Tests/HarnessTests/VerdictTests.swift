import Harness
import Measurement
import Testing
import Trace
import Verification

/// Runs against a real mosquitto whose verdict is known beforehand.
@Suite struct VerdictTests {
    /// mosquitto sends a copy for each filter that matches, unless it is told to send one.
    @Test(arguments: [true, false]) func aCopyForEachFilterIsMissedWhereItIsExpected(comes: Bool) async throws {
        let outcome = try await Scenario(
            """
            name: copies
            target: {embedded: {settings: {allow_duplicate_messages: \(comes)}}}
            groups:
              - {name: pub, count: 1, publish: {topic: a/b, qos: 1, rate: 50/s}}
              - {name: sub, count: 1, subscribe: {filters: ["a/#", "a/b"], qos: 1}}
            phases: {hold: 500ms, drain: {quiet: 300ms, limit: 20s}}
            expectations: {overlapping_subscriptions: each}
            """
        ).run()
        let totals = outcome.check.totals
        #expect(outcome.check.verdict == (comes ? .pass : .violation), "\(outcome.check)")
        #expect(totals.due == 2 * totals.published && totals.delivered == totals.published && totals.published > 2)
        #expect(outcome.classes == (comes ? [:] : ["lost": totals.published - 1, "unseen": 1]))
    }

    /// A broker that truly loses: its queue for a subscriber that does not read holds 10 messages beside the 20 in flight.
    @Test func aQueueThatOverflowsIsLoss() async throws {
        let outcome = try await Scenario(
            """
            name: overflow
            target:
              embedded:
                settings: {max_queued_messages: 10}
            groups:
              - name: orders
                count: 1
                publish: {topic: orders/%i, qos: 1, rate: 200/s}
              - name: stalled
                count: 1
                subscribe:
                  filters: [orders/#]
                  qos: 1
                  stall: {after: 200ms, for: 1s}
            phases:
              hold: 2500ms
              drain: {quiet: 500ms, limit: 20s}
            """
        ).run()
        let totals = outcome.check.totals
        #expect(outcome.check.verdict == .violation)
        #expect(Set(outcome.classes.keys) == ["lost"])
        #expect(totals.acked == totals.published)
        #expect(totals.lost > 0)
        #expect(totals.lost == totals.published - totals.delivered)
        #expect(outcome.classes["lost"] == totals.lost)
        let witness = try #require(outcome.check.anomalies.first?.witnesses.first)
        #expect(witness.publisher?.contains("orders") == true)
        #expect(witness.subscriber?.contains("stalled") == true)
        #expect(witness.topic == "orders/0")
        #expect(witness.sequence != nil)
        #expect(witness.sentence.contains("orders/0"))
    }

    /// The same loss where the expectations name the limit and the broker counts what it drops: shown, and no violation.
    @Test func aQueueThatOverflowsIsADocumentedLimitWhereItIsNamed() async throws {
        let outcome = try await Scenario(
            """
            name: overflow
            target:
              embedded:
                settings: {max_queued_messages: 10}
            groups:
              - name: orders
                count: 1
                publish: {topic: orders/%i, qos: 1, rate: 200/s}
              - name: stalled
                count: 1
                subscribe:
                  filters: [orders/#]
                  qos: 1
                  stall: {after: 200ms, for: 1s}
            phases:
              hold: 2s
              drain: {quiet: 500ms, limit: 20s}
            expectations:
              limits: [{name: queue-cap, class: lost, up_to: broker.dropped}]
            """
        ).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.classes.isEmpty)
        let limit = try #require(outcome.check.limits.first)
        #expect(limit.charged > 0 && limit.charged == outcome.check.totals.lost)
        // mosquitto counts what it drops, message by message.
        #expect(limit.counted == limit.charged)
    }

    /// A broker that runs already counted drops before, by which this run excuses nothing.
    @Test func whatABrokerDroppedBeforeIsNoLimitOfThisRun() async throws {
        try await withTemporaryDirectory { directory in
            let settings = ["max_queued_messages 10", "sys_interval 1"]
            try await EmbeddedBroker.with(settings: settings, directory: directory) { broker in
                func run<Value>(stall: String, _ body: (RunOutcome) throws -> Value) async throws -> Value {
                    try await Scenario(
                        """
                        name: before
                        target: {broker: "mqtt://127.0.0.1:\(broker.port)"}
                        groups:
                          - {name: orders, count: 1, publish: {topic: orders/%i, qos: 1, rate: 200/s}}
                          - {name: reader, count: 1, subscribe: {filters: [orders/#], qos: 1\(stall)}}
                        phases: {hold: 1500ms, drain: {quiet: 500ms, limit: 20s}}
                        expectations:
                          limits: [{name: queue-cap, class: lost, up_to: broker.dropped}]
                        """
                    ).run { try body($0) }
                }
                let first = try await run(stall: ", stall: {after: 100ms, for: 1s}") { $0 }
                let dropped = try #require(first.check.limits.first)
                #expect(first.check.verdict == .pass && dropped.charged > 0 && dropped.counted == dropped.charged, "\(first.check)")
                try await run(stall: "") { second in
                    #expect(second.check.verdict == .pass, "\(second.check)")
                    #expect(second.check.limits.map(\.counted) == [0])
                    // Both readings are in the trace, the first not 0.
                    var readings: [Int64] = []
                    for path in try RunDirectory(existing: second.directory).traces {
                        try TraceFile(path: path).forEach { event, _ in
                            if case .counted(let reading) = event { readings.append(reading.value) }
                        }
                    }
                    #expect(readings == [Int64(dropped.counted ?? -1), Int64(dropped.counted ?? -1)])
                }
            }
        }
    }

    /// The same subscriber with room in the queue: everything arrives, late.
    @Test func aQueueWithRoomLosesNothing() async throws {
        let outcome = try await Scenario(
            """
            name: room
            target:
              embedded:
                settings: {max_queued_messages: 0}
            groups:
              - name: orders
                count: 1
                publish: {topic: orders/%i, qos: 1, rate: 200/s}
              - name: stalled
                count: 1
                subscribe:
                  filters: [orders/#]
                  qos: 1
                  stall: {after: 200ms, for: 1s}
            phases:
              hold: 2s
              drain: {quiet: 500ms, limit: 20s}
            """
        ).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.totals.delivered == outcome.check.totals.published)
        #expect(outcome.latency.maximum ?? 0 > 0.5)
    }

    @Test(arguments: [1, 3]) func allQualitiesPassAndAddUp(reactors: Int) async throws {
        try await Scenario(
            """
            name: mixed
            target: {embedded: {settings: {max_queued_messages: 0}}}
            groups:
              - {name: q0, count: 2, publish: {topic: t/q0/%i, qos: 0, rate: 100/s}}
              - {name: q1, count: 2, protocol: "5.0", publish: {topic: t/q1/%i, qos: 1, rate: 100/s}}
              - {name: q2, count: 2, publish: {topic: t/q2/%i, qos: 2, rate: 100/s, arrival: poisson}}
              - {name: all, count: 2, subscribe: {filters: ["t/#"], qos: 2}}
              - {name: weak, count: 1, protocol: "5.0", subscribe: {filters: ["t/+/0"], qos: 1}}
            phases: {warm_up: 300ms, hold: 1s, drain: {quiet: 500ms, limit: 20s}}
            """, reactors: reactors
        ).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            let totals = outcome.check.totals
            #expect(totals.published == totals.acked)
            // Two subscribers read everything, one reads what the publishers number 0 of the three groups sent.
            let first = try outcome.publishes().count { [0, 2, 4].contains($0.process) }
            #expect(totals.delivered + totals.dropped == totals.published * 2 + first)
            #expect(outcome.check.parts.map(\.qos) == [0, 1, 2])
            #expect(outcome.parts.map(\.qos) == [0, 1, 2])
            #expect(outcome.generator.reactors == reactors)
            #expect(outcome.trace.files == reactors)
            #expect(outcome.broker.cpuSeconds ?? 0 > 0)
            // `waybill check` must agree with the run.
            let again = try Checker.check(try RunDirectory(existing: outcome.directory).traces.map { try .init(path: $0) })
            #expect(again == outcome.check)
        }
    }

    /// Causal chains: what a relay publishes has in its stamp what it received before.
    @Test func relaysPassTheirPastOn() async throws {
        try await Scenario(
            """
            name: chain
            groups:
              - {name: source, count: 2, publish: {topic: a/%i, qos: 1, rate: 50/s}}
              - {name: relay, count: 1, publish: {topic: b/%i, qos: 1, on: received}, subscribe: {filters: ["a/#"], qos: 1}}
              - {name: sink, count: 1, subscribe: {filters: ["a/#", "b/#"], qos: 1}}
            phases: {hold: 1s, drain: {quiet: 500ms, limit: 20s}}
            """
        ).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            let parts = Dictionary(uniqueKeysWithValues: outcome.check.parts.map { ($0.group, $0.totals) })
            #expect(parts["relay"]?.published == parts["source"]?.published)
            // The relay's last stamp counts every publish of both sources and its own.
            var past: [UInt32: UInt64] = [:]
            let file = try TraceFile(path: try #require(try RunDirectory(existing: outcome.directory).traces.first))
            file.forEach { event, _ in
                guard case .published(let publish) = event, publish.process == 2 else { return }
                _ = file.forEachEntry(of: publish.stamp) { process, count in past[process] = count }
            }
            #expect(past.count == 3)
            #expect(past.values.reduce(0, +) == UInt64(outcome.check.totals.published))
        }
    }

    /// Messages around a clean session's gap are optional, so a broker that dies and comes back is no violation.
    @Test func aCrashedBrokerIsNoViolationForCleanSessions() async throws {
        let outcome = try await throughARestart(settings: [], session: "clean", crash: true)
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.connections.unasked(.lost) == 4)
        #expect(outcome.connections.counts[.resumed] == 4 && outcome.connections.counts[.forgotten] == 0)
        let lost = outcome.connections.events.filter { $0.kind == .lost }
        #expect(Set(lost.map(\.client)) == ["publishers-0", "publishers-1", "subscribers-0", "subscribers-1"])
        #expect(lost.allSatisfy { $0.atSeconds > 0 && !$0.reason.isEmpty && $0.group == $0.client.dropLast(2) })
        #expect(outcome.check.totals.delivered > 200)
    }

    /// A kept session is owed everything, through an orderly restart of a broker that persists it.
    @Test func aRestartedBrokerOwesKeptSessionsEverything() async throws {
        let outcome = try await throughARestart(settings: ["persistence true", "max_queued_messages 0"], session: "kept", crash: false)
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.connections.unasked(.lost) == 4)
        let totals = outcome.check.totals
        #expect(totals.due > 200)
        #expect(totals.lost == 0 && totals.unseen == 0)
        #expect(totals.acked + totals.unknown == totals.published)
    }

    /// A broker that forgets a kept session broke its promise; the messages in it are the session's, not lost one by one.
    @Test func aCrashWithoutPersistenceLosesKeptSessions() async throws {
        let outcome = try await throughARestart(settings: ["max_queued_messages 0"], session: "kept", crash: true)
        #expect(outcome.check.verdict == .violation, "\(outcome.check)")
        // Two publishers and two subscribers, whose sessions are all kept.
        #expect(outcome.classes == ["session-lost": 4])
        let sentences = outcome.check.anomalies[0].witnesses.map(\.sentence)
        #expect(sentences.contains { $0.contains("subscribers-0 with its subscription to t/0") }, "\(sentences)")
    }

    /// A run of two publishers and two subscribers during which the broker ends and comes back.
    private func throughARestart(settings: [String], session: String, crash: Bool) async throws -> RunOutcome {
        try await withTemporaryDirectory { directory in
            let port = try await EmbeddedBroker.with(directory: directory) { $0.port }
            var scenario = Scenario(
                """
                name: restart
                target: {broker: "mqtt://127.0.0.1:\(port)"}
                groups:
                  - {name: publishers, count: 2, session: \(session), publish: {topic: t/%i, qos: [0, 1, 2], rate: 100/s}}
                  - {name: subscribers, count: 2, session: \(session), subscribe: {filters: [t/%i], qos: 2}}
                phases: {hold: 3s, drain: {quiet: 500ms, limit: 20s}}
                """
            )
            let receiving = scenario.receiving()
            let started = AsyncStream<Void>.makeStream()
            let broker = Task {
                try await EmbeddedBroker.with(settings: settings, directory: directory, port: port) { broker in
                    started.continuation.yield()
                    for await _ in receiving { break }
                    if crash { broker.kill() }
                }
                try await EmbeddedBroker.with(settings: settings, directory: directory, port: port) { _ in
                    // Until the run is over and this task is cancelled.
                    while true { try await Task.sleep(for: .seconds(60)) }
                }
            }
            for await _ in started.stream { break }
            let outcome = try await scenario.run()
            broker.cancel()
            _ = await broker.result
            return outcome
        }
    }

    /// A broker that falls silent leaves messages in flight: nobody can say that all is well.
    @Test func aSilentBrokerIsInconclusive() async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await EmbeddedBroker.with(directory: directory) { broker in
                var scenario = Scenario(
                    """
                    name: silent
                    target: {broker: "mqtt://127.0.0.1:\(broker.port)"}
                    groups:
                      - {name: publishers, count: 1, publish: {topic: t, qos: 1, rate: 100/s}}
                      - {name: subscribers, count: 1, subscribe: {filters: [t], qos: 1}}
                    phases: {hold: 3s, drain: {quiet: 200ms, limit: 1s}}
                    """
                )
                let receiving = scenario.receiving()
                async let frozen: Void = {
                    for await _ in receiving { break }
                    broker.freeze(true)
                }()
                defer { broker.freeze(false) }
                let outcome = try await scenario.run()
                await frozen
                return outcome
            }
            #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
            #expect(outcome.check.totals.unknown > 0)
            #expect(outcome.check.doubts.joined().contains("drain"))
            // What was due and could not be sent is counted, and stands among the latencies with the time that it had waited.
            #expect(outcome.shortfall.unsent > 20)
            #expect(outcome.latency.bounds == outcome.shortfall.unsent)
            #expect(outcome.latency.percentile(99).map(outcome.latency.isBound) == true)
            #expect(outcome.latency.percentile(99) ?? 0 > 0.5)
        }
    }

    /// Where the publishers end by their numbers of messages and the broker is gone for good, they would wait for ever.
    @Test(.timeLimit(.minutes(2))) func aRunWithoutAHoldEndsWhenItsBrokerIsGone() async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await EmbeddedBroker.with(directory: directory) { broker in
                var scenario = Scenario(
                    """
                    name: gone
                    target: {broker: "mqtt://127.0.0.1:\(broker.port)"}
                    groups:
                      - {name: publishers, count: 1, publish: {topic: t, qos: 1, rate: 200/s, messages: 400}}
                      - {name: subscribers, count: 1, subscribe: {filters: [t], qos: 1}}
                    phases: {drain: {quiet: 200ms, limit: 3s}}
                    """
                )
                let receiving = scenario.receiving()
                async let killed: Void = {
                    for await _ in receiving { break }
                    broker.kill()
                }()
                let outcome = try await scenario.run()
                await killed
                return outcome
            }
            #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
            let totals = outcome.check.totals
            #expect(totals.published + outcome.shortfall.unsent == 400, "\(totals), \(outcome.shortfall)")
            #expect(outcome.shortfall.unsent > 0)
        }
    }
}
