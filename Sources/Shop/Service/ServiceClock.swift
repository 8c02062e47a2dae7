internal import Foundation
internal import Reactor

/// The time of a service, in milliseconds since 1970. It begins with that of the machine and goes on with the monotonic clock, so nothing waits
/// longer or is due at once because somebody has set the machine's clock.
struct ServiceClock: Sendable {
    private let begin: Int64
    private let origin: UInt64
    private let monotonic: @Sendable () -> UInt64

    /// - Parameters:
    ///   - wall: what the machine's clock says now, in milliseconds since 1970.
    ///   - monotonic: nanoseconds of a clock that nobody sets.
    init(
        wall: Int64 = Int64(Date().timeIntervalSince1970 * 1000), monotonic: @escaping @Sendable () -> UInt64 = { MonotonicClock.now }
    ) {
        begin = wall
        origin = monotonic()
        self.monotonic = monotonic
    }

    var now: Int64 { begin + Int64((monotonic() - origin) / 1_000_000) }
}
