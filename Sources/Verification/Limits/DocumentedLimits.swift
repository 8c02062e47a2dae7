/// Sets off what is missing against what the broker itself says it dropped, under limits that the expectations name.
///
/// The broker's count does not tell one subscriber from another, nor one QoS from another. So what was legally dropped at QoS 0 is taken off
/// first, and no more than the rest is admitted: a limit never covers more than the broker owns up to.
struct DocumentedLimits {
    private let index: RunIndex
    private let limits: [Expectations.Limit]
    /// Deliveries at effective QoS 0 that did not arrive.
    private let dropped: Int

    init(_ limits: [Expectations.Limit], _ index: RunIndex, dropped: Int) {
        self.limits = limits
        self.index = index
        self.dropped = dropped
    }

    /// Whether a counter is one that a broker keeps, so that no trace can be compared with it.
    static func isBrokerCounter(_ name: String) -> Bool { name.hasPrefix("broker.") }

    /// Takes what the limits cover out of the violations.
    /// - Returns: what became of each limit, and one sentence for each that nobody can hold anything against.
    func apply(to violations: inout Violations) -> (limits: [CheckReport.Limit], doubts: [String]) {
        // Two limits may name one counter; what the first uses up is gone.
        var left: [String: Int] = [:]
        var doubts: [String] = []
        let applied = limits.map { limit -> CheckReport.Limit in
            guard let counted = growth(of: limit.counter) else { return doubt(limit, &violations, &doubts) }
            let admitted = left[limit.counter] ?? max(0, counted - (index.mutant == .limitForgetsQoS0 ? 0 : dropped))
            let charged = excuse(limit, index.mutant == .limitIsNotCapped ? Int.max : admitted, &violations)
            left[limit.counter] = max(0, admitted - charged)
            return CheckReport.Limit(
                name: limit.name, class: limit.class.rawValue, counter: limit.counter, counted: counted, admitted: admitted,
                charged: charged, note: limit.note)
        }
        return (applied, doubts)
    }

    /// What the broker never told is not 0: the limit may cover all that is missing or nothing of it, so none of it is called lost.
    private func doubt(
        _ limit: Expectations.Limit, _ violations: inout Violations, _ doubts: inout [String]
    ) -> CheckReport.Limit {
        let reason = reason(limit.counter)
        let missing = index.mutant == .untoldIsZero ? 0 : excuse(limit, .max, &violations)
        if missing > 0 {
            doubts.append(
                "\(missing) deliveries that were owed did not arrive, and whether the limit \(limit.name) covers them cannot be told: \(reason)"
            )
        }
        return CheckReport.Limit(
            name: limit.name, class: limit.class.rawValue, counter: limit.counter, counted: nil, admitted: 0, charged: 0, note: limit.note,
            reason: reason)
    }

    private func excuse(_ limit: Expectations.Limit, _ most: Int, _ violations: inout Violations) -> Int {
        var charged = 0
        for kind in limit.class.violations {
            let taken = min(most - charged, violations.counts[kind] ?? 0)
            violations.excuse(kind, taken)
            charged += taken
        }
        return charged
    }

    /// Why nobody knows by how much a counter rose.
    private func reason(_ counter: String) -> String {
        let count = index.readings.count { $0.counter == counter }
        let what =
            count == 0
            ? "nobody has read \(counter), so by how much it rose is not known"
            : "\(counter) was read only once, so by how much it rose is not known"
        let notes = index.counterNotes[counter] ?? []
        return notes.isEmpty ? what + "." : "\(what) (\(notes.joined(separator: "; ")))."
    }

    /// By how much a counter of the broker rose between the first and the last reading of it; `nil` where nobody read it twice. One that fell was
    /// reset, as by a restart, and has counted from 0 since. Where several processes read it, each for itself, the greatest holds: they read the same
    /// counter.
    private func growth(of counter: String) -> Int? {
        var sums: [Int: Int] = [:]
        var last: [Int: Int] = [:]
        for reading in index.readings.filter({ $0.counter == counter }).sorted(by: { $0.place < $1.place }) {
            let value = Int(max(0, reading.value))
            if let before = last[reading.process] ?? (index.mutant == .limitIgnoresStart ? 0 : nil) {
                let more = value >= before ? value - before : value
                sums[reading.process] = (sums[reading.process] ?? 0).addingReportingOverflow(more).partialValue
            }
            last[reading.process] = value
        }
        return sums.values.max()
    }
}

extension Expectations.LimitedClass {
    /// The violations that it stands for, in the order in which they are excused: of what is surely lost the broker's count speaks first.
    var violations: [ViolationClass] {
        switch self {
        case .lost: [.lost, .unseen]
        }
    }
}
