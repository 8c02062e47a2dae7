import Foundation
import Glibc
import Measurement
import Synchronization
import Testing
import Trace
import Verification
import Workload

@testable import Harness
import Measurement

/// Runs at a broker that others use too, and at one that dies.
@Suite(.timeLimit(.minutes(3))) struct ForeignBrokerTests {
    private static func company(_ port: UInt16, session: String = "clean", publish: String = "", more: String = "", limit: String = "20s")
        -> Scenario
    {
        Scenario(
            """
            name: company
            target: {broker: "mqtt://127.0.0.1:\(port)"}
            groups:
              - {name: pub, count: 3, session: \(session), \(more)publish: {topic: t/%i, qos: 1, rate: 20/s\(publish)}}
              - {name: sub, count: 2, session: \(session), \(more)subscribe: {filters: [t/#], qos: 1}}
            phases: {hold: 2s, drain: {quiet: 500ms, limit: \(limit)}}
            """)
    }

    /// Does something again and again for as long as `body` takes.
    private func meanwhile<Value>(
        every pause: Duration, _ action: @escaping @Sendable () async throws -> Void, _ body: () async throws -> Value
    ) async throws -> Value {
        let task = Task {
            while !Task.isCancelled {
                try? await action()
                try await Task.sleep(for: pause)
            }
        }
        defer { task.cancel() }
        return try await body()
    }

    @Test(arguments: ["clean", "kept"]) func twoRunsAtATimeBothPass(_ session: String) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                async let one = Self.company(broker.port, session: session, publish: ", retain: true").run()
                async let other = Self.company(broker.port, session: session, publish: ", retain: true").run()
                for outcome in try await [one, other] {
                    #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                    #expect(outcome.check.totals.delivered >= 200)
                    #expect(outcome.check.strangers.messages > 0)
                    #expect(outcome.connections.total == 0, "\(outcome.connections)")
                }
            }
        }
    }

    @Test func aStrangersMessageIsShownAndNoViolation() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let stranger = try Bystander("thermometer", port: broker.port)
                try await stranger.connect()
                try await meanwhile(every: .milliseconds(100), { try await stranger.publish("21.5", to: "t/sensor") }) {
                    try await Self.company(broker.port).run { outcome in
                        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                        #expect(outcome.check.strangers.messages >= 2)
                        #expect(outcome.check.strangers.examples == ["t/sensor"])
                        // The trace says the same later.
                        let files = try RunDirectory(existing: outcome.directory).traces.map { try TraceFile(path: $0) }
                        let again = try Checker.check(files)
                        #expect(again.strangers == outcome.check.strangers && again.verdict == .pass)
                    }
                }
                await stranger.leave()
            }
        }
    }

    @Test func retainedMessagesOfTheRunAreClearedAndNoOthers() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let other = try Bystander("other", port: broker.port)
                try await other.connect()
                try await other.publish("kept", to: "t/other", retain: true)
                let outcome = try await Self.company(broker.port, publish: ", retain: true").run()
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                let left = try await other.retained("t/#")
                #expect(left == ["t/other"])
                await other.leave()
            }
        }
    }

    @Test func aNameThatSomebodyElseUsesIsTold() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let double = try Bystander("sub-0", port: broker.port)
                try await meanwhile(every: .milliseconds(50), { try await double.connect() }) {
                    // The two go on throwing each other out, so the drain takes all of its time.
                    let outcome = try await Self.company(broker.port, more: "client_id: '%g-%i', ", limit: "4s").run()
                    #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
                    let sentence = outcome.check.doubts.first { $0.contains("somebody else uses its client identifier") }
                    #expect(sentence?.hasPrefix("Client 'sub-0' lost its connection") == true, "\(outcome.check.doubts)")
                }
                await double.leave()
            }
        }
    }

    @Test func nothingNeedsSYS() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let cuts = Mutex(0)
                let proxy = TamperingProxy(to: broker.port) { packet, way, connection in
                    guard way == .toBroker, packet.body.contains(Array("$SYS".utf8)) else { return [packet] }
                    cuts.withLock { $0 += 1 }
                    connection.cut()
                    return []
                }
                let outcome = try await Self.company(proxy.port).run()
                proxy.close()
                #expect(cuts.withLock { $0 } > 0)
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                #expect(outcome.broker.name == "unknown" && outcome.broker.version == nil)
            }
        }
    }

    @Test func onlyIdentifiersWithAPrefixAndShortKeepAlives() async throws {
        try await withTemporaryDirectory { directory in
            let settings = ["clientid_prefixes plant-", "max_keepalive 30"]
            try await EmbeddedBroker.with(settings: settings, directory: directory) { broker in
                let outcome = try await Scenario(
                    """
                    name: prefix
                    target:
                      broker: "mqtt://127.0.0.1:\(broker.port)"
                      observer: {client_id: "plant-watch-%r", keepalive: 20s}
                    groups:
                      - {name: p, count: 1, keepalive: 20s, client_id: "plant-%r-%g-%i", publish: {topic: "%r/a", qos: 1, rate: 50/s}}
                      - {name: s, count: 1, keepalive: 20s, client_id: "plant-%r-%g-%i", subscribe: {filters: ["%r/+"], qos: 1}}
                    phases: {hold: 500ms, drain: {quiet: 200ms, limit: 20s}}
                    """
                ).run()
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                #expect(outcome.check.totals.delivered > 10)
                #expect(outcome.broker.name == "mosquitto")
            }
        }
    }

    @Test func aBrokerThatDiesIsNamedAndEndsTheRun() async throws {
        try await withTemporaryDirectory { directory in
            let profile = try Profile.parse(
                yaml: """
                    name: dies
                    groups:
                      - {name: p, count: 1, publish: {topic: a, qos: 1, rate: 50/s}}
                      - {name: s, count: 1, subscribe: {filters: [a], qos: 1}}
                    phases: {hold: 10m, drain: {quiet: 500ms, limit: 10m}}
                    """, file: "dies.yaml")
            // The time limit of the suite shows that the ten minutes are not waited for.
            let outcome = try await LoadRun(
                profile: profile, output: directory, reactors: 1,
                progress: { sample in
                    guard sample.receivedPerSecond > 0,
                        let run = try? FileManager.default.contentsOfDirectory(atPath: directory).first,
                        let text = try? String(contentsOfFile: "\(directory)/\(run)/broker.pid", encoding: .utf8),
                        let process = Int32(text.dropLast())
                    else { return }
                    kill(process, SIGKILL)
                }
            ).execute()
            #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
            #expect(!outcome.interrupted)
            let sentence = outcome.check.doubts.first { $0.hasPrefix("The broker of the run ended by signal 9") }
            #expect(sentence?.contains("Its last lines: '") == true, "\(outcome.check.doubts)")
        }
    }
}
