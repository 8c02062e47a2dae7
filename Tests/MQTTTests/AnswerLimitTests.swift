import Glibc
import MQTT
import Reactor
import Testing

@testable import Harness

/// Nothing waits for ever: each answer that does not come ends in a sentence that says who did not answer what.
@Suite(.timeLimit(.minutes(2))) struct AnswerLimitTests {
    private static let limit: UInt64 = 300_000_000

    /// Runs `body` with a session to a port; nothing else of a bench is needed.
    private func withSession(
        _ subject: Subject, port: UInt16, _ adjust: @Sendable (inout SessionConfiguration) -> Void = { _ in },
        _ body: @Sendable (isolated Lonely) async throws -> Void
    ) async throws {
        try await Lonely.run(subject, port: port, limit: Self.limit, adjust, body)
    }

    @Test(arguments: Subject.all)
    func subscribeAndUnsubscribeEndWithoutAnAnswer(_ subject: Subject) async throws {
        let broker = try ScriptedBroker { first, _ in first >> 4 == 1 ? .send(ScriptedBroker.connack(subject.version)) : .silence }
        try await withSession(subject, port: broker.port) { lonely in
            _ = try await lonely.session.connect()
            let subscribe = await expectError(.timedOut) { _ = try await lonely.session.subscribe(["a", "b/#"], qos: .atLeastOnce) }
            #expect(
                subscribe?.description
                    == "127.0.0.1:\(broker.port) did not answer SUBSCRIBE of client 'lonely' for 'a', 'b/#' within 0.3 s.")
            let unsubscribe = await expectError(.timedOut) { try await lonely.session.unsubscribe(["a"]) }
            #expect(
                unsubscribe?.description == "127.0.0.1:\(broker.port) did not answer UNSUBSCRIBE of client 'lonely' for 'a' within 0.3 s.")
            #expect(lonely.session.isConnected)
            await lonely.session.disconnect()
        }
    }

    /// An answer that comes too late answers nothing else, least of all the next request.
    @Test(arguments: MQTTEngine.allCases) func aLateAnswerIsNobodysAnswer(_ engine: MQTTEngine) async throws {
        // Answers each SUBSCRIBE when the next one comes: the first with 0, the second with 1.
        let waiting = Waiting()
        let broker = try ScriptedBroker { first, body in
            switch first >> 4 {
            case 1: return .send(ScriptedBroker.connack(.v311))
            case 8:
                let (late, count) = waiting.exchange(Array(body.prefix(2)))
                guard let late else { return .silence }
                return .send([0x90, 3] + late + [0] + (count == 2 ? [0x90, 3] + body.prefix(2) + [1] : []))
            default: return .silence
            }
        }
        try await withSession(Subject(engine: engine, version: .v311), port: broker.port) { lonely in
            _ = try await lonely.session.connect()
            await expectError(.timedOut) { _ = try await lonely.session.subscribe(["a"], qos: .exactlyOnce) }
            let granted = try await lonely.session.subscribe(["b"], qos: .exactlyOnce)
            #expect(granted == [.atLeastOnce])
            await lonely.session.disconnect()
        }
    }

    @Test(arguments: Subject.all)
    func connectEndsWithoutAConnack(_ subject: Subject) async throws {
        let broker = try ScriptedBroker { _, _ in .silence }
        try await withSession(subject, port: broker.port) { lonely in
            let error = await expectError(.timedOut) { _ = try await lonely.session.connect() }
            #expect(
                error?.description.hasPrefix("127.0.0.1:\(broker.port) did not answer CONNECT of client 'lonely' within 0.3 s: ") == true,
                "\(String(describing: error))")
        }
    }

    @Test(arguments: MQTTEngine.allCases) func connectEndsWithoutATLSHandshake(_ engine: MQTTEngine) async throws {
        let broker = try ScriptedBroker(nil)
        try await withSession(Subject(engine: engine, version: .v5), port: broker.port, { $0.tls = .init() }) { lonely in
            let error = await expectError(.timedOut) { _ = try await lonely.session.connect() }
            #expect(
                error?.description.hasPrefix(
                    "127.0.0.1:\(broker.port) did not answer the TLS handshake of client 'lonely' within 0.3 s: ") == true,
                "\(String(describing: error))")
        }
    }

    @Test(arguments: MQTTEngine.allCases) func connectEndsWhereNobodyTakesTheConnection(_ engine: MQTTEngine) async throws {
        // A queue of one that is full: the kernel drops what comes then.
        let (listener, port) = try ScriptedBroker.listen(backlog: 0)
        defer { close(listener) }
        try await withSession(Subject(engine: engine, version: .v311), port: port) { lonely in
            var fillers: [any MQTTSession] = []
            for number in 0..<4 {
                var configuration = lonely.session.configuration
                configuration.clientID = "filler-\(number)"
                let filler = configuration.makeSession(on: lonely.reactor)
                fillers.append(filler)
                await expectError(.timedOut) { _ = try await filler.connect() }
            }
            let error = await expectError(.timedOut) { _ = try await lonely.session.connect() }
            #expect(
                error?.description.hasPrefix("127.0.0.1:\(port) did not accept the TCP connection of client 'lonely' within 0.3 s: ")
                    == true,
                "\(String(describing: error))")
        }
    }

    /// A broker that reads nothing any more does not hold up who wants to leave.
    @Test(arguments: Subject.all)
    func disconnectEndsWhereNothingCanLeave(_ subject: Subject) async throws {
        try await Bench.run(subject) { bench in
            let (session, recorder) = try await bench.connected("leaver")
            bench.broker.freeze(true)
            defer { bench.broker.freeze(false) }
            let large = [UInt8](repeating: 0, count: 4 << 20)
            for token in 1...4 {
                try session.publish(topic: "a", payload: large.span, qos: .atMostOnce, retain: false, token: UInt64(token))
            }
            await session.disconnect()
            #expect(!session.isConnected && recorder.ends == [.requested])
            #expect(recorder.outcomes.count == 4)
        }
    }
}

/// A session without a broker of its own, on a reactor of its own.
actor Lonely {
    nonisolated let reactor: Reactor
    let session: any MQTTSession
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private init(_ configuration: SessionConfiguration, on reactor: Reactor) {
        self.reactor = reactor
        session = configuration.makeSession(on: reactor)
    }

    static func run(
        _ subject: Subject, host: String = "127.0.0.1", port: UInt16, limit: UInt64 = 10_000_000_000,
        _ adjust: (inout SessionConfiguration) -> Void, _ body: @Sendable (isolated Lonely) async throws -> Void
    ) async throws {
        var configuration = SessionConfiguration(host: host, port: port, clientID: "lonely")
        configuration.engine = subject.engine
        configuration.version = subject.version
        configuration.answerTimeout = limit
        adjust(&configuration)
        let reactor = try Reactor(name: "lonely")
        let lonely = Lonely(configuration, on: reactor)
        let result: Result<Void, any Error>
        do {
            try await withTaskExecutorPreference(reactor) { try await lonely.perform(body) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await reactor.stop()
        try result.get()
    }

    private func perform(_ body: @Sendable (isolated Lonely) async throws -> Void) async throws { try await body(self) }
}
