/// The generator of the simulation (Steele, Lea and Flood 2014), and its own way to numbers and choices: a seed must mean the same run for
/// ever, whatever the standard library does.
struct SplitMix64 {
    private var state: UInt64
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    init(_ seed: UInt64) {
        state = seed
    }

    /// A stream of its own for one purpose, without drawing from this one.
    func fork(_ purpose: UInt64) -> SplitMix64 {
        SplitMix64(Self.mix(state ^ Self.mix(purpose &+ Self.increment)))
    }

    /// The number that a stream of this name begins with.
    var value: UInt64 { state }

    mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// A number of a range.
    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next().multipliedFullWidth(by: UInt64(range.count)).high)
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool {
        pick(0...99) < percent
    }

    /// An element of what is not empty.
    mutating func element<Value>(of values: [Value]) -> Value {
        values[pick(0...values.count - 1)]
    }

    /// The values in a random order.
    mutating func shuffled<Value>(_ values: [Value]) -> [Value] {
        var values = values
        for last in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(last, pick(0...last)) }
        return values
    }

    /// Whole microseconds in nanoseconds: the checker keeps the time of an outcome no finer.
    mutating func microseconds(_ range: ClosedRange<Int>) -> UInt64 {
        UInt64(pick(range)) * 1000
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
