import Foundation
import MQTT
import Testing

@testable import Harness

/// How connections begin and end, and what becomes of a session in between.
@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    @Test(arguments: Subject.all)
    func aPortWhereNobodyListensIsUnreachable(_ subject: Subject) async throws {
        let port = try #require(Loopback.freePort())
        try await Bench.run(subject) { bench in
            let (session, recorder) = bench.makeSession("lonely") { $0.port = port }
            let error = await expectError(.unreachable) { _ = try await session.connect() }
            #expect(error?.description == "No connection to 127.0.0.1:\(port): Connection refused.")
            #expect(!session.isConnected && session.sendCredit == 0 && recorder.ends.isEmpty)
            await expectError(.notConnected) { try session.publish("x", to: "a", qos: .atLeastOnce, token: 1) }
        }
    }

    @Test(arguments: Subject.all)
    func aRefusalCarriesTheReasonOfTheBroker(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            let passwords = directory + "/passwords"
            try run("mosquitto_passwd", "-b", "-c", passwords, "anna", "secret")
            try await Bench.run(subject, settings: ["allow_anonymous false", "password_file \(passwords)"]) { bench in
                // "Not authorized": 5 in MQTT 3.1.1 (3.2.2.3), 0x87 in 5.0 (3.2.2.2).
                let code = ReasonCode(rawValue: subject.version == .v5 ? 0x87 : 5)
                for credentials in [nil, SessionConfiguration.Credentials(user: "anna", password: "wrong")] {
                    let (session, _) = bench.makeSession("anna") { $0.credentials = credentials }
                    let error = await expectError(.refused(code)) { _ = try await session.connect() }
                    #expect(
                        error?.description.contains("refused client 'anna': not authorized (\(subject.version == .v5 ? "0x87" : "5")).")
                            == true)
                    // Without a user he is what is missing, with one he is what is wrong.
                    let advice = credentials == nil ? "It wants a user and a password" : "Check the user and the password"
                    #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
                }
                let (session, _) = try await bench.connected("anna") { $0.credentials = .init(user: "anna", password: "secret") }
                #expect(session.isConnected)
                await session.disconnect()
            }
        }
    }

    @Test(arguments: Subject.all)
    func aKeptSessionGetsWhatCameWhileItWasAway(_ subject: Subject) async throws {
        // See eachMessageIsDeliveredOnceWithItsOutcome.
        try await Bench.run(subject, settings: ["max_inflight_messages 100"]) { bench in
            let (subscriber, inbox) = bench.makeSession("subscriber", kept: true)
            #expect(try await subscriber.connect().sessionPresent == false)
            _ = try await subscriber.subscribe(["a"], qos: .exactlyOnce)
            subscriber.drop()
            try await inbox.until("the end") { $0.ends == [.requested] }
            let (publisher, outbox) = try await bench.connected("publisher")
            for token in 0..<50 {
                try publisher.publish("\(token)", to: "a", qos: token % 2 == 0 ? .atLeastOnce : .exactlyOnce, token: UInt64(token))
            }
            try await outbox.until("the outcomes") { $0.outcomes.count == 50 }
            #expect(inbox.messages.isEmpty)
            #expect(try await subscriber.connect().sessionPresent)
            try await inbox.until("the messages") { $0.messages.count >= 50 }
            // The order is that of each QoS (MQTT-4.6.0-5, -6).
            for (qos, first) in [(QoS.atLeastOnce, 0), (.exactlyOnce, 1)] {
                let texts = inbox.messages.filter { $0.delivery.qos == qos }.map(\.text)
                #expect(texts == stride(from: first, to: 50, by: 2).map { "\($0)" })
            }
            #expect(inbox.messages.count == 50)
            await subscriber.disconnect()
            await publisher.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func whatAKeptSessionHadInFlightIsSentAgain(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (publisher, outbox) = try await bench.connected("publisher", kept: true)
            bench.broker.freeze(true)
            defer { bench.broker.freeze(false) }
            for token in 1...6 {
                try publisher.publish("\(token)", to: "a", qos: token % 2 == 0 ? .atLeastOnce : .exactlyOnce, token: UInt64(token))
            }
            try await bench.pause(milliseconds: 20)
            publisher.drop()
            try await outbox.until("the end") { $0.ends.count == 1 }
            #expect(outbox.outcomes.isEmpty && publisher.inFlight == 6)
            bench.broker.freeze(false)
            #expect(try await publisher.connect().sessionPresent)
            #expect(outbox.resent == [1, 2, 3, 4, 5, 6])
            try await outbox.until("the outcomes") { $0.outcomes.count == 6 }
            #expect((1...6).allSatisfy { outbox.outcome(of: $0) == .acked })
            await publisher.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func whatACleanSessionHadInFlightHasNoKnownOutcome(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (publisher, outbox) = try await bench.connected("publisher")
            bench.broker.freeze(true)
            defer { bench.broker.freeze(false) }
            for token in 1...3 { try publisher.publish("x", to: "a", qos: .atLeastOnce, token: UInt64(token)) }
            try await bench.pause(milliseconds: 20)
            publisher.drop()
            try await outbox.until("the outcomes") { $0.outcomes.count == 3 }
            #expect((1...3).allSatisfy { outbox.outcome(of: $0) == .unknown })
            bench.broker.freeze(false)
            #expect(try await publisher.connect().sessionPresent == false)
            #expect(outbox.resent.isEmpty && publisher.inFlight == 0)
            try publisher.publish("x", to: "a", qos: .exactlyOnce, token: 4)
            try await outbox.until("PUBCOMP") { $0.outcome(of: 4) == .acked }
            await publisher.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func aSecondClientOfTheSameNameEndsTheFirst(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (first, told) = try await bench.connected("twin")
            let (second, _) = try await bench.connected("twin")
            try await told.until("the end") { $0.ends.count == 1 }
            // mosquitto 2.0.11 closes without the DISCONNECT that MQTT 5.0 asks for (4.13).
            if case .lost = told.ends[0] {} else { Issue.record("\(told.ends)") }
            #expect(!first.isConnected && second.isConnected)
            await second.disconnect()
        }
    }

    private static let plugin = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib"))?
        .map { "/usr/lib/\($0)/mosquitto_dynamic_security.so" }.first { FileManager.default.fileExists(atPath: $0) }

    @Test(.enabled(if: plugin != nil, "mosquitto's dynamic security plugin is not installed"), arguments: Subject.all)
    func aClientThatTheBrokerThrowsOutIsToldWhyWhereTheProtocolCan(_ subject: Subject) async throws {
        let plugin = try #require(Self.plugin)
        try await inTemporaryDirectory { directory in
            let rules = directory + "/rules.json"
            try run("mosquitto_ctrl", "dynsec", "init", rules, "admin", "secret")
            try await Bench.run(subject, settings: ["plugin \(plugin)", "plugin_opt_config_file \(rules)"]) { bench in
                let control = ["mosquitto_ctrl", "-h", "127.0.0.1", "-p", "\(bench.broker.port)", "-u", "admin", "-P", "secret", "dynsec"]
                try run(control + ["createClient", "anna", "-p", "secret"])
                let (session, recorder) = try await bench.connected("anna") { $0.credentials = .init(user: "anna", password: "secret") }
                try run(control + ["disableClient", "anna"])
                try await recorder.until("the end") { $0.ends.count == 1 }
                #expect(!session.isConnected)
                // MQTT 3.1.1 has no DISCONNECT from the broker; 5.0 calls this an administrative action (3.14.2.1).
                if subject.version == .v5 {
                    #expect(recorder.ends == [.byBroker(reason: 0x98)])
                } else if case .lost = recorder.ends[0] {
                } else {
                    Issue.record("\(recorder.ends)")
                }
            }
        }
    }

    @Test(arguments: Subject.all)
    func aPacketThatIsTooLargeDoesNotPassForSent(_ subject: Subject) async throws {
        try await Bench.run(subject, settings: ["max_packet_size 1000"]) { bench in
            let (session, recorder) = try await bench.connected("session")
            let large = String(repeating: "x", count: 2_000)
            if subject.version == .v5 {
                // CONNACK said so (MQTT 5.0, 3.2.2.3.6), so it is refused here and the connection lives on.
                await expectError(.packetTooLarge) { try session.publish(large, to: "a", qos: .atLeastOnce, token: 1) }
                try session.publish("x", to: "a", qos: .atLeastOnce, token: 2)
                try await recorder.until("PUBACK") { $0.outcome(of: 2) == .acked }
                await session.disconnect()
            } else {
                // The broker can only close the connection.
                try session.publish(large, to: "a", qos: .atLeastOnce, token: 1)
                try await recorder.until("the outcome") { $0.outcome(of: 1) == .unknown }
                try await recorder.until("the end") { $0.ends.count == 1 }
            }
        }
    }

    @Test(arguments: Subject.all)
    func aBrokerThatIsGoneComesBackWithoutTheSession(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("session", kept: true)
            _ = try await session.subscribe(["a"], qos: .atLeastOnce)
            bench.broker.kill()
            try await recorder.until("the end") { $0.ends.count == 1 }
            if case .lost = recorder.ends[0] {} else { Issue.record("\(recorder.ends)") }
            // Its listener may be open a moment longer than the connection.
            while bench.broker.isRunning { try await bench.pause(milliseconds: 5) }
            await expectError(.unreachable) { _ = try await session.connect() }
            try await withSuccessor(of: bench) {
                #expect(try await session.connect().sessionPresent == false)
                _ = try await session.subscribe(["a"], qos: .atLeastOnce)
                try session.publish("again", to: "a", qos: .atLeastOnce, token: 1)
                try await recorder.until("the message") { $0.texts == ["again"] }
                await session.disconnect()
            }
        }
    }

    @Test(arguments: Subject.all)
    func theWillIsPublishedUnlessTheClientSaysGoodbye(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (watcher, inbox) = try await bench.connected("watcher")
            _ = try await watcher.subscribe(["will/+"], qos: .atLeastOnce)
            for (name, leave) in [("polite", true), ("gone", false)] {
                let (session, _) = try await bench.connected(name) {
                    $0.will = .init(topic: "will/\(name)", payload: Array("bye".utf8), qos: .atLeastOnce)
                }
                if leave { await session.disconnect() } else { session.drop() }
            }
            try await inbox.until("the will") { !$0.messages.isEmpty }
            try await bench.pause(milliseconds: 50)
            #expect(inbox.messages.map(\.topic) == ["will/gone"])
            await watcher.disconnect()
        }
    }

    /// Each attempt is timed anew; what there was not has no time.
    @Test(arguments: Subject.all)
    func theStepsOfAConnectionAreTimed(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, _) = bench.makeSession("timed")
            #expect(session.connectTimes == ConnectTimes())
            _ = try await session.connect()
            let first = session.connectTimes
            let (whole, tcp, connack) = try (#require(first.whole), #require(first.tcp), #require(first.connack))
            #expect(tcp > 0 && connack > 0 && first.tls == nil && whole >= tcp + connack)
            await session.disconnect()
            try await bench.pause(milliseconds: 50)
            _ = try await session.connect()
            #expect(session.connectTimes != first && session.connectTimes.whole ?? 0 > 0)
            await session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func anEncryptedConnectionTrustsOnlyWhomItIsTold(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            let certificate = directory + "/certificate.pem"
            let key = directory + "/key.pem"
            try run(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=waybill", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
            // Where the tests run as root, the broker does not.
            try #require(chmod(key, 0o644) == 0)
            try await Bench.run(subject, settings: ["certfile \(certificate)", "keyfile \(key)", "max_inflight_messages 100"]) { bench in
                let (session, recorder) = try await bench.connected("trusting") { $0.tls = .init(authorities: certificate) }
                // The library does not tell where TLS ends and MQTT begins.
                let times = session.connectTimes
                #expect((times.tls != nil) == (subject.engine == .wire) && (times.connack != nil) == (subject.engine == .wire))
                #expect(times.tcp ?? 0 > 0 && times.whole ?? 0 >= (times.tcp ?? 0) + (times.tls ?? 0) + (times.connack ?? 0))
                // What was verified is told, and ends with the connection.
                #expect(session.encryption?.hasPrefix("TLSv1.3, TLS_") == true, "\(String(describing: session.encryption))")
                #expect(
                    session.encryption?.hasSuffix("the broker's certificate is trusted and is for 127.0.0.1, no client certificate") == true
                )
                _ = try await session.subscribe(["a"], qos: .exactlyOnce)
                for token in 0..<50 { try session.publish("\(token)", to: "a", qos: .exactlyOnce, token: UInt64(token)) }
                try await recorder.until("the messages") { $0.messages.count == 50 }
                #expect(recorder.texts == (0..<50).map { "\($0)" })
                await session.disconnect()
                #expect(session.encryption == nil)

                let (stranger, _) = bench.makeSession("stranger") { $0.tls = .init() }
                let error = await expectError(.unreachable) { _ = try await stranger.connect() }
                #expect(error?.description.contains("not signed by an authority that is trusted here") == true)
            }
        }
    }

    /// Runs a program to its end.
    private func run(_ words: String...) throws { try run(words) }

    private func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(words) failed")
    }
}
