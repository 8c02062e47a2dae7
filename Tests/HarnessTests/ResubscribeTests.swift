import MQTT
import Reactor
import Testing
import Trace

@testable import Harness

/// A connection that ends before SUBACK leaves a kept session without its subscription; the client asks again when it is back.
@Suite(.timeLimit(.minutes(1))) struct ResubscribeTests {
    @Test(arguments: ProtocolVersion.allCases)
    func whatWasNotAnsweredIsAskedForAgain(_ version: ProtocolVersion) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/client.trace"
            try await EmbeddedBroker.with(directory: directory) { broker in
                let reactor = try Reactor(name: "client")
                try await Actor(reactor).connectTwice(to: broker, version, trace: path)
                await reactor.stop()
            }
            var steps: [String] = []
            let file = try TraceFile(path: path)
            _ = file.forEach { event, _ in
                switch event {
                case .connected(let event): steps.append(event.sessionPresent ? "resumed" : "began")
                case .disconnected: steps.append("ended")
                case .subscribed(let event): steps.append("\(file.text(event.filter)) \(event.requested) \(event.granted)")
                default: break
                }
            }
            // Whether the connection is gone before its SUBSCRIBE is given up, or behind, makes no difference.
            #expect(steps.prefix(3).sorted() == ["a 1 255", "began", "ended"])
            #expect(steps.dropFirst(3) == ["resumed", "a 1 1", "ended"])
        }
    }

    /// The reactor's own actor, on which clients live.
    private actor Actor {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

        init(_ reactor: Reactor) { self.reactor = reactor }

        func connectTwice(to broker: EmbeddedBroker, _ version: ProtocolVersion, trace path: String) async throws {
            let trace = try TraceWriter(path: path, run: 1, writer: 1, name: "client")
            var configuration = SessionConfiguration(host: "127.0.0.1", port: broker.port, clientID: "s")
            configuration.version = version
            configuration.keepsSession = true
            let client = CutClient(configuration, WorkerRecord(reactor: reactor, trace: trace, groups: 1))
            var wasCut = false
            do { try await client.establish() } catch is MQTTError { wasCut = true }
            #expect(wasCut)
            client.isCut = false
            try await client.establish()
            await client.disconnect()
            try await trace.close()
        }
    }
}

/// A client whose first connection writes nothing behind CONNECT, so that no SUBSCRIBE is answered on it, and ends.
private final class CutClient: TracedClient {
    var isCut = true

    init(_ configuration: SessionConfiguration, _ record: WorkerRecord) {
        super.init(process: 1, group: "subscribers", configuration: configuration, filters: ["a"], requested: .atLeastOnce, record: record)
    }

    override func session(_ session: any MQTTSession, connected answer: ConnectAnswer) {
        super.session(session, connected: answer)
        guard isCut else { return }
        self.session.setWriting(false)
        _ = record.reactor.schedule(at: MonotonicClock.now + 20_000_000) { [session = self.session] in
            session.drop()
            session.setWriting(true)
        }
    }
}
