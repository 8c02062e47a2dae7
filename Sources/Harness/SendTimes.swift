/// When the messages left that have no outcome yet, by their numbers, which rise by one. A place for each number from the oldest open one on: to note a time and
/// to look it up is one access each.
struct SendTimes {
    private var times: [UInt64] = []

    /// Notes when a message left.
    /// - Parameter span: how many numbers there are from the oldest open one on; no other of them is to lose its place.
    @inline(__always)
    mutating func note(_ sequence: UInt64, at time: UInt64, among span: OpenSequences.Span) {
        if span.count > times.count { grow(span) }
        times[Int(truncatingIfNeeded: sequence) & (times.count - 1)] = time
    }

    /// When an open message left.
    @inline(__always)
    func time(of sequence: UInt64) -> UInt64 { times[Int(truncatingIfNeeded: sequence) & (times.count - 1)] }

    private mutating func grow(_ span: OpenSequences.Span) {
        var count = max(64, times.count)
        while count < span.count { count *= 2 }
        var larger = [UInt64](repeating: 0, count: count)
        // Those that have a place here: as many as there are places, the last of which is the newest.
        for offset in 0..<UInt64(times.count) {
            let sequence = span.first &+ offset
            larger[Int(truncatingIfNeeded: sequence) & (count - 1)] = time(of: sequence)
        }
        times = larger
    }
}
