import Foundation
import Glibc
import MQTT
import Testing

@testable import Harness

/// What was meant and what happened: each sentence names the likely cause and what to do. Brokers mostly just close the connection.
@Suite(.timeLimit(.minutes(2))) struct LikelyCauseTests {
    /// Who listens.
    enum Server: Sendable {
        /// A mosquitto with these settings; `DIR` in them stands for the directory with the certificates.
        case mosquitto([String])
        /// A scripted one.
        case script(@Sendable (UInt8, [UInt8]) -> ScriptedBroker.Reply)
        /// Nobody.
        case none
    }

    struct Situation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var server: Server
        var version = ProtocolVersion.v311
        /// What the client is told beside host and port; the text is the directory with the certificates.
        var adjust: @Sendable (inout SessionConfiguration, String) -> Void = { _, _ in }
        /// What the sentence has to say.
        var says: [String]
    }

    private static let encrypted = ["certfile DIR/server.pem", "keyfile DIR/server.key"]
    private static let named: @Sendable (inout SessionConfiguration, String) -> Void = { session, directory in
        session.host = "broker.test"
        session.addresses = ["127.0.0.1"]
        session.tls = .init(authorities: directory + "/server.pem")
    }

    static let situations: [Situation] = [
        Situation(
            testDescription: "plain to a TLS port", server: .mosquitto(encrypted),
            says: ["instead of answering CONNECT of client 'lonely'", "use mqtts://"]),
        Situation(
            testDescription: "plain to a TLS port, which answers with an alert",
            server: .script { _, _ in .send([0x15, 3, 3, 0, 2, 2, 70]) }, says: ["It speaks TLS on that port: use mqtts://."]),
        Situation(
            testDescription: "an HTTP server", server: .script { _, _ in .send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) },
            says: ["It speaks HTTP on that port, not MQTT"]),
        Situation(
            testDescription: "TLS to a plain port", server: .mosquitto([]),
            adjust: { session, _ in session.tls = .init() }, says: ["use mqtt://"]),
        Situation(
            testDescription: "a client certificate that is missing",
            server: .mosquitto(encrypted + ["cafile DIR/server.pem", "require_certificate true"]), adjust: named,
            says: ["the broker wants a client certificate", "cert_file", "key_file"]),
        Situation(
            testDescription: "a client certificate that the broker does not trust",
            server: .mosquitto(encrypted + ["cafile DIR/server.pem", "require_certificate true"]),
            adjust: { session, directory in
                named(&session, directory)
                session.tls?.certificate = directory + "/stranger.pem"
                session.tls?.key = directory + "/stranger.key"
            }, says: ["the broker does not trust the client certificate", "stranger.pem"]),
        Situation(
            testDescription: "an authority that is not trusted", server: .mosquitto(encrypted),
            adjust: { session, directory in
                named(&session, directory)
                session.tls?.authorities = directory + "/stranger.pem"
            }, says: ["not signed by an authority that is trusted here"]),
        Situation(
            testDescription: "a certificate for another host name", server: .mosquitto(encrypted),
            adjust: { session, directory in
                named(&session, directory)
                session.host = "other.test"
            }, says: ["the broker's certificate is for another host name than 'other.test'"]),
        Situation(
            testDescription: "a certificate for another address", server: .mosquitto(encrypted),
            adjust: { session, directory in session.tls = .init(authorities: directory + "/server.pem") },
            says: ["the broker's certificate is for another host name than '127.0.0.1'"]),
        Situation(
            testDescription: "an encrypted key without a password", server: .mosquitto(encrypted),
            adjust: { session, directory in
                named(&session, directory)
                session.tls?.certificate = directory + "/stranger.pem"
                session.tls?.key = directory + "/secret.key"
            }, says: ["secret.key is encrypted, and no password is given", "key_password_file", "WAYBILL_KEY_PASSWORD"]),
        Situation(
            testDescription: "an encrypted key with the wrong password", server: .mosquitto(encrypted),
            adjust: { session, directory in
                named(&session, directory)
                session.tls?.certificate = directory + "/stranger.pem"
                session.tls?.key = directory + "/secret.key"
                session.tls?.keyPassword = "wrong"
            }, says: ["the password given for the key", "is not the right one"]),
        Situation(
            testDescription: "too many connections", server: .script { _, _ in .close },
            says: ["as many connections as it takes"]),
        Situation(
            testDescription: "a broker without MQTT 5.0 that closes",
            server: .script { _, body in body[6] == 5 ? .close : .send(ScriptedBroker.connack(.v311)) }, version: .v5,
            says: ["Probably it does not speak MQTT 5.0 (use protocol \"3.1.1\")"]),
        Situation(
            testDescription: "a broker without MQTT 5.0 that says so", server: .script { _, _ in .send([0x20, 2, 0, 1]) }, version: .v5,
            says: ["unsupported protocol version (0x84)", "use protocol \"3.1.1\""]),
        Situation(
            testDescription: "an identifier that is rejected", server: .script { _, _ in .send(ScriptedBroker.connack(.v5, reason: 0x85)) },
            version: .v5, says: ["client identifier not valid (0x85)", "only identifiers of a certain form"]),
        Situation(
            testDescription: "a keep-alive that is too long", server: .script { _, _ in .send(ScriptedBroker.connack(.v311, reason: 2)) },
            says: ["client identifier rejected (2)", "no keep-alive of 60 s", "shorten it"]),
        Situation(
            testDescription: "no user", server: .mosquitto(["allow_anonymous false"]),
            says: ["not authorized (5)", "--user", "--password-file"]),
        Situation(
            testDescription: "a reason in the broker's words",
            server: .script { _, _ in .send(ScriptedBroker.connack(.v5, reason: 0x97, properties: [0x1F, 0, 4] + Array("full".utf8))) },
            version: .v5, says: ["quota exceeded (0x97)", "It says: full", "as many connections as it takes"]),
        Situation(testDescription: "nobody there", server: .none, says: ["No connection to 127.0.0.1", "Connection refused"]),
        Situation(
            testDescription: "a name that nobody knows", server: .none, adjust: { session, _ in session.host = "nowhere.invalid" },
            says: ["The host 'nowhere.invalid' is not known: "]),
        Situation(
            testDescription: "a file that is not there", server: .none,
            adjust: { session, directory in session.tls = .init(authorities: directory + "/nothing.pem") },
            says: ["nothing.pem, a TLS file of client 'lonely', cannot be read: No such file or directory"]),
    ]

    @Test(arguments: situations, MQTTEngine.allCases)
    func theSentenceNamesTheLikelyCause(_ situation: Situation, _ engine: MQTTEngine) async throws {
        try await withCertificates { directory in
            switch situation.server {
            case .none: try await expect(situation, engine, port: try #require(Loopback.freePort()), directory)
            case .script(let reply):
                let broker = try ScriptedBroker(reply)
                try await expect(situation, engine, port: broker.port, directory)
            case .mosquitto(let settings):
                try await EmbeddedBroker.with(
                    settings: settings.map { $0.replacing("DIR", with: directory) }, directory: directory
                ) { try await expect(situation, engine, port: $0.port, directory) }
            }
        }
    }

    private func expect(_ situation: Situation, _ engine: MQTTEngine, port: UInt16, _ directory: String) async throws {
        try await Lonely.run(
            Subject(engine: engine, version: situation.version), port: port, limit: 5_000_000_000, { situation.adjust(&$0, directory) }
        ) { lonely in
            do {
                _ = try await lonely.session.connect()
                Issue.record("The connection was made.")
            } catch {
                for text in situation.says { #expect("\(error)".contains(text), "\(error)") }
                #expect(!"\(error)".contains("Error Domain"))
            }
        }
    }

    /// One identifier for two: in MQTT 5.0 the broker says so, in 3.1.1 it just closes.
    @Test(arguments: Subject.all)
    func whoIsThrownOutByAnotherIsToldWhy(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (first, recorder) = try await bench.connected("twin")
            let (second, _) = try await bench.connected("twin")
            try await recorder.until("the end") { !$0.ends.isEmpty }
            // mosquitto 2.0.11 sends no DISCONNECT in MQTT 5.0 either.
            #expect(recorder.ends == [.lost("the broker closed the connection without a reason")])
            let cause = first.likelyCauseOfEnd
            #expect(cause?.contains("another client may have the same identifier") == true, "\(String(describing: cause))")
            #expect(cause?.contains("use_username_as_clientid") == true)
            await second.disconnect()
        }
    }

    /// All clients of one user get one identifier from the broker, and each throws out the one before.
    @Test(arguments: Subject.all)
    func clientsThatTheBrokerGivesOneIdentifierAreToldSo(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            try run("mosquitto_passwd", "-b", "-c", directory + "/passwords", "anna", "secret")
            let settings = ["allow_anonymous false", "password_file \(directory)/passwords", "use_username_as_clientid true"]
            try await Bench.run(subject, settings: settings) { bench in
                let (first, recorder) = try await bench.connected("first") { $0.credentials = .init(user: "anna", password: "secret") }
                let (second, _) = try await bench.connected("second") { $0.credentials = .init(user: "anna", password: "secret") }
                try await recorder.until("the end") { !$0.ends.isEmpty }
                #expect(first.likelyCauseOfEnd?.contains("all clients of one user") == true)
                await second.disconnect()
            }
        }
    }

    @Test(arguments: MQTTEngine.allCases) func aReasonInDisconnectIsToldInWords(_ engine: MQTTEngine) async throws {
        let broker = try ScriptedBroker { first, _ in
            first >> 4 == 1 ? .send(ScriptedBroker.connack(.v5)) : .send([0xE0, 2, 0x8E, 0])
        }
        try await Lonely.run(Subject(engine: engine, version: .v5), port: broker.port, { _ in }) { lonely in
            let recorder = Recorder(on: lonely.reactor)
            lonely.session.handler = recorder
            _ = try await lonely.session.connect()
            let error = await expectError(.connectionLost) { _ = try await lonely.session.subscribe(["a"], qos: .atLeastOnce) }
            #expect(error?.description.contains("ended before the answer: the broker ended it, session taken over") == true)
            #expect(recorder.ends == [.byBroker(reason: ReasonCode.sessionTakenOver.rawValue)])
            #expect(
                recorder.ends.map(String.init(describing:)) == [
                    "the broker ended it, session taken over by another client of the same identifier (0x8E)"
                ])
            #expect(lonely.session.likelyCauseOfEnd?.contains("use_username_as_clientid") == true)
        }
    }

    /// What a broker says in DISCONNECT for people is passed on to them.
    @Test func whatTheBrokerSaysAsItEndsIsTold() async throws {
        let broker = try ScriptedBroker { first, _ in
            first >> 4 == 1 ? .send(ScriptedBroker.connack(.v5)) : .send([0xE0, 9, 0x98, 7, 0x1F, 0, 4] + Array("quit".utf8))
        }
        try await Lonely.run(Subject(engine: .wire, version: .v5), port: broker.port, { _ in }) { lonely in
            _ = try await lonely.session.connect()
            let error = await expectError(.connectionLost) { _ = try await lonely.session.subscribe(["a"], qos: .atLeastOnce) }
            #expect(
                error?.description.hasSuffix("the broker ended it, administrative action (0x98); it says: quit.") == true,
                "\(String(describing: error))")
            #expect(lonely.session.likelyCauseOfEnd == "it says: quit")
        }
    }

    /// A broker that closes over a message says nothing, so the message is told.
    @Test(arguments: MQTTEngine.allCases) func whoLosesTheConnectionOverAMessageIsToldWhich(_ engine: MQTTEngine) async throws {
        try await Bench.run(Subject(engine: engine, version: .v311), settings: ["max_packet_size 500"]) { bench in
            let (session, recorder) = try await bench.connected("session")
            try session.publish(String(repeating: "x", count: 600), to: "a/b/c", qos: .atLeastOnce, token: 1)
            try await recorder.until("the end") { !$0.ends.isEmpty }
            #expect(session.likelyCauseOfEnd?.hasPrefix("the last message before was 600 bytes on 'a/b/c' with 3 levels; ") == true)
        }
    }

    @Test func aMosquittoThatListensOnLocalhostOnlyIsTheLikelyCauseElsewhereOnly() {
        #expect(LikelyCause.ofUnreachable(ECONNREFUSED, address: "192.0.2.7")?.contains("localhost only") == true)
        #expect(LikelyCause.ofUnreachable(ECONNREFUSED, address: "127.0.0.1") == nil)
        #expect(LikelyCause.ofUnreachable(ECONNREFUSED, address: "::1") == nil)
        #expect(LikelyCause.ofUnreachable(ETIMEDOUT, address: "192.0.2.7") == nil)
    }

    // MARK: - Names with several addresses, and keys with a password

    @Test(arguments: [false, true], MQTTEngine.allCases)
    func eachAddressOfAHostIsTried(_ encrypted: Bool, _ engine: MQTTEngine) async throws {
        try await withCertificates { directory in
            let settings = encrypted ? Self.encrypted.map { $0.replacing("DIR", with: directory) } : []
            try await EmbeddedBroker.with(settings: settings, directory: directory) { broker in
                try await Lonely.run(
                    Subject(engine: engine, version: .v5), host: "broker.test", port: broker.port,
                    { session in
                        // Nobody listens at the first three; the last two are of one family.
                        session.addresses = ["::1", "127.0.0.9", "127.0.0.10", "127.0.0.1"]
                        if encrypted { session.tls = .init(authorities: directory + "/server.pem") }
                    }
                ) { lonely in
                    _ = try await lonely.session.connect()
                    _ = try await lonely.session.subscribe(["a"], qos: .atLeastOnce)
                    await lonely.session.disconnect()
                }
            }
        }
    }

    @Test(arguments: [false, true], MQTTEngine.allCases)
    func aHostNoneOfWhoseAddressesAnswersIsUnreachableAtEach(_ encrypted: Bool, _ engine: MQTTEngine) async throws {
        let port = try #require(Loopback.freePort())
        try await Lonely.run(
            Subject(engine: engine, version: .v5), host: "broker.test", port: port,
            { session in
                session.addresses = ["127.0.0.9", "127.0.0.1"]
                if encrypted { session.tls = .init() }
            }
        ) { lonely in
            let error = await expectError(.unreachable) { _ = try await lonely.session.connect() }
            #expect(
                error?.description
                    == (encrypted && engine == .libmosquitto
                        ? "No encrypted connection to broker.test:\(port), which has 2 addresses. "
                            + "127.0.0.9: the connection was refused; 127.0.0.1: the connection was refused."
                        : "\(encrypted ? "No encrypted connection" : "No connection") to broker.test:\(port), which has 2 addresses. "
                            + "127.0.0.9: Connection refused; 127.0.0.1: Connection refused."))
        }
    }

    /// An address where the kernel drops what is sent to it, before one that answers.
    @Test(arguments: MQTTEngine.allCases) func anAddressThatDoesNotAnswerLeavesTimeForTheNext(_ engine: MQTTEngine) async throws {
        try await withCertificates { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                try await Lonely.run(
                    Subject(engine: engine, version: .v5), host: "broker.test", port: broker.port, limit: 4_000_000_000,
                    // For documentation only (RFC 5737): nobody answers, or the network says at once that it leads nowhere.
                    { $0.addresses = ["192.0.2.1", "127.0.0.1"] }
                ) { lonely in
                    _ = try await lonely.session.connect()
                    await lonely.session.disconnect()
                }
            }
        }
    }

    @Test(arguments: MQTTEngine.allCases) func anEncryptedKeyIsOpenedWithItsPassword(_ engine: MQTTEngine) async throws {
        try await withCertificates { directory in
            let settings = ["certfile DIR/server.pem", "keyfile DIR/server.key", "cafile DIR/stranger.pem", "require_certificate true"]
            try await EmbeddedBroker.with(settings: settings.map { $0.replacing("DIR", with: directory) }, directory: directory) { broker in
                try await Lonely.run(
                    Subject(engine: engine, version: .v5), port: broker.port,
                    { session in
                        Self.named(&session, directory)
                        session.tls?.certificate = directory + "/stranger.pem"
                        session.tls?.key = directory + "/secret.key"
                        session.tls?.keyPassword = "pässword"
                    }
                ) { lonely in
                    _ = try await lonely.session.connect()
                    await lonely.session.disconnect()
                }
            }
        }
    }

    /// A directory with `server.pem` for broker.test, and `stranger.pem`, whose key is there as `stranger.key` and, with a password, as `secret.key`.
    private func withCertificates(_ body: (String) async throws -> Void) async throws {
        try await inTemporaryDirectory { directory in
            for (name, host) in [("server", "broker.test"), ("stranger", "stranger.test")] {
                try run(
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", "\(directory)/\(name).key", "-out",
                    "\(directory)/\(name).pem")
                // Where the tests run as root, the broker does not.
                try #require(chmod("\(directory)/\(name).key", 0o644) == 0)
            }
            try run(
                "openssl", "pkcs8", "-topk8", "-in", "\(directory)/stranger.key", "-passout", "pass:pässword", "-out",
                "\(directory)/secret.key")
            try await body(directory)
        }
    }

    /// Runs a program to its end.
    private func run(_ words: String...) throws {
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
