internal import Measurement
internal import Workload

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
        /// How long messages had waited that were due and never left.
        var waits = LatencyHistogram()
        /// Why a message was refused last, in words.
        var refusal: String?
        /// From the send to the last acknowledgement, above QoS 0.
        var acknowledge = LatencyHistogram()
        /// Messages that left within the measured span.
        var sent = 0
        /// Messages whose acknowledgement came within the measured span.
        var acked = 0
        /// Deliveries within the measured span, every copy.
        var received = 0

        /// From the intended time, with what never left: each message of that kind stands there as often as one that left was delivered, with the time
        /// that it had waited, for it would have taken that at least. To leave them out would be coordinated omission.
        var latency: LatencyHistogram {
            guard waits.count > 0 else { return fromIntended }
            var all = fromIntended
            let copies = sent == 0 ? 1 : max(1, Int((Double(fromIntended.count) / Double(sent)).rounded()))
            for _ in 0..<copies { all.add(waits) }
            return all
        }

        static func += (left: inout Part, right: Part) {
            left.fromIntended.add(right.fromIntended)
            left.fromSend.add(right.fromSend)
            left.waits.add(right.waits)
            left.acknowledge.add(right.acknowledge)
            left.refusal = left.refusal ?? right.refusal
            left.sent += right.sent
            left.acked += right.acked
            left.received += right.received
        }
    }

    var span = Span()
    var counts = RunCounts()
    /// Late sends within the measured span.
    var late = 0
    /// Those of them that nothing but the generator delayed.
    var lateByGenerator = 0
    /// Where the broker gives less than the profile asks for, one sentence each.
    var brokerLimits: Set<String> = []
    /// Messages due within the measured span that never left.
    var unsentInSpan = 0
    /// Messages that never left because of a fault that the profile asks for.
    var excusedUnsent = 0
    /// What became of connections; times count from the clock's own beginning.
    var connections = ConnectionLog()
    /// Latencies of finer parts that thresholds ask for.
    var fine = FineLatencies()
    /// How long connecting and subscribing took, by group.
    var steps: [String: ConnectionSteps] = [:]
    /// Latencies since the last reading, by group.
    private var intervals: [LatencyHistogram]
    /// By group and QoS; `nil` where nothing was seen yet.
    private(set) var parts: [Part?]

    init(groups: Int) {
        parts = Array(repeating: nil, count: groups * 3)
        intervals = Array(repeating: LatencyHistogram(), count: groups)
    }

    /// Counts a message that left.
    /// - Parameter blocked: it waited for send credit or a connection, so its delay is not the generator's.
    mutating func sent(group: Int, qos: UInt8, intended: UInt64, at now: UInt64, blocked: Bool) {
        counts.intended += 1
        counts.sent += 1
        if span.contains(now) { withPart(group, qos) { $0.sent += 1 } }
        guard now > intended &+ Self.lateAfter else { return }
        counts.late += 1
        guard span.contains(intended) else { return }
        late += 1
        if !blocked { lateByGenerator += 1 }
    }

    /// Counts a message that was due and never left.
    /// - Parameters:
    ///   - until: when it was given up.
    ///   - isExcused: whether a fault that the profile asks for kept it from leaving.
    mutating func unsent(group: Int, qos: UInt8, intended: UInt64, until: UInt64, isExcused: Bool) {
        counts.intended += 1
        counts.unsent += 1
        if isExcused { excusedUnsent += 1 }
        guard span.contains(intended) else { return }
        unsentInSpan += 1
        withPart(group, qos) { $0.waits.record(atLeast: Int64(bitPattern: until &- intended)) }
    }

    /// Counts a message that the broker refused, or would not have taken.
    /// - Parameter why: the reason in words.
    mutating func refused(group: Int, qos: UInt8, why: String) {
        counts.refused += 1
        withPart(group, qos) { $0.refusal = why }
    }

    /// Counts a message whose time had come and that the client held back, because the broker would not have taken it.
    mutating func withheld(group: Int, qos: UInt8, why: String) {
        counts.intended += 1
        refused(group: group, qos: qos, why: why)
    }

    /// Counts a message that was acknowledged.
    /// - Parameter sent: when it left, where its time to here is asked for.
    /// - Returns: whether that lies in the measured span.
    @discardableResult
    mutating func acked(group: Int, qos: UInt8, sent: UInt64? = nil, at now: UInt64) -> Bool {
        counts.acked += 1
        let hasCome = span.contains(now)
        let wasSent = sent.map(span.contains) ?? false
        guard hasCome || wasSent else { return false }
        withPart(group, qos) {
            if hasCome { $0.acked += 1 }
            if wasSent, let sent { $0.acknowledge.record(Int64(bitPattern: now &- sent)) }
        }
        return hasCome
    }

    /// Counts a delivery; a retained message from before has no latency.
    /// - Returns: whether it lies in the measured span.
    @discardableResult
    mutating func received(group: Int, qos: UInt8, intended: UInt64, sent: UInt64, at now: UInt64, isRetained: Bool) -> Bool {
        counts.received += 1
        if isRetained { return false }
        let latency = Int64(bitPattern: now &- intended)
        intervals[group].record(latency)
        let (hasCome, wasMeant) = (span.contains(now), span.contains(intended))
        guard hasCome || wasMeant else { return false }
        withPart(group, qos) {
            if hasCome { $0.received += 1 }
            guard wasMeant else { return }
            $0.fromIntended.record(latency)
            $0.fromSend.record(Int64(bitPattern: now &- sent))
        }
        return hasCome
    }

    /// When a message was meant to be sent.
    func phase(of intended: UInt64) -> Threshold.Scope.Phase? {
        intended < span.begin ? .warmUp : span.contains(intended) ? .hold : nil
    }

    /// Takes the latencies since the last reading, by group.
    mutating func takeIntervals() -> [LatencyHistogram] {
        defer { intervals = Array(repeating: LatencyHistogram(), count: intervals.count) }
        return intervals
    }

    @inline(__always)
    private mutating func withPart(_ group: Int, _ qos: UInt8, _ body: (inout Part) -> Void) {
        let index = group * 3 + Int(qos)
        if parts[index] == nil { parts[index] = Part() }
        body(&parts[index]!)
    }

    static func += (left: inout LoadStatistics, right: LoadStatistics) {
        left.counts += right.counts
        left.late += right.late
        left.lateByGenerator += right.lateByGenerator
        left.brokerLimits.formUnion(right.brokerLimits)
        left.unsentInSpan += right.unsentInSpan
        left.excusedUnsent += right.excusedUnsent
        left.connections += right.connections
        left.fine += right.fine
        for (group, steps) in right.steps { left.steps[group, default: .init()] += steps }
        for (index, part) in right.parts.enumerated() {
            guard let part else { continue }
            if left.parts[index] == nil { left.parts[index] = part } else { left.parts[index]! += part }
        }
    }
}
