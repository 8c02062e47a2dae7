import Foundation
import Testing
import Trace
import Verification

@testable import Harness

/// Runs at a broker that gives less than the profile asks for.
@Suite(.timeLimit(.minutes(2))) struct BrokerLimitRunTests {
    private func yaml(_ settings: String, publish: String, subscribe: String = "qos: 2", keepAlive: String = "60s") -> String {
        """
        name: limits
        target: { embedded: { settings: { \(settings) } } }
        groups:
          - { name: pub, count: 2, protocol: "5.0", publish: { topic: t/%i, rate: 50/s, messages: 10, \(publish) } }
          - { name: sub, count: 1, protocol: "5.0", keepalive: \(keepAlive), subscribe: { filters: [t/#], \(subscribe) } }
        phases: { drain: { quiet: 300ms, limit: 20s } }
        """
    }

    @Test func messagesAboveTheGreatestQoSAreRefusedAndTheRestArrives() async throws {
        let outcome = try await Scenario(yaml("max_qos: 1", publish: "qos: [1, 2]")).run()
        #expect(outcome.broker.limits == ["pub: it takes QoS 1 at most, and the profile asks for 2"])
        let parts = Dictionary(uniqueKeysWithValues: outcome.check.parts.map { ($0.qos, $0.totals) })
        #expect(parts[1]?.acked == 10 && parts[1]?.delivered == 10, "\(outcome.check)")
        #expect(parts[2]?.refused == 10 && parts[2]?.acked == 0 && parts[2]?.due == 0, "\(outcome.check)")
    }

    @Test func theTraceSaysThatNothingWasSentWithRetain() async throws {
        try await Scenario(yaml("retain_available: false", publish: "qos: 1, retain: true")).run { outcome in
            #expect(outcome.broker.limits == ["pub: it keeps no retained messages, so none is sent with RETAIN"])
            let publishes = try outcome.publishes()
            #expect(publishes.count == 20 && publishes.allSatisfy { !$0.retain })
            #expect(outcome.check.verdict == .pass && outcome.check.totals.delivered == 20, "\(outcome.check)")
        }
        // Where the broker keeps them, the trace says so.
        try await Scenario(yaml("max_qos: 2", publish: "qos: 1, retain: true")).run { outcome in
            #expect(outcome.broker.limits.isEmpty)
            let publishes = try outcome.publishes()
            #expect(publishes.allSatisfy { $0.retain })
        }
    }

    @Test func whatIsTooLargeDoesNotLeave() async throws {
        let outcome = try await Scenario(yaml("max_packet_size: 500", publish: "qos: 1, size: 1KiB")).run()
        #expect(outcome.broker.limits == ["pub: it takes packets of at most 500 bytes, and the payload alone has 1024"])
        #expect(outcome.check.totals.refused == 20 && outcome.check.totals.acked == 0)
        #expect(outcome.publishedPerSecond == 0 && outcome.connections.lostByGroup.isEmpty)
    }

    @Test func theServersKeepAliveIsTheOneThatAStallIsHeldAgainst() async throws {
        let stall = "qos: 1, stall: { after: 0s, for: 30s }"
        do {
            _ = try await Scenario(yaml("max_keepalive: 20", publish: "qos: 1", subscribe: stall)).run()
            Issue.record("The run was made.")
        } catch {
            #expect(
                "\(error)".contains("The broker demands a keep-alive of 20 s, and client 'sub-0' is to leave its socket unread for longer"),
                "\(error)")
        }
    }

    /// What the broker does not say is at least told as it looks: which group, how often, over which message.
    @Test func aGroupWhoseMessagesEndItsConnectionsIsNamed() async throws {
        let levels = String(repeating: "a/", count: 300)
        let outcome = try await Scenario(
            """
            name: deep
            groups:
              - { name: deep, count: 1, publish: { topic: "\(levels)%i", qos: 1, rate: 20/s, messages: 5 } }
              - { name: fine, count: 1, publish: { topic: "fine/%i", qos: 1, rate: 20/s, messages: 5 } }
              - { name: sub, count: 1, subscribe: { filters: ["#"], qos: 1 } }
            phases: { drain: { quiet: 300ms, limit: 4s } }
            """
        ).run()
        #expect(Array(outcome.connections.lostByGroup.keys) == ["deep"])
        let loss = try #require(outcome.connections.lostByGroup["deep"])
        #expect(loss.count == 5 && outcome.connections.events.count { $0.kind == .lost && $0.atSeconds >= 0 && $0.group == "deep" } == 5)
        #expect(outcome.check.doubts.contains { $0.contains("group 'deep'") && $0.contains("with 301 levels") }, "\(outcome.check.doubts)")
        #expect(loss.last.hasPrefix("the broker closed the connection without a reason; the last message before was "), "\(loss.last)")
        #expect(loss.last.contains("with 301 levels"), "\(loss.last)")
    }

    /// Nagle's algorithm at the broker would show as 44 ms at QoS 2 that are not its own.
    @Test(arguments: [("", ["set_tcp_nodelay true"]), ("set_tcp_nodelay: false", ["set_tcp_nodelay false"])])
    func theEmbeddedBrokerAnswersSmallPacketsAtOnceUnlessToldOtherwise(_ settings: String, _ expected: [String]) async throws {
        try await Scenario(yaml(settings, publish: "qos: 1")).run { outcome in
            let configuration = try String(contentsOfFile: outcome.directory + "/mosquitto.conf", encoding: .utf8)
            #expect(configuration.split(separator: "\n").filter { $0.contains("nodelay") }.map(String.init) == expected)
        }
    }

    /// No broker at hand is without wildcards, so a proxy has mosquitto say so (MQTT 5.0, 3.2.2.3.11). The run tells it before anything is sent; who asks for
    /// none is served. A load has no shared subscriptions, so it is no matter whether the broker has any (3.2.2.3.13).
    @Test(arguments: [
        ([0x28, 0] as [UInt8], "t/#", "takes no filters with wildcards"), ([0x28, 0, 0x2A, 0], "t/0", nil),
    ])
    func aFilterThatTheBrokerDoesNotTakeIsToldBeforeTheLoad(_ properties: [UInt8], _ filter: String, _ expected: String?) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let proxy = TamperingProxy(to: broker.port) { packet, way, _ in
                    guard way == .toClient, packet.kind == .connack, packet.body.count > 2 else { return [packet] }
                    // Flags, reason, and the length of the properties, which stays below 128.
                    var changed = packet
                    changed.body[2] += UInt8(properties.count)
                    changed.body += properties
                    return [changed]
                }
                defer { proxy.close() }
                let scenario = Scenario(
                    """
                    name: limits
                    target: { broker: "mqtt://127.0.0.1:\(proxy.port)" }
                    groups:
                      - { name: pub, count: 1, protocol: "5.0", publish: { topic: t/%i, qos: 1, rate: 50/s, messages: 10 } }
                      - { name: sub, count: 1, protocol: "5.0", subscribe: { filters: ["\(filter)"], qos: 1 } }
                    phases: { drain: { quiet: 300ms, limit: 20s } }
                    """)
                guard let expected else {
                    let outcome = try await scenario.run()
                    #expect(outcome.check.verdict == .pass && outcome.check.totals.delivered == 10, "\(outcome.check)")
                    return
                }
                do {
                    let outcome = try await scenario.run()
                    Issue.record("The run was made: \(outcome.check)")
                } catch {
                    #expect(
                        "\(error)".contains("cannot subscribe to '\(filter)': the broker said in CONNACK that it \(expected)"), "\(error)")
                }
            }
        }
    }

    @Test func aShopAboveTheGreatestQoSIsRefused() async throws {
        do {
            var scenario = ShopScenario("stock: 12\nqos: 2")
            scenario.settings = "max_qos: 1"
            _ = try await scenario.run()
            Issue.record("The run was made.")
        } catch {
            #expect("\(error)".contains("The broker takes QoS 1 at most"), "\(error)")
        }
    }
}
