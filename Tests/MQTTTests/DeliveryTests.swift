import Foundation
import MQTT
import Testing

/// What arrives, and what the publisher is told, while nothing goes wrong.
@Suite struct DeliveryTests {
    @Test(arguments: Subject.all, QoS.allCases)
    func eachMessageIsDeliveredOnceWithItsOutcome(_ subject: Subject, _ qos: QoS) async throws {
        // mosquitto 2.0.11 can stop delivering at QoS 2 when an MQTT 3.1.1 publisher has more in flight than the broker allows itself.
        try await Bench.run(subject, settings: ["max_inflight_messages 100"]) { bench in
            let (subscriber, inbox) = try await bench.connected("subscriber")
            #expect(try await subscriber.subscribe(["a/+"], qos: .exactlyOnce) == [.exactlyOnce])
            let (publisher, outbox) = try await bench.connected("publisher")
            let texts = (0..<1000).map { "message \($0)" }
            for (token, text) in texts.enumerated() {
                try await publisher.waitForSendCredit()
                try publisher.publish(text, to: "a/b", qos: qos, token: UInt64(token))
            }
            try await inbox.until("the delivery of all") { $0.messages.count >= texts.count }
            try await outbox.until("the outcome of all") { $0.outcomes.count >= texts.count }
            #expect(inbox.texts == texts)
            #expect(inbox.messages.allSatisfy { $0.topic == "a/b" && $0.delivery.qos == qos && !$0.delivery.retain })
            #expect(inbox.messages.allSatisfy { ($0.delivery.packetID == 0) == (qos == .atMostOnce) })
            #expect(outbox.outcomes.count == texts.count)
            #expect((0..<texts.count).allSatisfy { outbox.outcome(of: UInt64($0)) == .acked })
            #expect(publisher.inFlight == 0)
            await publisher.disconnect()
            await subscriber.disconnect()
            #expect(outbox.ends == [.requested])
            #expect(inbox.ends == [.requested])
        }
    }

