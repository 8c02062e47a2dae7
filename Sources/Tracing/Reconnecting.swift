public import MQTT
public import Reactor

/// How a client comes back whose connection ended.
public enum Reconnecting {
    /// The pause before the first attempt, and the longest one; each is twice the one before. In nanoseconds.
    private static let (shortest, longest): (UInt64, UInt64) = (50_000_000, 2_000_000_000)

    /// Waits until the connection ends, and connects again, with growing pauses, until it stands.
    /// - Parameters:
    ///   - changed: is woken when the connection comes or goes.
    ///   - connect: connects, and does what makes a connection of use, as subscribing.
    ///   - failed: told of each attempt that did not do.
    /// - Throws: `CancellationError`; what `connect` throws beside `MQTTError`.
    public static func once(
        _ session: any MQTTSession, _ changed: WaitQueue, on reactor: Reactor, isolation: isolated (any Actor)? = #isolation,
        failed: (MQTTError) -> Void = { _ in }, connect: () async throws -> Void
    ) async throws {
        try await changed.wait { !session.isConnected }
        try await again(session, on: reactor, failed: failed, connect: connect)
    }

    /// Connects a session that is not connected, with growing pauses, until it is or nobody wants it any more.
    /// - Parameters:
    ///   - atOnce: whether there is no pause before the first attempt.
    ///   - isWanted: whether the session should be connected; looked at before each attempt.
    ///   - failed: told of each attempt that did not do.
    ///   - connect: connects, and does what makes a connection of use, as subscribing.
    /// - Throws: `CancellationError`; what `connect` throws beside `MQTTError`.
    public static func again(
        _ session: any MQTTSession, on reactor: Reactor, atOnce: Bool = false, isolation: isolated (any Actor)? = #isolation,
        isWanted: () -> Bool = { true }, failed: (MQTTError) -> Void = { _ in }, connect: () async throws -> Void
    ) async throws {
        var pause = atOnce ? 0 : shortest
        while !session.isConnected {
            if pause > 0 { try await reactor.sleep(until: MonotonicClock.now + pause) }
            guard isWanted() else { return }
            pause = min(max(pause * 2, shortest), longest)
            do {
                try await connect()
            } catch let error as MQTTError {
                failed(error)
                // Gone again while subscribing, or connected without a subscription: it begins anew.
                if session.isConnected { session.drop() }
            }
        }
    }
}
