internal import MQTT
internal import Reactor

/// Reads what a broker counts of itself on `$SYS`, as mosquitto publishes it.
enum BrokerCounters {
    /// The messages that the broker dropped, as a trace calls it.
    static let dropped = "broker.dropped"
    /// The topic on which mosquitto publishes it.
    static let droppedTopic = "$SYS/broker/publish/messages/dropped"
    /// A topic that mosquitto publishes each time it publishes the others, and before them.
    private static let pulseTopic = "$SYS/broker/uptime"
    /// How long a retained message may take, in nanoseconds.
    private static let patience: UInt64 = 500_000_000
    /// How long the broker may take to publish its counters anew, in nanoseconds: mosquitto does so every 10 s unless its settings say otherwise.
    private static let pulsePatience: UInt64 = 15_000_000_000

    /// Asks a broker for a counter.
    /// - Parameter isFresh: whether the figure must be one that the broker published after the call.
    /// - Returns: `nil` where the broker does not say, refuses the client or breaks off: nothing is admitted then, and the run goes on.
    /// - Throws: `CancellationError`.
    static func read(_ topic: String, isFresh: Bool, _ configuration: SessionConfiguration) async throws -> Int64? {
        let reactor = try Reactor(name: "counters")
        let asking = Asking(reactor: reactor)
        do {
            let value = try await withTaskExecutorPreference(reactor) { try await asking.read(topic, isFresh: isFresh, configuration) }
            await reactor.stop()
            return value
        } catch {
            await reactor.stop()
            if error is CancellationError { throw error }
            return nil
        }
    }

    private actor Asking {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

        init(reactor: Reactor) { self.reactor = reactor }

        func read(_ topic: String, isFresh: Bool, _ configuration: SessionConfiguration) async throws -> Int64? {
            let session = configuration.makeSession(on: reactor)
            let listener = Listener(topic: topic, pulse: Completion<Bool>(on: reactor), value: Completion<Int64?>(on: reactor))
            session.handler = listener
            _ = try await session.connect()
            // One that does not answer SUBSCRIBE is left.
            let limit = reactor.schedule(at: MonotonicClock.now + pulsePatience + 2 * patience) { session.drop() }
            defer { reactor.cancel(limit) }
            if isFresh {
                _ = try await session.subscribe([pulseTopic], qos: .atMostOnce)
                let timer = reactor.schedule(at: MonotonicClock.now + pulsePatience) { listener.pulse.complete(.success(false)) }
                let came = try await listener.pulse.wait()
                reactor.cancel(timer)
                guard came else {
                    await session.disconnect()
                    return nil
                }
            }
            // Subscribed only now, so that the retained message is the newest.
            _ = try await session.subscribe([topic], qos: .atMostOnce)
            let timer = reactor.schedule(at: MonotonicClock.now + patience) { listener.value.complete(.success(nil)) }
            let value = try await listener.value.wait()
            reactor.cancel(timer)
            await session.disconnect()
            return value
        }
    }

    private final class Listener: MQTTSessionHandler {
        let topic: String
        /// Completed when the broker has published its counters anew.
        let pulse: Completion<Bool>
        let value: Completion<Int64?>

        init(topic: String, pulse: Completion<Bool>, value: Completion<Int64?>) {
            self.topic = topic
            self.pulse = pulse
            self.value = value
        }

        func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
            let name = String(decoding: topic.indices.map { topic[$0] }, as: UTF8.self)
            if name == pulseTopic {
                // A retained one is older than the question.
                if !delivery.retain { pulse.complete(.success(true)) }
            } else if name == self.topic {
                value.complete(.success(Int64(String(decoding: payload.indices.map { payload[$0] }, as: UTF8.self))))
            }
        }

        func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {}
        func session(_ session: any MQTTSession, resending token: UInt64) {}
        func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
            pulse.complete(.success(false))
            value.complete(.success(nil))
        }
    }
}
