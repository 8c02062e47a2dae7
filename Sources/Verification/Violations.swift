/// Violations that are told by events other than those of one message: exact counts, and the first witnesses of each class.
struct Violations {
    private(set) var counts: [ViolationClass: Int] = [:]
    private(set) var witnesses: [ViolationClass: [Witness]] = [:]

    /// Adds one violation. The witness is made only while fewer than ``Anomaly/witnessLimit`` of its class are kept.
    mutating func add(_ kind: ViolationClass, _ witness: @autoclosure () -> Witness) {
        counts[kind, default: 0] += 1
        if witnesses[kind, default: []].count < Anomaly.witnessLimit { witnesses[kind, default: []].append(witness()) }
    }

    /// Takes some violations of a class out again; which of them they were is not known.
    mutating func excuse(_ kind: ViolationClass, _ count: Int) {
        guard count > 0, let present = counts[kind] else { return }
        counts[kind] = max(0, present - count)
        witnesses[kind] = Array(witnesses[kind, default: []].prefix(max(0, present - count)))
    }

    /// Adds violations that were counted elsewhere.
    mutating func add(_ kind: ViolationClass, count: Int, _ more: [Witness]) {
        counts[kind, default: 0] += count
        witnesses[kind] = Array((witnesses[kind, default: []] + more).prefix(Anomaly.witnessLimit))
    }

    /// Forgets a class.
    mutating func remove(_ kind: ViolationClass) {
        counts[kind] = nil
        witnesses[kind] = nil
    }

    /// Adds the violations of another judge.
    mutating func add(_ other: Violations) {
        counts.merge(other.counts, uniquingKeysWith: +)
        witnesses.merge(other.witnesses) { Array(($0 + $1).prefix(Anomaly.witnessLimit)) }
    }
}
