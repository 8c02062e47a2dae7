/// Where an event is, and when it happened.
struct Place {
    var at: UInt64
    var file: Int
    var offset: Int
}

/// One violation before its events are looked up.
struct Finding {
    var kind: ViolationClass
    /// The receiving process.
    var subscriber: Int
    /// The publisher and its attempt, where somebody published it.
    var publisher: Int?
    var attempt: Int?
    /// Another attempt of the same publisher that shows the violation: the later one that did arrive.
    var other: Int?
    /// A message of any publisher that came before, although this one is in its causal past.
    var effect: CausalView.Reference?
    /// The topic that the message was published on or, where nobody did, delivered on.
    var topic: UInt32
    /// The delivery that broke the rule, where one did.
    var delivery: Place?
    /// What the sentence says beyond the class.
    var detail: Detail = .none

    enum Detail {
        case none
        /// The number of the copy that was too many, and how many are allowed.
        case copies(Int, allowed: Int)
        /// Nothing of the stream had arrived before it.
        case prefix
        /// The topic it was delivered on.
        case deliveredOn(UInt32)
        /// No filter of the session matches.
        case notSubscribed
        /// A repeated lower message should have been followed by a repetition of this one.
        case notRepeated
        /// The number that the payload names, of which there is no publish record.
        case number(sequence: UInt64, attempt: UInt32)
        /// The payload is not of this run.
        case foreign
        /// Behind a causal inbox, not on the wire.
        case processed
        /// The QoS that it was delivered at, and those at which it could have come.
        case qos(UInt8, expected: QoSSet)
        /// The QoS that the session was surely granted, below which all copies came.
        case below(UInt8)
        /// The packet identifier that the sentence names.
        case packet(UInt16)
        /// A later message with the RETAIN flag, which was acknowledged before the subscription was asked for.
        case replacedBy(publisher: Int, attempt: Int)
        /// The shared filter, and another member of its group that got the message.
        case group(filter: Int, other: Int?)
    }
}

/// All violations: exact counts, and the first few of each class.
struct Findings {
    private(set) var counts: [ViolationClass: Int] = [:]
    private(set) var first: [ViolationClass: [Finding]] = [:]
    /// How many of the lost were at the beginning of their stream.
    private(set) var lostPrefix = 0

    mutating func add(_ kind: ViolationClass, _ finding: @autoclosure () -> Finding) {
        counts[kind, default: 0] += 1
        if first[kind, default: []].count < Anomaly.witnessLimit { first[kind, default: []].append(finding()) }
    }

    mutating func countPrefix() {
        lostPrefix += 1
    }

    /// Takes over what another shard found; more than the first few of a class may be kept until ``sort()``.
    mutating func add(_ other: Findings) {
        counts.merge(other.counts, uniquingKeysWith: +)
        first.merge(other.first, uniquingKeysWith: +)
        lostPrefix += other.lostPrefix
    }

    /// Takes over what another reading found of one class.
    mutating func add(_ kind: ViolationClass, of other: Findings) {
        guard let count = other.counts[kind] else { return }
        counts[kind, default: 0] += count
        first[kind, default: []] += other.first[kind] ?? []
    }

    /// Keeps the first few of each class in the order of the files, however many shards found them.
    mutating func sort() {
        first = first.mapValues { findings in
            let sorted = findings.sorted {
                ($0.delivery?.file ?? 0, $0.delivery?.offset ?? 0) < ($1.delivery?.file ?? 0, $1.delivery?.offset ?? 0)
            }
            return Array(sorted.prefix(Anomaly.witnessLimit))
        }
    }
}
