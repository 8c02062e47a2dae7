internal import Measurement

/// What one reactor has counted of the run. It belongs to that reactor; readings are merged.
struct LoadStatistics: Sendable {
    /// A message sent this long after its intended time is late, in nanoseconds.
    static let lateAfter: UInt64 = 10_000_000

    /// The measured span of the run, in nanoseconds of the monotonic clock.
    struct Span: Sendable {
        var begin = UInt64.max
        var end = UInt64.max

        func contains(_ time: UInt64) -> Bool { time >= begin && time < end }
    }

    /// What was measured of one publishing group at one QoS.
    struct Part: Sendable {
        var fromIntended = LatencyHistogram()
        var fromSend = LatencyHistogram()
        /// Messages sent within the measured span.
        var sent = 0
        /// Deliveries within the measured span, every copy.
        var received = 0

        static func += (left: inout Part, right: Part) {
            left.fromIntended.add(right.fromIntended)
            left.fromSend.add(right.fromSend)
            left.sent += right.sent
            left.received += right.received
        }
    }

    var span = Span()
    var counts = RunCounts()
    /// Late sends within the measured span.
    var late = 0
    /// Those of them that nothing but the generator delayed.
    var lateByGenerator = 0
    var connectionsLost = 0
    /// Where the broker gives less than the profile asks for, one sentence each.
    var brokerLimits: Set<String> = []
    /// Latencies since the last reading.
    private(set) var interval = LatencyHistogram()
    /// By group and QoS; `nil` where nothing was seen yet.
    private(set) var parts: [Part?]

    init(groups: Int) {
        parts = Array(repeating: nil, count: groups * 3)
    }

    /// Counts a message that was sent.
    /// - Parameter blocked: it waited for send credit or a connection, so its delay is not the generator's.
    mutating func sent(group: Int, qos: UInt8, intended: UInt64, at now: UInt64, blocked: Bool) {
        counts.sent += 1
        if span.contains(now) { withPart(group, qos) { $0.sent += 1 } }
        guard now > intended &+ Self.lateAfter else { return }
        missed(blocked: blocked, intended: intended)
    }

    /// Counts a message that is late, or was not sent at all.
    mutating func missed(blocked: Bool, intended: UInt64) {
        counts.late += 1
        guard span.contains(intended) else { return }
        late += 1
        if !blocked { lateByGenerator += 1 }
    }

    /// Counts a delivery; a retained message from before has no latency.
    mutating func received(group: Int, qos: UInt8, intended: UInt64, sent: UInt64, at now: UInt64, isRetained: Bool) {
        counts.received += 1
        if isRetained { return }
        let latency = Int64(bitPattern: now &- intended)
        interval.record(latency)
        if span.contains(now) { withPart(group, qos) { $0.received += 1 } }
        guard span.contains(intended) else { return }
        withPart(group, qos) {
            $0.fromIntended.record(latency)
            $0.fromSend.record(Int64(bitPattern: now &- sent))
        }
    }

    /// Takes the latencies since the last reading.
    mutating func takeInterval() -> LatencyHistogram {
        defer { interval.reset() }
        return interval
    }

    private mutating func withPart(_ group: Int, _ qos: UInt8, _ body: (inout Part) -> Void) {
        let index = group * 3 + Int(qos)
        if parts[index] == nil { parts[index] = Part() }
        body(&parts[index]!)
    }

    static func += (left: inout LoadStatistics, right: LoadStatistics) {
        left.counts += right.counts
        left.late += right.late
        left.lateByGenerator += right.lateByGenerator
        left.connectionsLost += right.connectionsLost
        left.brokerLimits.formUnion(right.brokerLimits)
        for (index, part) in right.parts.enumerated() {
            guard let part else { continue }
            if left.parts[index] == nil { left.parts[index] = part } else { left.parts[index]! += part }
        }
    }
}
