/// Times of a witness as people read them: from its first event, all in one unit with the same decimals, so that none are alike that differ.
struct RelativeTimes {
    private let starts: [Int: UInt64]
    private let span: UInt64

    init(_ events: [Evidence.Event]) {
        var starts: [Int: UInt64] = [:]
        for event in events { starts[event.clock] = min(starts[event.clock] ?? .max, event.time) }
        self.starts = starts
        span = events.map { $0.time - (starts[$0.clock] ?? $0.time) }.max() ?? 0
    }

    /// Whether the times are of several clocks, so that they cannot be compared with each other.
    var areOfSeveralClocks: Bool { starts.count > 1 }

    /// Whether events of one clock stand in another order than their times, because causes go before effects.
    func areOutOfOrder(_ events: [Evidence.Event]) -> Bool {
        var last: [Int: UInt64] = [:]
        for event in events {
            if event.time < last[event.clock] ?? 0 { return true }
            last[event.clock] = event.time
        }
        return false
    }

    /// The unit of all of them.
    var unit: String { span < 1_000_000 ? "µs" : span < 10_000_000_000 ? "ms" : "s" }

    /// Nanoseconds since the first event of the same clock.
    func nanoseconds(_ event: Evidence.Event) -> UInt64 { event.time - (starts[event.clock] ?? event.time) }

    /// `+12.345`, in ``unit``.
    func text(_ event: Evidence.Event) -> String {
        let (scale, decimals): (UInt64, Int) = span < 1_000_000 ? (1_000, 3) : span < 10_000_000_000 ? (1_000_000, 3) : (1_000_000_000, 6)
        let time = nanoseconds(event)
        var fraction = "\(time % scale)"
        fraction = String(repeating: "0", count: "\(scale)".count - 1 - fraction.count) + fraction
        return "+\(Units.count(Int(clamping: time / scale))).\(fraction.prefix(decimals))"
    }
}
