import MQTT
import Testing

/// What CONNACK limits is read, honoured, and told (MQTT 5.0, 3.2.2.3).
@Suite(.timeLimit(.minutes(1))) struct BrokerLimitTests {
    @Test(arguments: Subject.version5) func everythingThatConnackSaysIsRead(_ subject: Subject) async throws {
        let properties: [UInt8] = [
            0x24, 1, 0x25, 0, 0x28, 0, 0x29, 0, 0x2A, 0, 0x21, 0, 7, 0x22, 0, 9, 0x13, 0, 30, 0x27, 0, 0, 1, 0xF4,
            0x1F, 0, 2, 0x68, 0x69,
        ]
        let broker = try ScriptedBroker { first, _ in
            first >> 4 == 1 ? .send(ScriptedBroker.connack(.v5, properties: properties)) : .silence
        }
        try await Lonely.run(subject, port: broker.port, { $0.window = 50 }) { lonely in
            let answer = try await lonely.session.connect()
            var expected = BrokerLimits()
            expected.maximumQoS = .atLeastOnce
            expected.retains = false
            expected.takesWildcards = false
            expected.takesSubscriptionIdentifiers = false
            expected.takesSharedSubscriptions = false
            expected.receiveMaximum = 7
            expected.topicAliasMaximum = 9
            expected.serverKeepAlive = 30
            expected.maximumPacketSize = 500
            expected.reasonString = "hi"
            #expect(answer == ConnectAnswer(sessionPresent: false, window: 7, keepAlive: 30, limits: expected))
            #expect(lonely.session.limits == expected && lonely.session.sendCredit == 7)
            let wildcard = await expectError(.notSupported(.wildcardsNotSupported)) {
                _ = try await lonely.session.subscribe(["a", "b/+"], qos: .atLeastOnce)
            }
            #expect(
                wildcard?.description
                    == "Client 'lonely' cannot subscribe to 'b/+': the broker said in CONNACK that it takes no filters with wildcards.")
            await expectError(.notSupported(.sharedSubscriptionsNotSupported)) {
                _ = try await lonely.session.subscribe(["$share/g/a"], qos: .atLeastOnce)
            }
            await lonely.session.disconnect()
        }
    }

    @Test(arguments: Subject.version5) func aBrokerThatSaysNothingLimitsNothing(_ subject: Subject) async throws {
        let broker = try ScriptedBroker { first, _ in first >> 4 == 1 ? .send(ScriptedBroker.connack(.v5)) : .silence }
        try await Lonely.run(subject, port: broker.port, { $0.keepAlive = 77 }) { lonely in
            let answer = try await lonely.session.connect()
            #expect(answer == ConnectAnswer(sessionPresent: false, window: 64, keepAlive: 77))
            await lonely.session.disconnect()
        }
    }

    @Test(arguments: Subject.version5) func aMessageAboveTheGreatestQoSIsRefusedHereAndTheConnectionLivesOn(_ subject: Subject) async throws
    {
        try await Bench.run(subject, settings: ["max_qos 1"]) { bench in
            let (session, recorder) = try await bench.connected("session")
            let error = await expectError(.notSupported(.qosNotSupported)) {
                try session.publish("x", to: "a", qos: .exactlyOnce, token: 1)
            }
            #expect(error?.description == "A message at QoS 2 on 'a' cannot be sent: the broker takes QoS 1 at most.")
            #expect(error?.cause == "QoS not supported, limit 1, asked for 2" && error?.reason == .qosNotSupported)
            try session.publish("x", to: "a", qos: .atLeastOnce, token: 2)
            try await recorder.until("PUBACK") { $0.outcome(of: 2) == .acked }
            #expect(recorder.outcomes[1] == nil)
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.version5) func aMessageThatIsTooLargeNamesTheLimitAndItsSize(_ subject: Subject) async throws {
        try await Bench.run(subject, settings: ["max_packet_size 500"]) { bench in
            let (session, _) = try await bench.connected("session")
            let large = String(repeating: "x", count: 1_024)
            let error = await expectError(.packetTooLarge) { try session.publish(large, to: "t/0", qos: .atLeastOnce, token: 1) }
            // 1 for the type, 2 for the length, 5 for the topic, 2 for the packet identifier, 1 for no properties.
            #expect(error?.cause == "packet too large, limit 500, size 1035" && error?.reason == .packetTooLarge)
            await session.disconnect()
        }
    }

    /// With RETAIN mosquitto would end the connection (MQTT-3.2.2-14).
    @Test(arguments: Subject.version5) func nothingIsSentWithRetainToABrokerThatKeepsNone(_ subject: Subject) async throws {
        try await Bench.run(subject, settings: ["retain_available false"]) { bench in
            let (session, recorder) = try await bench.connected("session")
            #expect(!session.limits.retains)
            try session.publish("x", to: "a", qos: .atLeastOnce, retain: true, token: 1)
            try await recorder.until("PUBACK") { $0.outcome(of: 1) == .acked }
            #expect(session.isConnected && recorder.ends.isEmpty)
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.version5) func theKeepAliveOfTheServerIsInForce(_ subject: Subject) async throws {
        try await Bench.run(subject, settings: ["max_keepalive 20"]) { bench in
            let (session, _) = bench.makeSession("session") { $0.keepAlive = 60 }
            let answer = try await session.connect()
            #expect(answer.keepAlive == 20)
            await session.disconnect()
        }
    }

    /// The broker gives an identifier to a client without one, and the session says which.
    @Test(arguments: Subject.version5) func anIdentifierThatTheBrokerAssignsIsTold(_ subject: Subject) async throws {
        try await Bench.run(subject, settings: ["auto_id_prefix made-"]) { bench in
            let (session, _) = bench.makeSession("")
            let answer = try await session.connect()
            #expect(answer.limits.assignedClientID?.hasPrefix("made-") == true, "\(answer)")
            await session.disconnect()
            let (kept, _) = bench.makeSession("", kept: true)
            await expectError(.invalid) { _ = try await kept.connect() }
        }
    }

    /// The codes of a SUBACK are handed out as they came.
    @Test(arguments: Subject.version5) func aRefusedSubscriptionSaysWhy(_ subject: Subject) async throws {
        let broker = try ScriptedBroker { first, body in
            switch first >> 4 {
            case 1: .send(ScriptedBroker.connack(.v5))
            case 8: .send([0x90, 6] + body.prefix(2) + [0, 1, 0x87, 0x8F])
            default: .silence
            }
        }
        try await Lonely.run(subject, port: broker.port, { _ in }) { lonely in
            _ = try await lonely.session.connect()
            let answers = try await lonely.session.request(["a", "b", "c"], qos: .exactlyOnce)
            #expect(
                answers == [.granted(.atLeastOnce), .refused(ReasonCode(rawValue: 0x87)), .refused(ReasonCode(rawValue: 0x8F))])
            await lonely.session.disconnect()
        }
    }
}
