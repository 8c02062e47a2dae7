import Glibc

/// The host's monotonic clock (CLOCK_MONOTONIC), the one clock of schedules, latencies and traces.
public enum MonotonicClock {
    /// Nanoseconds since an arbitrary point that all processes of the host share.
    public static var now: UInt64 { read(CLOCK_MONOTONIC) }

    static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // The call cannot fail: every clock read here exists for as long as its owner does.
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
