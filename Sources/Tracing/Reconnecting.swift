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
        var pause = shortest
        while !session.isConnected {
            try await reactor.sleep(until: MonotonicClock.now + pause)
            pause = min(pause * 2, longest)
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
