/// When a run's phases begin and end, in nanoseconds of the monotonic clock.
struct PhaseTimes: Sendable {
    /// The first intended time.
    var start: UInt64
    /// The measured part begins.
    var hold: UInt64
    /// Nothing is intended from here on; `UInt64.max` where the publishers end by their number of messages.
    var end: UInt64
}
