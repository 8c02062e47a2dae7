import Foundation
import MQTT
import Reactor
import Testing

@testable import Harness

/// SUBSCRIBE, UNSUBSCRIBE and what is granted.
@Suite struct SubscriptionTests {
    @Test(arguments: Subject.all, QoS.allCases)
    func theGrantedQoSLimitsDeliveries(_ subject: Subject, _ qos: QoS) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session")
            #expect(try await session.subscribe(["a", "b/#", "c/+/d"], qos: qos) == [qos, qos, qos])
            for (token, topic) in ["a", "b/c/d", "c/x/d", "elsewhere"].enumerated() {
                try session.publish(topic, to: topic, qos: .exactlyOnce, token: UInt64(token))
            }
            try await recorder.until("three messages and four outcomes") { $0.messages.count == 3 && $0.outcomes.count == 4 }
            #expect(recorder.texts.sorted() == ["a", "b/c/d", "c/x/d"])
            #expect(recorder.messages.allSatisfy { $0.delivery.qos == qos && $0.topic == $0.text })
            await session.disconnect()
        }
    }

    /// The only means by which mosquitto 2.0.11 refuses a SUBSCRIBE is a plug-in; its ACL files let every subscription pass.
    @Test(arguments: Subject.all)
    func aRefusedFilterIsNilAndTheOthersAreGranted(_ subject: Subject) async throws {
        let plugin = try #require(Self.dynamicSecurity, "mosquitto's dynamic security plug-in is not installed")
        try await inTemporaryDirectory { directory in
            let rules = directory + "/dynamic-security.json"
            try """
            {"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": false, "unsubscribe": true},
             "roles": [{"rolename": "some", "acls": [{"acltype": "subscribeLiteral", "topic": "allowed", "allow": true}]}],
             "groups": [{"groupname": "anybody", "roles": [{"rolename": "some"}], "clients": []}],
             "anonymousGroup": "anybody", "clients": []}
            """.write(toFile: rules, atomically: false, encoding: .utf8)
            try await Bench.run(subject, settings: ["plugin \(plugin)", "plugin_opt_config_file \(rules)"]) { bench in
                let (session, recorder) = try await bench.connected("session")
                #expect(try await session.subscribe(["forbidden", "allowed", "neither"], qos: .atLeastOnce) == [nil, .atLeastOnce, nil])
                try session.publish("1", to: "forbidden", qos: .atLeastOnce, token: 1)
                try session.publish("2", to: "allowed", qos: .atLeastOnce, token: 2)
                try await recorder.until("the outcomes and a message") { $0.outcomes.count == 2 && !$0.messages.isEmpty }
                #expect(recorder.texts == ["2"])
                await session.disconnect()
            }
        }
    }

    private static var dynamicSecurity: String? {
        let libraries = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        return (["/usr/lib"] + libraries.map { "/usr/lib/" + $0 }).map { $0 + "/mosquitto_dynamic_security.so" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    @Test(arguments: Subject.all)
    func nothingComesAfterTheUnsubscription(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session")
            _ = try await session.subscribe(["a", "b"], qos: .atLeastOnce)
            try await session.unsubscribe(["a"])
            try session.publish("1", to: "a", qos: .atLeastOnce, token: 1)
            try session.publish("2", to: "b", qos: .atLeastOnce, token: 2)
            try await recorder.until("the message on b") { $0.outcomes.count == 2 && !$0.messages.isEmpty }
            #expect(recorder.texts == ["2"])
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func filtersThatCannotBeUsedAreRefusedHere(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, _) = try await bench.connected("session")
            for filters in [[], [""], ["a/#/b"], ["a+"], ["fine", "no\0t"]] {
                await expectError(.invalid) { _ = try await session.subscribe(filters, qos: .atMostOnce) }
                await expectError(.invalid) { try await session.unsubscribe(filters) }
            }
            #expect(try await session.subscribe(["fine"], qos: .atMostOnce) == [.atMostOnce])
            await session.disconnect()
            await expectError(.notConnected) { _ = try await session.subscribe(["fine"], qos: .atMostOnce) }
            await expectError(.notConnected) { try await session.unsubscribe(["fine"]) }
        }
    }

    @Test(arguments: Subject.all)
    func aSubscriptionWhoseAnswerCannotComeIsLostWithTheConnection(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session")
            bench.broker.freeze(true)
            let reactor = bench.reactor
            reactor.schedule(at: 0) { reactor.atEndOfTurn { session.drop() } }
            await expectError(.connectionLost) { _ = try await session.subscribe(["a"], qos: .atMostOnce) }
            #expect(recorder.ends == [.requested])
        }
    }
}
