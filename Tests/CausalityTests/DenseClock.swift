import Causality

/// The textbook form of a vector clock, an array with a place for every process: what the sparse form is compared with.
struct DenseClock: Equatable {
    var counts: [UInt64]

    init(_ counts: [UInt64]) {
        self.counts = counts
    }

    /// Counts of 0 to 3 for `processes` processes, half of them 0.
    init(processes: Int, using random: inout some RandomNumberGenerator) {
        counts = (0..<processes).map { _ in Bool.random(using: &random) ? 0 : UInt64.random(in: 1...3, using: &random) }
    }

    /// Process `i` is number `7 i`, so that ids have gaps.
    var sparse: VectorTimestamp {
        VectorTimestamp(counts.enumerated().map { VectorTimestamp.Entry(process: UInt32($0.offset) * 7, count: $0.element) })
    }

    func merged(_ other: DenseClock) -> DenseClock {
        DenseClock(zip(counts, other.counts).map(max))
    }

    static func <= (left: DenseClock, right: DenseClock) -> Bool {
        zip(left.counts, right.counts).allSatisfy { $0 <= $1 }
    }

    func compared(to other: DenseClock) -> CausalOrder {
        switch (self <= other, other <= self) {
        case (true, true): .equal
        case (true, false): .before
        case (false, true): .after
        case (false, false): .concurrent
        }
    }
}

/// A generator whose whole sequence follows from a seed that a failing test prints.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var mixed = state ^ (state >> 33)
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 29)
    }
}
