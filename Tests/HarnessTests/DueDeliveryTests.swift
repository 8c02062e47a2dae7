import Foundation
import MQTT
import Testing

@testable import Harness

/// What is owed to a subscriber that owes nothing itself.
@Suite struct DueDeliveryTests {
    private var due = DueDeliveries()
    private var budget = 1_000_000

    private mutating func subscribe(_ filters: [String], _ qos: QoS = .atLeastOnce) {
        due.subscribed(filters, filters.map { _ in .granted(qos) })
    }

    private mutating func look(_ published: (publisher: UInt32, sequence: UInt64, topic: String)...) -> String? {
        let all = published.map {
            DueDeliveries.Acknowledged(publisher: $0.publisher, name: "pub-\($0.publisher)", sequence: $0.sequence, topic: $0.topic)
        }
        return due.look("sub-0", PublishedTopics(all), budget: &budget).text
    }

    @Test(arguments: ["a/1", "a/+", "#"]) mutating func whatIsAcknowledgedAndMatchesIsDue(_ filter: String) {
        subscribe([filter])
        #expect(
            look((1, 5, "b"), (2, 7, "a/1"))
                == "sub-0 has not received message \(filter == "#" ? "5 of pub-1" : "7 of pub-2"), which the broker has acknowledged")
        #expect(due.isAwaiting)
        due.came(7, of: 2)
        due.came(5, of: 1)
        #expect(look((1, 5, "b"), (2, 7, "a/1")) == nil && !due.isAwaiting)
    }

    /// It stays what is waited for, whatever is published meanwhile, until that or something later has come.
    @Test mutating func whatWasFoundOnceIsWaitedFor() {
        subscribe(["#"])
        #expect(look((1, 5, "b"))?.contains("message 5 of pub-1") == true)
        due.came(4, of: 1)
        #expect(look((2, 9, "b"), (1, 6, "b"))?.contains("message 5 of pub-1") == true)
        due.came(6, of: 1)
        #expect(look((2, 9, "b"), (1, 6, "b"))?.contains("message 9 of pub-2") == true)
    }

    @Test mutating func whatComesInTheEndIsAStep() {
        subscribe(["#"])
        _ = look((1, 5, "b"))
        due.came(5, of: 1)
        let found = due.look("sub-0", PublishedTopics([]), budget: &budget)
        #expect(found.hasCome && found.text == nil)
    }

    @Test mutating func otherTopicsQoS0AndSharedSubscriptionsOweNothing() {
        subscribe(["a/+", "b"])
        #expect(look((1, 5, "a"), (2, 7, "b/c")) == nil)
        due = DueDeliveries()
        subscribe(["#"], .atMostOnce)
        #expect(look((1, 5, "a")) == nil)
        due = DueDeliveries()
        subscribe(["$share/group/#"])
        #expect(look((1, 5, "a")) == nil)
        due = DueDeliveries()
        due.subscribed(["#"], [.refused(ReasonCode(rawValue: 0x87))])
        #expect(look((1, 5, "a")) == nil)
    }

    /// What was sent before a client came back to a session that the broker did not keep is not due. What comes shows that the rest is.
    @Test mutating func aNewSessionIsOwedWhatComesBehindItsFirstMessage() {
        subscribe(["#"])
        due.came(3, of: 1)
        #expect(look((1, 5, "a")) != nil)
        subscribe(["#"])
        #expect(look((1, 5, "a"), (2, 9, "a")) == nil)
        due.came(8, of: 1)
        #expect(look((1, 8, "a"), (2, 9, "a")) == nil)
        #expect(look((1, 10, "a"))?.contains("message 10 of pub-1") == true)
    }

    /// A broker that acknowledges and does not deliver: publishers wait for nothing, and the run stands still all the same.
    @Test(.timeLimit(.minutes(1))) func aBrokerThatKeepsWhatItHasAcknowledgedStandsStill() async throws {
        try await withTemporaryDirectory { directory in
            let rules = directory + "/rules"
            try "topic readwrite free/#\ntopic write kept/#\n".write(toFile: rules, atomically: true, encoding: .utf8)
            try await EmbeddedBroker.with(settings: ["acl_file \(rules)"], directory: directory) { broker in
                let outcome = try await Scenario(
                    """
                    name: kept-back
                    target: {broker: "mqtt://127.0.0.1:\(broker.port)"}
                    groups:
                      - {name: pub, count: 1, publish: {topic: kept/a, qos: 1, rate: 50/s}}
                      - {name: other, count: 1, publish: {topic: free/a, qos: 1, rate: 50/s}}
                      - {name: sub, count: 2, subscribe: {filters: ["kept/#"], qos: 1}}
                      - {name: free, count: 2, subscribe: {filters: ["free/#"], qos: 1}}
                    phases: {hold: 2s, drain: {quiet: 500ms, limit: 20s}}
                    """
                ).run()
                let waiting = try #require(outcome.standstill.waiting)
                #expect(waiting.hasPrefix("sub-"), "\(outcome.standstill)")
                #expect(waiting.hasSuffix(" of pub-0, which the broker has acknowledged"), "\(outcome.standstill)")
            }
        }
    }
}