    @Test(arguments: Subject.all)
    func payloadsOfAnyBytesAndSizeArriveAsTheyWere(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("both")
            _ = try await session.subscribe(["a"], qos: .exactlyOnce)
            let sizes = [0, 1, 127, 128, 16_383, 16_384, 1_000_000]
            let payloads = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
            for (token, payload) in payloads.enumerated() {
                let qos = QoS.allCases[token % 3]
                try session.publish(topic: "a", payload: payload.span, qos: qos, retain: false, token: UInt64(token))
                try await recorder.until("the delivery of \(payload.count) bytes") { $0.messages.count > token }
            }
            #expect(recorder.messages.map(\.payload) == payloads)
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aRetainedMessageGreetsALaterSubscriberWithTheFlagSet(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (publisher, outbox) = try await bench.connected("publisher")
            try publisher.publish("kept", to: "r", qos: .atLeastOnce, retain: true, token: 1)
            try await outbox.until("PUBACK") { $0.outcome(of: 1) == .acked }
            let (subscriber, inbox) = try await bench.connected("subscriber")
            _ = try await subscriber.subscribe(["r"], qos: .atLeastOnce)
            try await inbox.until("the retained message") { $0.messages.count == 1 }
            try publisher.publish("new", to: "r", qos: .atLeastOnce, retain: true, token: 2)
            try await inbox.until("the new message") { $0.messages.count == 2 }
            #expect(inbox.texts == ["kept", "new"])
            // MQTT-3.3.1-8 and -9: set for the old one, clear for the one that came after the subscription.
            #expect(inbox.messages.map(\.delivery.retain) == [true, false])
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aMessageMayBePublishedWhileOneIsReceived(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (relay, hub) = try await bench.connected("relay")
            _ = try await relay.subscribe(["in"], qos: .exactlyOnce)
            hub.whenReceived = { session, message in
                do {
                    try session.publish("re: \(message.text)", to: "out", qos: message.delivery.qos, token: UInt64(hub.messages.count))
                } catch {
                    Issue.record(error)
                }
            }
            let (client, inbox) = try await bench.connected("client")
            _ = try await client.subscribe(["out"], qos: .exactlyOnce)
            for index in 0..<30 { try client.publish("\(index)", to: "in", qos: QoS.allCases[index % 3], token: UInt64(index)) }
            try await inbox.until("30 answers") { $0.messages.count >= 30 }
            #expect(inbox.texts.sorted() == (0..<30).map { "re: \($0)" }.sorted())
            try await hub.until("30 outcomes") { $0.outcomes.count >= 30 }
            #expect(hub.outcomes.values.allSatisfy { $0 == [.acked] })
            await client.disconnect()
            await relay.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aStalledReaderGetsEverythingWhenItReadsAgain(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (subscriber, inbox) = try await bench.connected("subscriber")
            _ = try await subscriber.subscribe(["a"], qos: .atLeastOnce)
            subscriber.setReading(false)
            let (publisher, outbox) = try await bench.connected("publisher")
            for token in 0..<100 {
                try await publisher.waitForSendCredit()
                try publisher.publish("\(token)", to: "a", qos: .atLeastOnce, token: UInt64(token))
            }
            try await outbox.until("the outcomes") { $0.outcomes.count == 100 }
            try await bench.pause(milliseconds: 50)
            #expect(inbox.messages.isEmpty)
            #expect(subscriber.isConnected)
            // From within a delivery, too: only what the library has begun to handle may still come.
            inbox.whenReceived = { session, _ in
                if inbox.messages.count == 10 { session.setReading(false) }
            }
            subscriber.setReading(true)
            try await inbox.until("some messages") { $0.messages.count >= 10 }
            let seen = inbox.messages.count
            try await bench.pause(milliseconds: 50)
            #expect(seen < 100 && inbox.messages.count == seen)
            subscriber.setReading(true)
            try await inbox.until("all messages") { $0.messages.count >= 100 }
            #expect(inbox.texts == (0..<100).map { "\($0)" })
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aTopicThatCannotBePublishedToIsRefusedAndNothingIsInFlight(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session")
            for topic in ["", "a/+", "#", "a\0b", String(repeating: "x", count: 65_536)] {
                for qos in QoS.allCases {
                    await expectError(.invalid) { try session.publish("x", to: topic, qos: qos, token: 1) }
                }
            }
            #expect(session.inFlight == 0 && session.sendCredit > 0)
            try session.publish("x", to: "fine", qos: .atLeastOnce, token: 2)
            try await recorder.until("PUBACK") { $0.outcome(of: 2) == .acked }
            #expect(recorder.outcomes.count == 1)
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aPublishThatTheBrokerForbidsSaysSoWhereTheProtocolCan(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            let rules = directory + "/acl"
            try "topic readwrite allowed/#\n".write(toFile: rules, atomically: false, encoding: .utf8)
            try await Bench.run(subject, settings: ["acl_file \(rules)"]) { bench in
                let (session, recorder) = try await bench.connected("session")
                try session.publish("x", to: "forbidden", qos: .atLeastOnce, token: 1)
                try session.publish("x", to: "forbidden", qos: .exactlyOnce, token: 2)
                try session.publish("x", to: "allowed/a", qos: .exactlyOnce, token: 3)
                try await recorder.until("the outcomes") { $0.outcomes.count == 3 }
                // MQTT 3.1.1 has no way to refuse a PUBLISH.
                let expected = subject.version == .v5 ? PublishOutcome.refused(reason: 0x87) : .acked
                #expect([1, 2, 3].map { recorder.outcome(of: $0) } == [expected, expected, .acked])
                await session.disconnect()
            }
        }
    }

    /// More topics than aliases, and a connection that ends in between: each message arrives where it was meant to.
    @Test(arguments: [false, true])
    func aliasesStandForTheirTopicsAndNoOthers(_ kept: Bool) async throws {
        try await Bench.run(Subject(engine: .wire, version: .v5), settings: ["max_topic_alias 3"]) { bench in
            let (subscriber, inbox) = try await bench.connected("subscriber")
            _ = try await subscriber.subscribe(["a/+"], qos: .atLeastOnce)
            let (publisher, outbox) = try await bench.connected("publisher", kept: kept) { $0.topicAliasMaximum = 10 }
            #expect(publisher.limits.topicAliasMaximum == 3)
            for round in 0..<2 {
                for token in 0..<20 {
                    let topic = "a/\(token % 5)"
                    try publisher.publish(
                        topic, to: topic, qos: token % 3 == 0 ? .atLeastOnce : .atMostOnce, token: UInt64(20 * round + token))
                }
                try await inbox.until("the messages") { $0.messages.count == 20 * (round + 1) }
                // What has no outcome would be sent again.
                try await outbox.until("the outcomes") { $0.outcomes.count == 20 * (round + 1) }
                if round == 0 {
                    publisher.drop()
                    try await outbox.until("the end") { $0.ends.count == 1 }
                    _ = try await publisher.connect()
                }
            }
            #expect(inbox.messages.allSatisfy { $0.topic == $0.text })
            await publisher.disconnect()
            await subscriber.disconnect()
        }
    }
}
