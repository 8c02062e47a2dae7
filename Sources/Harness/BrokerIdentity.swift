internal import MQTT
internal import Reactor

/// What a broker says about itself on `$SYS/broker/version`, which mosquitto and others publish retained.
enum BrokerIdentity {
    private static let topic = "$SYS/broker/version"
    /// How long the broker may take for all that follows CONNACK, in nanoseconds.
    private static let patience: UInt64 = 500_000_000

    /// Asks a broker; one that says nothing, refuses the client or breaks off is "unknown". Nothing needs an answer: whether clients of the run are let
    /// in is theirs to find out.
    /// - Throws: ``HarnessError`` where no broker answers at all.
    static func ask(_ configuration: SessionConfiguration) async throws -> (name: String, version: String?, encryption: String?) {
        let reactor = try Reactor(name: "identity")
        let asking = Asking(reactor: reactor)
        do {
            let (text, encryption) = try await withTaskExecutorPreference(reactor) { try await asking.ask(configuration) }
            await reactor.stop()
            let (name, version) = split(text)
            return (name, version, encryption)
        } catch let error as MQTTError where error.code != .unreachable && error.code != .timedOut {
            await reactor.stop()
            let (name, version) = split(nil)
            return (name, version, nil)
        } catch {
            await reactor.stop()
            throw error is CancellationError ? error : HarnessError(.failure, "\(error)")
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

        func ask(_ configuration: SessionConfiguration) async throws -> (text: String?, encryption: String?) {
            let session = configuration.makeSession(on: reactor)
            let listener = Listener(Completion<String?>(on: reactor))
            session.handler = listener
            _ = try await session.connect()
            let encryption = session.encryption
            // A broker that hides $SYS refuses, says nothing, or closes the connection; one that does not answer SUBSCRIBE is left.
            let timer = reactor.schedule(at: MonotonicClock.now + patience) {
                listener.answer.complete(.success(nil))
                if !listener.isSubscribed { session.drop() }
            }
            defer { reactor.cancel(timer) }
            do { _ = try await session.subscribe([topic], qos: .atMostOnce) } catch is MQTTError { return (nil, encryption) }
            listener.isSubscribed = true
            let text = try await listener.answer.wait()
            await session.disconnect()
            return (text, encryption)
        }
    }

    private final class Listener: MQTTSessionHandler {
        let answer: Completion<String?>
        var isSubscribed = false

        init(_ answer: Completion<String?>) { self.answer = answer }

        func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
            guard String(decoding: topic.indices.map { topic[$0] }, as: UTF8.self) == BrokerIdentity.topic else { return }
            answer.complete(.success(String(decoding: payload.indices.map { payload[$0] }, as: UTF8.self)))
        }

        func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {}
        func session(_ session: any MQTTSession, resending token: UInt64) {}
        func session(_ session: any MQTTSession, ended end: ConnectionEnd) { answer.complete(.success(nil)) }
    }
}
