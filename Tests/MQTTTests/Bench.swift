import Foundation
import Glibc
import MQTT
import Reactor
import Testing

@testable import Harness

/// Where a test's sessions live: an actor on a reactor of its own, so the test's code may call the sessions.
actor Bench {
    nonisolated let reactor: Reactor
    nonisolated let subject: Subject
    nonisolated let broker: EmbeddedBroker

    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private init(reactor: Reactor, subject: Subject, broker: EmbeddedBroker) {
        self.reactor = reactor
        self.subject = subject
        self.broker = broker
    }

    /// Starts a mosquitto with `settings` and runs `body` on a reactor, with sessions of `subject`.
    static func run(
        _ subject: Subject, settings: [String] = [], _ body: @Sendable (isolated Bench) async throws -> Void
    ) async throws {
        try await inTemporaryDirectory { directory in
            try await EmbeddedBroker.with(settings: settings, directory: directory) { broker in
                try await run(subject, broker: broker, body)
            }
        }
    }

    /// Runs `body` on a reactor of its own against a broker that runs already.
    static func run(_ subject: Subject, broker: EmbeddedBroker, _ body: @Sendable (isolated Bench) async throws -> Void) async throws {
        let reactor = try Reactor(name: "bench")
        let bench = Bench(reactor: reactor, subject: subject, broker: broker)
        let result: Result<Void, any Error>
        do {
            // As the tasks of a run do: without the preference each hop to the actor it is on already costs a job.
            try await withTaskExecutorPreference(reactor) { try await bench.perform(body) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await reactor.stop()
        try result.get()
    }

    private func perform(_ body: @Sendable (isolated Bench) async throws -> Void) async throws {
        try await body(self)
    }

    /// A session to the broker that is not connected yet, and what it is told.
    func makeSession(
        _ clientID: String, kept: Bool = false, _ adjust: (inout SessionConfiguration) -> Void = { _ in }
    ) -> (session: any MQTTSession, recorder: Recorder) {
        var configuration = SessionConfiguration(host: "127.0.0.1", port: broker.port, clientID: clientID)
        configuration.engine = subject.engine
        configuration.version = subject.version
        configuration.keepsSession = kept
        adjust(&configuration)
        let session = configuration.makeSession(on: reactor)
        let recorder = Recorder(on: reactor)
        session.handler = recorder
        return (session, recorder)
    }

    /// A connected session and what it is told.
    func connected(
        _ clientID: String, kept: Bool = false, _ adjust: (inout SessionConfiguration) -> Void = { _ in }
    ) async throws -> (session: any MQTTSession, recorder: Recorder) {
        let made = makeSession(clientID, kept: kept, adjust)
        _ = try await made.session.connect()
        return made
    }

    /// Sleeps on the reactor. For the absence of something: nothing can be waited for that must not happen.
    func pause(milliseconds: UInt64) async throws {
        try await reactor.sleep(until: MonotonicClock.now + milliseconds * 1_000_000)
    }
}

extension MQTTSession {
    /// Publishes text.
    func publish(_ text: String, to topic: String, qos: QoS, retain: Bool = false, token: UInt64) throws(MQTTError) {
        let bytes = Array(text.utf8)
        try publish(topic: topic, payload: bytes.span, qos: qos, retain: retain, token: token)
    }
}

/// Runs `body` with a new directory, which is removed afterwards.
func inTemporaryDirectory<Value: Sendable>(_ body: (String) async throws -> Value) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("waybill-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await body(directory)
}

/// Runs `body` while another mosquitto listens on the port of one that has ended. It has a directory of its own, so it knows nothing.
func withSuccessor(
    of bench: isolated Bench, settings: [String] = [], _ body: () async throws -> Void
) async throws {
    let port = bench.broker.port
    let (started, start) = AsyncStream<Void>.makeStream()
    let (ended, end) = AsyncStream<Void>.makeStream()
    let broker = Task {
        defer { start.finish() }
        try await inTemporaryDirectory { directory in
            try await EmbeddedBroker.with(settings: settings, directory: directory, port: port) { _ in
                start.finish()
                for await _ in ended {}
            }
        }
    }
    for await _ in started {}
    let result: Result<Void, any Error>
    do {
        try await body()
        result = .success(())
    } catch {
        result = .failure(error)
    }
    end.finish()
    try await broker.value
    try result.get()
}

/// Expects an ``MQTTError`` of a kind, and hands it out for a look at its text.
@discardableResult
func expectError(
    _ code: MQTTError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> MQTTError? {
    do {
        try await body()
        Issue.record("Nothing was thrown, expected \(code).", sourceLocation: sourceLocation)
    } catch let error as MQTTError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("\(error) was thrown, expected \(code).", sourceLocation: sourceLocation)
    }
    return nil
}
