internal import MQTT
internal import Reactor
internal import Workload

/// What a client would leave at a broker that lives on: its session, and the retained messages that it published.
extension LoadClient {
    /// The most topics of one look for retained messages.
    private static let topicsAtATime = 100
    /// For how long nothing may come until a look is over, and how long the broker may take for anything, in nanoseconds.
    private static let quiet: UInt64 = 150_000_000
    private static let patience: UInt64 = 2_000_000_000

    /// Has the broker forget a kept session of this name that an earlier run left: it would hand its messages to this one.
    func clearEarlierSession() async throws {
        // No earlier run had a name with this run in it.
        guard session.configuration.keepsSession, !context.run.groups[groupIndex].clientID.variesPerRun else { return }
        let session = cleanSession.makeSession(on: context.reactor)
        _ = try await session.connect()
        await session.disconnect()
    }

    /// Has the broker forget the kept session, for which messages would be queued for ever once nobody comes back for them, and the retained
    /// messages of this run.
    func clearLeftovers() async throws {
        guard self.session.configuration.keepsSession || !retainedTopics.isEmpty else { return }
        let session = cleanSession.makeSession(on: context.reactor)
        let finder = RetainedFinder(run: context.run.id)
        session.handler = finder
        _ = try await session.connect()
        var topics = retainedTopics.sorted()[...]
        while !topics.isEmpty {
            let some = Array(topics.prefix(Self.topicsAtATime))
            topics = topics.dropFirst(some.count)
            try await clear(some, session, finder)
        }
        await session.disconnect()
    }

    private var cleanSession: SessionConfiguration {
        var configuration = session.configuration
        configuration.will = nil
        configuration.keepsSession = false
        return configuration
    }

    /// Looks first whose message is retained on each topic: that of somebody who came later stays.
    private func clear(_ topics: [String], _ session: any MQTTSession, _ finder: RetainedFinder) async throws {
        finder.own = []
        finder.arrivals = 0
        _ = try await session.subscribe(topics, qos: .atMostOnce)
        let limit = MonotonicClock.now + Self.patience
        var seen = -1
        while finder.arrivals < topics.count, finder.arrivals != seen, MonotonicClock.now < limit {
            seen = finder.arrivals
            try await context.reactor.sleep(until: MonotonicClock.now + Self.quiet)
        }
        for topic in finder.own.sorted() {
            try await session.waitForSendCredit()
            sequence += 1
            try session.publish(topic: topic, payload: [UInt8]().span, qos: .atLeastOnce, retain: true, token: sequence)
        }
        while session.inFlight > 0, session.isConnected, MonotonicClock.now < limit {
            try await context.reactor.sleep(until: MonotonicClock.now + 5_000_000)
        }
    }
}

/// Finds which retained messages are of one run.
private final class RetainedFinder: MQTTSessionHandler {
    private let run: UInt64
    /// The topics with a retained message of the run.
    var own: Set<String> = []
    /// Retained messages of anybody.
    var arrivals = 0

    init(run: UInt64) { self.run = run }

    func session(_ session: any MQTTSession, received topic: Span<UInt8>, payload: Span<UInt8>, delivery: Delivery) {
        guard delivery.retain else { return }
        arrivals += 1
        guard case .message(let message) = LoadMessage.decode(payload), message.run == run else { return }
        own.insert(String(decoding: topic.indices.map { topic[$0] }, as: UTF8.self))
    }

    func session(_ session: any MQTTSession, completed token: UInt64, outcome: PublishOutcome) {}
    func session(_ session: any MQTTSession, resending token: UInt64) {}
    func session(_ session: any MQTTSession, ended end: ConnectionEnd) {}
}
