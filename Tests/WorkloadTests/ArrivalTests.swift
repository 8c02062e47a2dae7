import Testing
import Workload

@Suite struct ArrivalTests {
    private func rate(_ text: String) throws -> Rate { try #require(Rate(text)) }

    @Test(
        arguments: [
            ("50/s", 1, 20_000_000), ("6000/min", 1, 10_000_000), ("0.5/s", 1, 2_000_000_000), ("7/s", 7, 1_000_000_000),
            ("1/h", 1, 3_600_000_000_000),
        ] as [(String, UInt64, UInt64)])
    func ratesAreExact(text: String, messages: UInt64, nanoseconds: UInt64) throws {
        let rate = try rate(text)
        #expect(rate.messages == messages)
        #expect(rate.nanoseconds == nanoseconds)
        #expect(rate.description == text)
    }

    @Test(arguments: ["0/s", "-5/s", "50", "50/", "/s", "50/sec", "1e3/s", "0.0/s", ".5/s", "5./s", "2000000000/s", "50 /s", "1/1/s", ""])
    func otherRatesAreRefused(text: String) {
        #expect(Rate(text) == nil)
    }

    /// The nth message is due at start + n · interval to the nanosecond, after a million messages as after one.
    @Test(arguments: ["7/s", "3/s", "50/s", "999999937/s", "0.3/min"])
    func constantArrivalsDoNotDrift(text: String) throws {
        let rate = try rate(text)
        var arrivals = ArrivalProcess(rate: rate, kind: .constant, start: 1_000, random: RandomStream(state: 1))
        for n in 0..<1_000_000 as Range<UInt64> {
            let product = n.multipliedFullWidth(by: rate.nanoseconds)
            let due = 1_000 + rate.messages.dividingFullWidth(product).quotient
            let time = arrivals.next()
            if time != due {
                Issue.record("message \(n) is due at \(due), not at \(time)")
                return
            }
        }
    }

    @Test func clientsOfAGroupTakeTurns() throws {
        // 4 clients that share 100/s: together one message each 10 ms.
        let times = try (0..<4).flatMap { client -> [UInt64] in
            var arrivals = ArrivalProcess(
                rate: try rate("100/s"), sharers: 4, kind: .constant, start: 0, phase: .init(position: client, of: 4),
                random: RandomStream(state: 1))
            return (0..<25).map { _ in arrivals.next() }
        }
        #expect(times.sorted() == (0..<100).map { $0 * 10_000_000 })
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func poissonGapsAreExponential(seed: UInt64) throws {
        var arrivals = ArrivalProcess(
            rate: try rate("1000/s"), kind: .poisson, start: 5_000_000_000,
            random: RandomStream(seed: seed, group: 0, client: 0, purpose: .arrivals))
        let count = 50_000
        var before: UInt64 = 5_000_000_000
        var gaps: [Double] = []
        for _ in 0..<count {
            let time = arrivals.next()
            #expect(time >= before, "seed \(seed)")
            gaps.append(Double(time - before))
            before = time
        }
        let mean = gaps.reduce(0, +) / Double(count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // An exponential distribution has mean 1 ms, standard deviation 1 ms, and e⁻¹ of its gaps above the mean.
        // The bounds are five standard errors of each estimate: 1/√n, √8/√n and √(p(1-p))/√n.
        #expect(abs(mean / 1e6 - 1) < 0.0224, "seed \(seed): mean \(mean)")
        #expect(abs(variance / 1e12 - 1) < 0.0633, "seed \(seed): variance \(variance)")
        #expect(abs(Double(gaps.count { $0 > 1e6 }) / Double(count) - 0.36788) < 0.0108, "seed \(seed)")
        // Neighbouring gaps are independent: their correlation is 0 within five standard errors.
        let products = zip(gaps, gaps.dropFirst()).reduce(0.0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
        #expect(abs(products / Double(count) / variance) < 0.0224, "seed \(seed)")
    }

    @Test func sameSeedSameTimes() throws {
        func times(seed: UInt64, group: Int, client: Int) throws -> [UInt64] {
            var arrivals = ArrivalProcess(
                rate: try rate("100/s"), kind: .poisson, start: 0,
                random: RandomStream(seed: seed, group: group, client: client, purpose: .arrivals))
            return (0..<20).map { _ in arrivals.next() }
        }
        #expect(try times(seed: 1, group: 0, client: 0) == times(seed: 1, group: 0, client: 0))
        let all = try [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)].map { try times(seed: $0.0, group: $0.1, client: $0.2) }
        #expect(Set(all).count == all.count)
    }

    @Test func aRateTooLowForTheClockNeverFires() throws {
        var arrivals = ArrivalProcess(
            rate: try rate("0.000001/h"), sharers: 1_000_000, kind: .constant, start: 5, random: RandomStream(state: 1))
        #expect(arrivals.next() == 5)
        #expect(arrivals.next() == .max)
    }

    /// The reference values of SplitMix64 for the state 1234567.
    @Test func splitMixIsTheReference() {
        var random = RandomStream(state: 1_234_567)
        #expect((0..<3).map { _ in random.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }
}
