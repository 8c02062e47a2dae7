internal import Workload

/// What is due at a publisher that lags behind its schedule. Nothing is counted before somebody asks, and nothing twice, so it costs a message next to nothing.
struct Backlog {
    /// The intended time of the first message that was not counted yet.
    private var next: UInt64
    private var schedule: ClientSchedule
    /// How many messages there still are from that one on.
    private var remaining: UInt64
    /// Nothing is due from here on.
    private let end: UInt64
    /// Messages that were counted and have not left.
    private var count = 0

    /// - Parameters:
    ///   - first: the intended time of the message that waits.
    ///   - schedule: what comes behind it.
    ///   - remaining: how many messages there are from that one on.
    init(from first: UInt64, _ schedule: ClientSchedule, remaining: UInt64, end: UInt64) {
        next = first
        self.schedule = schedule
        self.remaining = remaining
        self.end = end
    }

    /// The oldest message left.
    mutating func oldestLeft() {
        if count > 0 { count -= 1 } else { advance() }
    }

    /// How many messages were due by a time and have not left.
    mutating func due(by now: UInt64) -> Int {
        while remaining > 0, next <= now, next < end {
            count += 1
            advance()
        }
        return count
    }

    private mutating func advance() {
        guard remaining > 0 else { return }
        remaining -= 1
        next = schedule.next()
    }
}
