import MQTT
import Reactor

/// Notes what a session tells, and lets a test wait for it with a bound.
final class Recorder: MQTTSessionHandler {
    struct Message: Equatable {
        var topic: String
        var payload: [UInt8]
        var delivery: Delivery

        var text: String { String(decoding: payload, as: UTF8.self) }
    }

    struct TimedOut: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var messages: [Message] = []
    private(set) var outcomes: [UInt64: [PublishOutcome]] = [:]
    private(set) var resent: [UInt64] = []
    private(set) var ends: [ConnectionEnd] = []
    /// Called for each message after it is noted, inside the session's call.
    var whenReceived: ((any MQTTSession, Message) -> Void)?
    /// Called for each outcome after it is noted, inside the session's call.
    var whenCompleted: ((any MQTTSession, UInt64) -> Void)?

    private let changes: WaitQueue

    init(on reactor: Reactor) {
        changes = WaitQueue(on: reactor)
    }

    var texts: [String] { messages.map(\.text) }

    /// The only outcome of each message, `nil` where it has none; fails to be equal to anything sensible where it has two.
    func outcome(of token: UInt64) -> PublishOutcome? {
        outcomes[token].flatMap { $0.count == 1 ? $0[0] : nil }
    }

    /// Waits until `condition` holds, at most 10 seconds.
    func until(_ what: String, _ condition: (Recorder) -> Bool) async throws {
        guard try await changes.wait(until: { condition(self) }, orAt: MonotonicClock.now + 10_000_000_000) else {
            throw TimedOut(description: "\(what) did not happen: \(messages.count) messages, \(outcomes.count) outcomes, ends \(ends)")
        }
    }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        let message = Message(
            topic: String(decoding: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self),
            payload: payload.withUnsafeBufferPointer { Array($0) }, delivery: delivery)
        messages.append(message)
        whenReceived?(session, message)
        changes.wakeAll()
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {
        outcomes[token, default: []].append(outcome)
        whenCompleted?(session, token)
        changes.wakeAll()
    }

    func session(_ session: any MQTTSession, resending token: UInt64) {
        resent.append(token)
        changes.wakeAll()
    }

    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {
        ends.append(end)
        changes.wakeAll()
    }
}
