import Foundation
import Glibc
import MQTT
import Reactor
import Testing

@testable import Harness

/// What lies between MQTT and TCP: TLS with a key that both know, and WebSockets. Only the wire engine has them.
@Suite(.timeLimit(.minutes(2))) struct TransportTests {
    private static let subjects = ProtocolVersion.allCases.map { Subject(engine: .wire, version: $0) }

    /// A mosquitto whose second listener is of another kind than MQTT over TCP.
    private func withListener(
        _ subject: Subject, _ lines: [String], directory: String, _ body: @Sendable (isolated Bench, UInt16) async throws -> Void
    ) async throws {
        let port = try #require(Loopback.freePort())
        let settings = ["allow_anonymous true", "listener \(port) 127.0.0.1"] + lines
        try await EmbeddedBroker.with(settings: settings, directory: directory) { broker in
            // It opens its listeners one after the other, and was waited for at the first.
            while (try? BrokerEndpoint.find(host: "127.0.0.1", port: port)) == nil { try await Task.sleep(for: .milliseconds(5)) }
            try await Bench.run(subject, broker: broker) { bench in try await body(bench, port) }
        }
    }

    @Test(arguments: subjects)
    func messagesOfAnySizeGoThroughAWebSocket(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            try await withListener(subject, ["protocol websockets"], directory: directory) { bench, port in
                let (session, recorder) = bench.makeSession("web") {
                    $0.port = port
                    $0.webSocket = .init()
                }
                _ = try await session.connect()
                _ = try await session.subscribe(["a"], qos: .exactlyOnce)
                let sizes = [0, 1, 100, 125, 126, 127, 65_535, 65_536, 200_000]
                let payloads = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
                for (token, payload) in payloads.enumerated() {
                    try session.publish(
                        topic: "a", payload: payload.span, qos: QoS.allCases[token % 3], retain: false, token: UInt64(token))
                    try await recorder.until("the delivery of \(payload.count) bytes") { $0.messages.count > token }
                }
                #expect(recorder.messages.map(\.payload) == payloads)
                // Many at once, so that frames share reads and reads share frames.
                for token in 100..<300 {
                    try await session.waitForSendCredit()
                    try session.publish("\(token)", to: "a", qos: .atLeastOnce, token: UInt64(token))
                }
                try await recorder.until("all") { $0.messages.count == sizes.count + 200 }
                #expect(recorder.texts.suffix(200) == (100..<300).map { "\($0)" }[...])
                await session.disconnect()
                #expect(recorder.ends == [.requested])
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\n\r\n", "it answered 404 Not Found"),
        ("220 smtp.example.org\r\n\r\n", "what it answered is not HTTP"),
        ("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", "it did not answer this client's key"),
    ])
    func aServerThatOpensNoWebSocketIsTold(_ answer: String, _ problem: String) async throws {
        let (listener, port) = try ScriptedBroker.listen(backlog: 4)
        defer { close(listener) }
        let server = Task.detached {
            let connection = accept(listener, nil, nil)
            var bytes = [UInt8](repeating: 0, count: 1_024)
            _ = recv(connection, &bytes, bytes.count, 0)
            _ = send(connection, answer, answer.utf8.count, 0)
            _ = recv(connection, &bytes, bytes.count, 0)
            close(connection)
        }
        try await Lonely.run(Subject(engine: .wire, version: .v5), port: port, { $0.webSocket = .init(path: "/x") }) { lonely in
            let error = await expectError(.connectionLost) { _ = try await lonely.session.connect() }
            #expect(
                error?.description
                    == "127.0.0.1:\(port) did not open a WebSocket for client 'lonely': \(problem). Check the port and the path '/x'.")
        }
        await server.value
    }

    @Test(arguments: subjects)
    func aKeyThatBothKnowReplacesCertificates(_ subject: Subject) async throws {
        try await inTemporaryDirectory { directory in
            let keys = directory + "/keys"
            try "anna:00112233445566778899aabbccddeeff\n".write(toFile: keys, atomically: false, encoding: .utf8)
            try #require(chmod(keys, 0o644) == 0 && chmod(directory, 0o755) == 0)
            let lines = ["psk_file \(keys)", "psk_hint hint", "use_identity_as_username true"]
            try await withListener(subject, lines, directory: directory) { bench, port in
                let key: [UInt8] = (0..<16).map { UInt8($0 * 0x11) }
                let (session, recorder) = bench.makeSession("keyed") {
                    $0.port = port
                    $0.tls = .init()
                    $0.tls?.preSharedKey = .init(identity: "anna", key: key)
                }
                _ = try await session.connect()
                _ = try await session.subscribe(["a"], qos: .atLeastOnce)
                try session.publish("x", to: "a", qos: .atLeastOnce, token: 1)
                try await recorder.until("the message") { $0.texts == ["x"] }
                await session.disconnect()
                for other in [("anna", Array(key.reversed())), ("berta", key)] {
                    let (stranger, _) = bench.makeSession("stranger") {
                        $0.port = port
                        $0.tls = .init()
                        $0.tls?.preSharedKey = .init(identity: other.0, key: other.1)
                    }
                    await expectError(.unreachable) { _ = try await stranger.connect() }
                }
            }
        }
    }

    /// What the library cannot do is said before anything is tried.
    @Test func libmosquittoSaysWhatItHasNot() async throws {
        try await Lonely.run(Subject(engine: .libmosquitto, version: .v5), port: 1, { $0.webSocket = .init() }) { lonely in
            let error = await expectError(.invalid) { _ = try await lonely.session.connect() }
            #expect(error?.description.contains("use engine: wire") == true)
        }
    }
}
