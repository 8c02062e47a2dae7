import Foundation
import Testing

@testable import Measurement

/// The search for the highest rate that holds, against brokers of which the limit is known.
@Suite struct LimitSearchTests {
    /// Draws of a seed, the same in every run of the test.
    private struct Draws {
        var state: UInt64

        mutating func next() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
        }
    }

    private func search(_ start: Double, seed: UInt64 = 1) -> LimitSearch {
        var search = LimitSearch(start: start, range: (start / 1_000)...(start * 1_000))
        search.seed = seed
        return search
    }

    @Test(arguments: [
        (0.95, 1, 12.7062), (0.95, 4, 2.7764), (0.95, 9, 2.2622), (0.95, 100, 1.9840), (0.99, 1, 63.6567), (0.99, 4, 4.6041),
        (0.5, 2, 0.8165),
        (0.999, 4, 8.6103),
    ])
    func quantilesAreThoseOfTheTables(confidence: Double, degrees: Int, value: Double) {
        #expect(abs(StudentT.quantile(confidence: confidence, degrees: degrees) - value) < 0.0002)
    }

    /// A limit without any noise is found as narrow as was asked for, from wherever the search begins.
    @Test(arguments: [1.0, 90, 99.9, 100, 101, 700, 40_000])
    func aSharpLimitIsFound(start: Double) async throws {
        var search = search(start)
        var trials = 0
        let answer = try await search.run { rate in
            trials += 1
            return rate <= 100 ? .held : .failed
        }
        guard case .limit(let limit, let low, let high) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(low <= 100 && high >= 100 && high / low < 1.2, "\(answer)")
        #expect(abs(limit - 100) < 5 && trials < 90, "\(answer) after \(trials)")
    }

    /// The interval is what it says: one more search ends in it as often as the confidence says.
    @Test(arguments: [0.8, 0.95])
    func oneMoreSearchEndsInTheInterval(confidence: Double) async throws {
        var draws = Draws(state: 42)
        var inside = 0
        var told = 0
        var widths: [Double] = []
        for number in 0..<400 {
            let limit = 100 * pow(100, draws.next())
            // From hardly any noise to a third of the rate.
            let steepness = 6 + 60 * draws.next()
            func trial(_ rate: Double) -> LimitSearch.Outcome {
                draws.next() < 1 / (1 + pow(rate / limit, steepness)) ? .held : .failed
            }
            var first = search(limit * (0.3 + draws.next()), seed: UInt64(number))
            first.confidence = confidence
            guard case .limit(let estimate, let low, let high) = try await first.run({ trial($0) }) else { continue }
            told += 1
            widths.append(high / low)
            var other = search(estimate, seed: UInt64(number) + 1_000)
            other.searches = 2
            other.widest = .infinity
            _ = try await other.run { trial($0) }
            if low <= other.found[1], other.found[1] <= high { inside += 1 }
        }
        #expect(told > 350, "\(told)")
        // Three standard deviations of such a count below the confidence.
        let share = Double(inside) / Double(told)
        #expect(share > confidence - 3 * (confidence * (1 - confidence) / Double(told)).squareRoot(), "\(share)")
        #expect(widths.sorted()[told / 2] < 1.5, "the intervals are so wide that they say nothing")
    }

    /// A spike now and then decides nothing.
    @Test func spikesDecideNothing() async throws {
        var draws = Draws(state: 7)
        var search = search(100)
        let answer = try await search.run { rate in draws.next() < 0.08 ? .failed : rate <= 1_000 ? .held : .failed }
        guard case .limit(let limit, _, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(abs(limit - 1_000) < 60, "\(answer)")
    }

    @Test func aGeneratorAtItsEndIsNoLimitOfTheBroker() async throws {
        var search = search(100)
        let answer = try await search.run { $0 <= 1_000 ? .held : .generatorLimited }
        guard case .generator(let held?) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(held > 900 && held <= 1_000)
        var hopeless = self.search(100)
        #expect(try await hopeless.run { _ in .generatorLimited } == .generator(held: nil))
        // Where the broker fails first, the generator's end further up does not matter.
        var broker = self.search(100)
        let limit = try await broker.run { $0 <= 1_000 ? .held : $0 <= 1_500 ? .failed : .generatorLimited }
        guard case .limit = limit else {
            Issue.record("\(limit)")
            return
        }
    }

    @Test func theRangeIsKept() async throws {
        var rates: [Double] = []
        var search = LimitSearch(start: 10, range: 4...50)
        #expect(
            try await search.run {
                rates.append($0)
                return .held
            } == .aboveAll(50))
        #expect(
            try await search.run {
                rates.append($0)
                return .failed
            } == .belowAll(4))
        #expect(rates.min() == 4 && rates.max() == 50)
    }

    /// The spread of the searches decides: what differs too much is not told as a figure, and what does not differ is no more exact than a search.
    @Test func theSpreadDecides() {
        let search = search(100)
        guard case .unreproducible(let low, let high) = search.answer([100, 130, 90, 200, 120]) else {
            Issue.record("that is no limit")
            return
        }
        #expect(low < 90 && high > 200 && high / low > 2)
        guard case .limit(let limit, let least, let most) = search.answer([100, 100, 100]) else {
            Issue.record("that is a limit")
            return
        }
        #expect(abs(limit - 100) < 1e-9 && abs(most / least - 1.05) < 1e-9)
        guard case .limit(let mean, let from, let to) = search.answer([100, 110, 105, 95, 102]) else {
            Issue.record("that is a limit")
            return
        }
        // By hand: the mean of the logarithms is 4.62769 and their deviation 0.05466; 0.05466 · 2.7764 · √1.2 = 0.16625.
        #expect(abs(mean - 102.28) < 0.01 && abs(from - 86.61) < 0.01 && abs(to - 120.78) < 0.01, "\(mean) \(from) \(to)")
    }

    @Test func whatATrialThrowsEndsTheSearch() async {
        struct Stop: Error {}
        var search = search(100)
        await #expect(throws: Stop.self) { try await search.run { _ in throw Stop() } }
    }
}
