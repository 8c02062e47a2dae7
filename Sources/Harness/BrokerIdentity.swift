internal import MQTT
internal import Reactor

/// What a broker says about itself on `$SYS/broker/version`, which mosquitto and others publish retained.
enum BrokerIdentity {
    /// How long the retained message may take, in nanoseconds.
    private static let patience: UInt64 = 500_000_000

    /// Asks a broker; one that says nothing is "unknown".
    /// - Throws: ``HarnessError`` where it refuses the client.
    static func ask(_ configuration: SessionConfiguration) async throws -> (name: String, version: String?) {
        let reactor = try Reactor(name: "identity")
        let asking = Asking(reactor: reactor)
        do {
            let text = try await withTaskExecutorPreference(reactor) { try await asking.ask(configuration) }
            await reactor.stop()
            return split(text)
        } catch {
            await reactor.stop()
            throw HarnessError(.failure, "\(error)")
        }
    }

    /// `mosquitto version 2.0.11` is a name and a version; of anything else the first word with a digit is the version.
    static func split(_ text: String?) -> (name: String, version: String?) {
        let words = text?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        guard let index = words.firstIndex(where: { $0.contains(where: \.isNumber) }) else { return (words.first ?? "unknown", nil) }
        let name = words[..<index].filter { $0 != "version" }.joined(separator: " ")
        return (name.isEmpty ? "unknown" : name, words[index])
    }

    private actor Asking {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

        init(reactor: Reactor) { self.reactor = reactor }

        func ask(_ configuration: SessionConfiguration) async throws -> String? {
            let session = MosquittoSession(configuration, on: reactor)
            let listener = Listener(Completion<String?>(on: reactor))
            session.handler = listener
            _ = try await session.connect()
            // A broker that hides $SYS refuses or says nothing.
            _ = try await session.subscribe(["$SYS/broker/version"], qos: .atMostOnce)
            let timer = reactor.schedule(at: MonotonicClock.now + patience) { listener.answer.complete(.success(nil)) }
            let text = try await listener.answer.wait()
            reactor.cancel(timer)
            await session.disconnect()
            return text
        }
    }

    private final class Listener: MQTTSessionHandler {
        let answer: Completion<String?>

        init(_ answer: Completion<String?>) { self.answer = answer }

        func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
            answer.complete(.success(String(decoding: payload.indices.map { payload[$0] }, as: UTF8.self)))
        }

        func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {}
        func session(_ session: any MQTTSession, resending token: UInt64) {}
        func session(_ session: any MQTTSession, ended end: ConnectionEnd) { answer.complete(.success(nil)) }
    }
}
