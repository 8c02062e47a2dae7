import MQTT
import Testing

@testable import Harness

/// What does not leave while writing is stopped, and that it leaves afterwards.
@Suite(.timeLimit(.minutes(2))) struct WritingTests {
    /// A kept session that has a subscription at `qos` to `in` and another that publishes there.
    private func prepare(
        _ bench: isolated Bench, _ qos: QoS
    ) async throws -> (session: any MQTTSession, inbox: Recorder, publisher: any MQTTSession, outbox: Recorder) {
        let (session, inbox) = try await bench.connected("service", kept: true)
        _ = try await session.subscribe(["in"], qos: qos)
        let (publisher, outbox) = try await bench.connected("publisher")
        return (session, inbox, publisher, outbox)
    }

    /// What a later process of the same client gets, up to a message that is published now.
    private func textsOfSuccessor(_ bench: isolated Bench, _ publisher: any MQTTSession) async throws -> [String] {
        let (successor, inbox) = bench.makeSession("service", kept: true)
        #expect(try await successor.connect().sessionPresent)
        try publisher.publish("end", to: "in", qos: .exactlyOnce, token: 1_000)
        try await inbox.until("the end") { $0.texts.last == "end" }
        let texts = inbox.texts
        await successor.disconnect()
        return texts
    }

    @Test(arguments: Subject.all, [false, true])
    func whatIsReceivedIsNotAcknowledged(_ subject: Subject, _ stopsInHandler: Bool) async throws {
        try await Bench.run(subject) { bench in
            let (session, inbox, publisher, outbox) = try await prepare(bench, .atLeastOnce)
            // From within a delivery, too: its acknowledgement has not left yet.
            if stopsInHandler { inbox.whenReceived = { session, _ in session.setWriting(false) } } else { session.setWriting(false) }
            for token in 1...3 { try publisher.publish("\(token)", to: "in", qos: .atLeastOnce, token: UInt64(token)) }
            try await inbox.until("the messages") { $0.messages.count == 3 }
            try await outbox.until("the outcomes") { $0.outcomes.count == 3 }
            // Several turns, and a tick of the keep-alive, in which it could leave.
            try await bench.pause(milliseconds: 1_200)
            #expect(session.isConnected)
            session.drop()
            try await inbox.until("the end") { $0.ends == [.requested] }
            #expect(try await textsOfSuccessor(bench, publisher) == ["1", "2", "3", "end"])
            await publisher.disconnect()
        }
    }

    /// Without PUBREC the broker sends it again. One engine waits for PUBREL with it, so it had none yet; the other hands it on at PUBLISH (MQTT 4.3.3).
    @Test(arguments: Subject.all)
    func whatIsReceivedAtQoS2IsNotAcknowledged(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, inbox, publisher, outbox) = try await prepare(bench, .exactlyOnce)
            session.setWriting(false)
            for token in 1...3 { try publisher.publish("\(token)", to: "in", qos: .exactlyOnce, token: UInt64(token)) }
            try await outbox.until("the outcomes") { $0.outcomes.count == 3 }
            try await bench.pause(milliseconds: 50)
            session.drop()
            try await inbox.until("the end") { $0.ends == [.requested] }
            #expect(inbox.texts == (subject.engine == .wire ? ["1", "2", "3"] : []))
            #expect(try await textsOfSuccessor(bench, publisher) == ["1", "2", "3", "end"])
            await publisher.disconnect()
        }
    }

    @Test(arguments: Subject.all, [QoS.atLeastOnce, .exactlyOnce])
    func whatWasHeldIsAcknowledgedWhenWritingIsResumed(_ subject: Subject, _ qos: QoS) async throws {
        try await Bench.run(subject) { bench in
            let (session, inbox, publisher, outbox) = try await prepare(bench, qos)
            session.setWriting(false)
            for token in 1...3 { try publisher.publish("\(token)", to: "in", qos: qos, token: UInt64(token)) }
            try await outbox.until("the outcomes") { $0.outcomes.count == 3 }
            if qos == .atLeastOnce { try await inbox.until("the messages") { $0.messages.count == 3 } }
            session.setWriting(true)
            try await inbox.until("the messages") { $0.messages.count == 3 }
            // The broker answers in order (MQTT-4.6.0-1), so what was written before it has been read.
            try session.publish("out", to: "out", qos: .exactlyOnce, token: 1)
            try await inbox.until("the outcome") { $0.outcome(of: 1) == .acked }
            session.drop()
            try await inbox.until("the end") { $0.ends == [.requested] }
            #expect(inbox.texts == ["1", "2", "3"])
            #expect(try await textsOfSuccessor(bench, publisher) == ["end"])
            await publisher.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func whatIsPublishedLeavesInOrderWhenWritingIsResumed(_ subject: Subject) async throws {
        // mosquitto delivers at QoS 0 at once what waits at QoS 1 while more than this is in flight.
        try await Bench.run(subject, settings: ["max_inflight_messages 100"]) { bench in
            let (watcher, seen) = try await bench.connected("watcher")
            _ = try await watcher.subscribe(["out"], qos: .exactlyOnce)
            let (session, told) = try await bench.connected("session")
            // Appended before, in the same turn: it is held as well.
            try session.publish("0", to: "out", qos: .atLeastOnce, token: 0)
            session.setWriting(false)
            for token in 1..<30 {
                try session.publish("\(token)", to: "out", qos: .atLeastOnce, token: UInt64(token))
                if token % 10 == 0 { try await bench.pause(milliseconds: 10) }
            }
            for token in 30..<40 { try session.publish("\(token)", to: "out", qos: .atMostOnce, token: UInt64(token)) }
            try await bench.pause(milliseconds: 50)
            #expect(seen.messages.isEmpty && told.outcomes.isEmpty && session.inFlight == 40)
            session.setWriting(true)
            try await told.until("the outcomes") { $0.outcomes.count == 40 }
            try await seen.until("the messages") { $0.messages.count >= 40 }
            #expect(seen.texts == (0..<40).map { "\($0)" })
            #expect((0..<40).allSatisfy { told.outcome(of: $0) == .acked })
            await session.disconnect()
            await watcher.disconnect()
        }
    }

    /// More than the socket takes at once: stopped where it is, in the midst of a packet.
    @Test(arguments: Subject.all)
    func aSocketThatIsFullWhenWritingIsStoppedGoesOn(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, told) = try await bench.connected("session")
            bench.broker.freeze(true)
            defer { bench.broker.freeze(false) }
            let large = String(repeating: "x", count: 1 << 20)
            for token in 1...20 { try session.publish(large, to: "out", qos: .atLeastOnce, token: UInt64(token)) }
            try await bench.pause(milliseconds: 20)
            session.setWriting(false)
            bench.broker.freeze(false)
            // Long enough for all 20 MiB, of which the kernel holds a part.
            try await bench.pause(milliseconds: 500)
            #expect(told.outcomes.count < 20)
            session.setWriting(true)
            try await told.until("the outcomes") { $0.outcomes.count == 20 }
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func disconnectingLetsWhatIsHeldLeave(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, inbox, publisher, _) = try await prepare(bench, .atLeastOnce)
            let (watcher, seen) = try await bench.connected("watcher")
            _ = try await watcher.subscribe(["out"], qos: .atLeastOnce)
            session.setWriting(false)
            try publisher.publish("1", to: "in", qos: .atLeastOnce, token: 1)
            try await inbox.until("the message") { $0.messages.count == 1 }
            try session.publish("last", to: "out", qos: .atMostOnce, token: 1)
            await session.disconnect()
            try await seen.until("the last message") { $0.texts == ["last"] }
            #expect(try await textsOfSuccessor(bench, publisher) == ["end"])
            await publisher.disconnect()
            await watcher.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aConnectionThatEndsWhileHeldIsFollowedByOneThatWrites(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, inbox, publisher, _) = try await prepare(bench, .atLeastOnce)
            session.setWriting(false)
            try publisher.publish("1", to: "in", qos: .atLeastOnce, token: 1)
            try await inbox.until("the message") { $0.messages.count == 1 }
            try session.publish("out", to: "out", qos: .atLeastOnce, token: 7)
            session.drop()
            try await inbox.until("the end") { $0.ends.count == 1 }
            // Nobody is connected: nothing to stop.
            session.setWriting(false)
            #expect(try await session.connect().sessionPresent)
            try await inbox.until("the message again, and the outcome") { $0.texts == ["1", "1"] && $0.outcome(of: 7) == .acked }
            // The broker ends it.
            session.setWriting(false)
            try session.publish("lost", to: "out", qos: .atMostOnce, token: 8)
            bench.broker.kill()
            try await inbox.until("the second end") { $0.ends.count == 2 }
            #expect(inbox.outcome(of: 8) == .unknown && !session.isConnected)
            session.setWriting(true)
            await session.disconnect()
        }
    }
}
