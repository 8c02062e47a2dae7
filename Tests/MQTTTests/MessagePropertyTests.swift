import MQTT
import Testing

/// The properties of messages in MQTT 5.0, and that MQTT 3.1.1 has none.
@Suite struct MessagePropertyTests {
    private static let version5 = Subject.all.filter { $0.version == .v5 }
    private static let version311 = Subject.all.filter { $0.version == .v311 }

    private static let several = MessageProperties(
        contentType: "application/json; charset=utf-8",
        user: [
            .init("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), .init("tag", "b"), .init("tag", ""),
            .init("größe", "大きい 🙂"), .init("tag", "a"), .init("", "no key"), .init("tag", "b"), .init("", ""),
        ])

    private func publish(
        _ session: any MQTTSession, _ text: String, qos: QoS = .atLeastOnce, token: UInt64, _ properties: MessageProperties
    ) throws(MQTTError) {
        let bytes = Array(text.utf8)
        try session.publish(topic: "a", payload: bytes.span, qos: qos, retain: false, token: token, properties: properties)
    }

    @Test(arguments: version5, QoS.allCases)
    func propertiesArriveAsTheyWereInOrder(_ subject: Subject, _ qos: QoS) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session") { $0.readsProperties = true }
            _ = try await session.subscribe(["a"], qos: .exactlyOnce)
            let (other, others) = try await bench.connected("other")
            _ = try await other.subscribe(["a"], qos: .exactlyOnce)
            let sent = [
                Self.several, MessageProperties(), .init(contentType: "text/plain"), .init(user: [.init("k", "v")]),
                .init(contentType: "x", user: [.init("k", String(repeating: "ü", count: 30_000))]),
            ]
            for (token, properties) in sent.enumerated() {
                try publish(session, "\(token)", qos: qos, token: UInt64(token), properties)
            }
            try session.publish("plain", to: "a", qos: qos, token: 9)
            try await recorder.until("the messages") { $0.messages.count == sent.count + 1 }
            try await recorder.until("the outcomes") { $0.outcomes.count == sent.count + 1 }
            #expect(recorder.texts == sent.indices.map { "\($0)" } + ["plain"])
            #expect(recorder.messages.map(\.delivery.properties) == sent.map { $0.isEmpty ? nil : $0 } + [nil])
            // Who does not ask for them gets the messages all the same.
            try await others.until("the messages") { $0.messages.count == sent.count + 1 }
            #expect(others.messages.allSatisfy { $0.delivery.properties == nil })
            await session.disconnect()
            await other.disconnect()
        }
    }

    /// A message that is sent again has what it had.
    @Test(arguments: version5)
    func propertiesAreSentAgain(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (watcher, seen) = try await bench.connected("watcher") { $0.readsProperties = true }
            _ = try await watcher.subscribe(["a"], qos: .exactlyOnce)
            let (session, told) = try await bench.connected("session", kept: true)
            session.setWriting(false)
            try publish(session, "x", token: 1, Self.several)
            session.drop()
            try await told.until("the end") { $0.ends.count == 1 }
            #expect(try await session.connect().sessionPresent)
            try await seen.until("the message") { $0.texts == ["x"] }
            #expect(seen.messages[0].delivery.properties == Self.several)
            await session.disconnect()
            await watcher.disconnect()
        }
    }

    @Test(arguments: version5)
    func textsThatCannotBeSentAreRefusedAndNothingIsInFlight(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session")
            let sentence =
                "The properties of a message on 'a' cannot be sent: a text is at most 65,535 bytes without control characters and "
                + "code points that Unicode reserves, and a content type is not empty."
            let long = String(repeating: "x", count: 65_536)
            for text in ["a\0b", "line\n", "\u{85}", "\u{FFFE}", "\u{10FFFF}", long] {
                for properties in [
                    MessageProperties(contentType: text), .init(user: [.init(text, "v")]),
                    .init(user: [.init("k", "v"), .init("k", text)]),
                ] {
                    let error = await expectError(.invalid) { try publish(session, "x", token: 1, properties) }
                    #expect(error?.description == sentence)
                }
            }
            await expectError(.invalid) { try publish(session, "x", token: 1, .init(contentType: "")) }
            #expect(session.inFlight == 0)
            try publish(session, "x", token: 2, .init(contentType: String(long.dropLast())))
            try await recorder.until("PUBACK") { $0.outcome(of: 2) == .acked }
            await session.disconnect()
        }
    }

    /// CONNACK said how large a packet may be (MQTT 5.0, 3.2.2.3.6): up to that it is sent, and one byte more is refused here.
    @Test(arguments: version5, QoS.allCases)
    func theSizeCountsTheProperties(_ subject: Subject, _ qos: QoS) async throws {
        try await Bench.run(subject, settings: ["max_packet_size 1000"]) { bench in
            let (session, recorder) = try await bench.connected("session")
            // Type and length 3, topic 3, packet identifier 2 above QoS 0, length of the properties 2, content type 3 + 4, user property 5 + 1 + n,
            // payload 1.
            let fits = 1000 - 22 - (qos == .atMostOnce ? 0 : 2)
            func properties(_ count: Int) -> MessageProperties {
                .init(contentType: "text", user: [.init("k", String(repeating: "x", count: count))])
            }
            for more in 1...3 {
                let error = await expectError(.packetTooLarge) { try publish(session, "x", qos: qos, token: 1, properties(fits + more)) }
                #expect(error?.description.contains("makes a packet of \(1000 + more) bytes") == true)
            }
            #expect(session.inFlight == 0)
            try publish(session, "x", qos: qos, token: 2, properties(fits))
            try await recorder.until("the outcome") { $0.outcome(of: 2) == .acked }
            // Still there after a round trip: the broker took it.
            try session.publish("x", to: "a", qos: .atLeastOnce, token: 3)
            try await recorder.until("PUBACK") { $0.outcome(of: 3) == .acked }
            await session.disconnect()
        }
    }

    @Test(arguments: version311)
    func version311RefusesThem(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session") { $0.readsProperties = true }
            _ = try await session.subscribe(["a"], qos: .atLeastOnce)
            for properties in [Self.several, .init(contentType: ""), .init(user: [.init("", "")])] {
                let error = await expectError(.invalid) { try publish(session, "x", token: 1, properties) }
                #expect(
                    error?.description
                        == "A message on 'a' has properties, and client 'session' speaks MQTT 3.1.1, which has none: "
                        + "use version 5.0 or leave them out.")
            }
            #expect(session.inFlight == 0)
            try publish(session, "none", token: 2, MessageProperties())
            try await recorder.until("the message") { $0.texts == ["none"] }
            #expect(recorder.messages[0].delivery.properties == nil)
            await session.disconnect()
        }
    }
}
