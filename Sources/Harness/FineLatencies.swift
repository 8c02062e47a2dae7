internal import Causality
internal import Measurement
internal import Workload

/// Latencies of those parts of a run that a threshold asks for and that a group and a QoS do not tell. Where none does, a message costs one look at a flag.
struct FineLatencies: Sendable {
    private struct Part: Sendable {
        var scope: Threshold.Scope
        var group: Int?
        var topic: TopicFilter?
        var histogram = LatencyHistogram()
    }

    private var parts: [Part] = []
    /// For each topic that was seen, a bit for each part that it belongs to.
    private var topics: [UInt32: UInt64] = [:]

    /// Whether no threshold asks.
    var isEmpty: Bool { parts.isEmpty }

    /// - Parameter groups: the names of the groups, in their order.
    init(_ thresholds: [Threshold], groups: [String]) {
        var seen: Set<Threshold.Scope> = []
        for case let scope? in thresholds.map(\.scope) where scope.isFine && seen.insert(scope).inserted {
            parts.append(
                Part(
                    scope: scope, group: scope.group.flatMap { groups.firstIndex(of: $0) }, topic: scope.topic.flatMap { TopicFilter($0) }))
        }
        // A bit for each, which the rules of profiles hold.
        precondition(parts.count <= Threshold.greatestFineScopes, "too many parts of a run have thresholds")
    }

    /// Makes one that nobody asks.
    init() {}

    /// Whether the topic of a number is known.
    func knows(_ topic: UInt32) -> Bool { topics[topic] != nil }

    /// Notes which topic a number of the trace stands for.
    mutating func learn(_ topic: UInt32, _ name: String) {
        topics[topic] = parts.enumerated().reduce(0) { $0 | (($1.element.topic?.matches(name) ?? true) ? 1 << UInt64($1.offset) : 0) }
    }

    /// Records a latency.
    /// - Parameters:
    ///   - topic: its number, which is known.
    ///   - phase: when it was meant to be sent; `nil` where that is in none.
    ///   - isBound: whether the message never left, so that its latency is that at least.
    mutating func record(
        _ latency: Int64, group: Int, qos: UInt8, topic: UInt32, phase: Threshold.Scope.Phase?, isBound: Bool = false
    ) {
        guard let phase, let mask = topics[topic] else { return }
        for index in parts.indices where mask >> UInt64(index) & 1 != 0 {
            let scope = parts[index].scope
            guard parts[index].group ?? group == group, scope.qos ?? qos == qos, (scope.phase ?? .hold) == phase else { continue }
            if isBound { parts[index].histogram.record(atLeast: latency) } else { parts[index].histogram.record(latency) }
        }
    }

    /// What was recorded, by what was asked for.
    var histograms: [Threshold.Scope: LatencyHistogram] {
        Dictionary(uniqueKeysWithValues: parts.map { ($0.scope, $0.histogram) })
    }

    static func += (left: inout FineLatencies, right: FineLatencies) {
        for index in left.parts.indices where index < right.parts.count { left.parts[index].histogram.add(right.parts[index].histogram) }
    }
}
