internal import Measurement

/// What a run has done so far, and what arrived since the reading before.
struct RunReading: Sendable {
    var counts = RunCounts()
    /// Latencies since the reading before, by group.
    var latencies: [LatencyHistogram] = []

    /// Those of all groups.
    var latency: LatencyHistogram {
        latencies.reduce(into: LatencyHistogram()) { $0.add($1) }
    }

    static func += (left: inout RunReading, right: RunReading) {
        left.counts += right.counts
        for (group, latency) in right.latencies.enumerated() {
            if group < left.latencies.count { left.latencies[group].add(latency) } else { left.latencies.append(latency) }
        }
    }
}
