import Harness
import MQTT
import Reactor
import Testing
import Verification

/// Sessions that outlive their run at a broker that others use too.
@Suite(.timeLimit(.minutes(1))) struct LeftoverTests {
    /// A client with a kept session, on a reactor of its own.
    private actor Client {
        let reactor: Reactor
        let port: UInt16
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

        init(port: UInt16) throws {
            reactor = try Reactor(name: "client")
            self.port = port
        }

        /// Connects and subscribes.
        /// - Returns: whether there was a session.
        func visit(_ name: String, filter: String) async throws -> Bool {
            var configuration = SessionConfiguration(host: "127.0.0.1", port: port, clientID: name)
            configuration.keepsSession = true
            let session = configuration.makeSession(on: reactor)
            let answer = try await session.connect()
            _ = try await session.subscribe([filter], qos: .atLeastOnce)
            await session.disconnect()
            return answer.sessionPresent
        }
    }

    @Test func aRunNeitherFindsNorLeavesSessions() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let client = try Client(port: broker.port)
                // An earlier run that was killed has left these, and one of them with a subscription that this run does not have.
                for name in ["subscribers-0", "subscribers-1"] {
                    let found = try await client.visit(name, filter: "other/#")
                    #expect(!found)
                }
                let outcome = try await Scenario(
                    """
                    name: leftovers
                    target: {broker: "mqtt://127.0.0.1:\(broker.port)"}
                    groups:
                      - {name: publishers, count: 2, session: kept, client_id: "%g-%i", publish: {topic: t/%i, qos: 1, rate: 100/s}}
                      - {name: others, count: 1, publish: {topic: other/%i, qos: 1, rate: 100/s}}
                      - {name: subscribers, count: 2, session: kept, client_id: "%g-%i", subscribe: {filters: [t/%i], qos: 1}}
                    phases: {hold: 500ms, drain: {quiet: 200ms, limit: 20s}}
                    """
                ).run()
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                #expect(outcome.check.totals.due > 50)
                for name in ["publishers-0", "subscribers-0", "subscribers-1"] {
                    let found = try await client.visit(name, filter: "other/#")
                    #expect(!found, "\(name) has left a session")
                }
                await client.reactor.stop()
            }
        }
    }
}
