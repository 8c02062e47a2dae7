internal import Foundation

/// Finds the highest rate at which trials hold, where a trial near the limit may end either way.
///
/// A *search* goes up or down from where it starts until the outcome changes, and then halves the span until it is as narrow as was asked for. Each rate is
/// decided by the first outcome that two of at most three trials have, so that one spike decides nothing. Several searches, each from a start of its own,
/// give several limits. Their spread says what one more search would find: the answer is their geometric mean, and the interval is that
/// in which one more would end with the stated confidence (Student's t, on the logarithms).
package struct LimitSearch {
    /// What a trial showed.
    package enum Outcome: String, Codable, Equatable, Sendable {
        /// Everything held.
        case held
        /// Something did not, and it was not for the generator.
        case failed
        /// Something did not, and the generator had no time: of the broker this says nothing.
        case generatorLimited = "generator_limited"
    }

    /// What came out.
    package enum Answer: Equatable, Sendable {
        /// The limit, and the interval in which one more search would end.
        case limit(Double, low: Double, high: Double)
        /// The searches differ too much from each other.
        case unreproducible(low: Double, high: Double)
        /// The generator reaches its end first: the broker holds what is given here, if any, and whether it holds more cannot be told.
        case generator(held: Double?)
        /// Even the greatest rate held.
        case aboveAll(Double)
        /// Not even the least rate held.
        case belowAll(Double)
    }

    /// Where the first search starts.
    package var start: Double
    /// The rates between which it stays.
    package var range: ClosedRange<Double>
    /// How narrow the span is in the end, as a share of the rate: 0.05.
    package var precision = 0.05
    /// How many searches, at least 2.
    package var searches = 5
    /// With which confidence one more would end in the interval.
    package var confidence = 0.95
    /// High ÷ low beyond which nothing is told.
    package var widest = 2.0
    /// Where the searches behind the first start is drawn from this.
    package var seed: UInt64 = 1

    /// The limits that the searches found.
    package private(set) var found: [Double] = []
    /// The greatest rate that was decided to hold.
    private var greatestHeld: Double?

    /// Makes a search.
    package init(start: Double, range: ClosedRange<Double>) {
        self.start = start
        self.range = range
    }

    /// Runs it.
    /// - Parameter trial: makes a trial of a rate.
    /// - Throws: what `trial` throws.
    package mutating func run(_ trial: (Double) async throws -> Outcome) async throws -> Answer {
        // Far apart first, where nothing is known; then a few times the precision, where the answer is likely.
        var step = 2.0
        for number in 0..<searches {
            let begin = number == 0 ? start : middle(found) * pow(step, draw(number) - 0.5)
            switch try await search(from: min(max(begin, range.lowerBound), range.upperBound), step: step, trial) {
            case .limit(let limit): found.append(limit)
            case .end(let answer): return answer
            }
            step = 1 + 4 * precision
        }
        return answer(found)
    }

    private enum Search {
        case limit(Double)
        case end(Answer)
    }

    private mutating func search(from begin: Double, step: Double, _ trial: (Double) async throws -> Outcome) async throws -> Search {
        var held: Double?
        var failed: (rate: Double, outcome: Outcome)?
        var rate = begin
        var stride = step
        while held == nil || failed == nil {
            // What only leads farther is looked at again there, so one trial of it will do.
            let onward: Outcome? = failed != nil ? .failed : held != nil ? .held : nil
            let outcome = try await decide(rate, onward, trial)
            if outcome == .held {
                held = rate
                if rate >= range.upperBound { return .end(.aboveAll(rate)) }
                if failed == nil { rate = min(rate * stride, range.upperBound) }
            } else {
                failed = (rate, outcome)
                if rate <= range.lowerBound { return .end(outcome == .failed ? .belowAll(rate) : .generator(held: greatestHeld)) }
                if held == nil { rate = max(rate / stride, range.lowerBound) }
            }
            // Whoever is far off has been for some steps already.
            stride = min(stride * stride, 2)
        }
        guard var low = held, var high = failed else { preconditionFailure("Both ends are known.") }
        while high.rate / low > 1 + precision {
            let middle = (low * high.rate).squareRoot()
            let outcome = try await decide(middle, nil, trial)
            if outcome == .held { low = middle } else { high = (middle, outcome) }
        }
        return high.outcome == .failed ? .limit((low * high.rate).squareRoot()) : .end(.generator(held: greatestHeld))
    }

    /// What two of at most three trials show. Three that are all different show nothing of the broker.
    /// - Parameter onward: an outcome of which one trial is enough.
    private mutating func decide(_ rate: Double, _ onward: Outcome?, _ trial: (Double) async throws -> Outcome) async throws -> Outcome {
        var counts: [Outcome: Int] = [:]
        for _ in 0..<3 {
            let outcome = try await trial(rate)
            counts[outcome, default: 0] += 1
            guard counts[outcome] == 2 || outcome == onward && counts.count == 1 else { continue }
            if outcome == .held { greatestHeld = max(greatestHeld ?? 0, rate) }
            return outcome
        }
        return .generatorLimited
    }

    /// What the limits of the searches say together; there are at least two.
    func answer(_ found: [Double]) -> Answer {
        let logarithms = found.map { log($0) }
        let mean = logarithms.reduce(0, +) / Double(found.count)
        let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(found.count - 1)
        let spread =
            StudentT.quantile(confidence: confidence, degrees: found.count - 1) * (variance * (1 + 1 / Double(found.count))).squareRoot()
        // A search knows its limit no better than the span that it ends with.
        let half = max(spread, log(1 + precision) / 2)
        let (low, high) = (exp(mean - half), exp(mean + half))
        return high / low > widest ? .unreproducible(low: low, high: high) : .limit(exp(mean), low: low, high: high)
    }

    private func middle(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[sorted.count / 2]
    }

    /// A number from 0 up to 1, another for each search (SplitMix64): all searches would else look at the same rates.
    private func draw(_ number: Int) -> Double {
        var state = seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((state ^ (state >> 31)) >> 11) / 9_007_199_254_740_992
    }
}
