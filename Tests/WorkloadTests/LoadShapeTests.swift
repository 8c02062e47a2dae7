import Foundation
import Testing

@testable import Workload

/// Rates that change with time, bursts, sizes, and topics of which some are more in demand.
@Suite struct LoadShapeTests {
    private func profile(_ publish: String) throws -> Profile {
        try Profile.parse(
            yaml:
                "name: t\ngroups:\n  - { name: p, count: 4, protocol: \"5.0\", publish: { topic: t, qos: 1, \(publish) } }\nphases: { hold: 20s }",
            file: "p.yaml")
    }

    private func times(_ publish: String, until end: UInt64 = 20_000, client: Int = 0, of: String = "") throws -> [UInt64] {
        var arrivals = try #require(try profile(publish).arrivals(group: 0, client: client, start: 0))
        var times: [UInt64] = []
        while case let next = arrivals.next(), next < end * 1_000_000 { times.append(next) }
        return times
    }

    @Test func oneStageIsARate() throws {
        let stage = try times("stages: [{ for: 1s, rate: 7/s }]")
        let rate = try times("rate: 7/s")
        #expect(stage.count == rate.count)
        for (one, other) in zip(stage, rate) { #expect(max(one, other) - min(one, other) <= 2) }
    }

    @Test func stagesFollowEachOther() throws {
        let all = try times("stages: [{ for: 2s, rate: 10/s }, { for: 3s, rate: 0/s }, { for: 1s, rate: 100/s }, { for: 1s, rate: 5/s }]")
        func count(_ from: UInt64, _ to: UInt64) -> Int { all.count { $0 >= from * 1_000_000 && $0 < to * 1_000_000 } }
        #expect(count(0, 2_000) == 20)
        // What is due at the very end of a stage belongs to it.
        #expect(count(2_001, 5_000) == 0)
        #expect((99...101).contains(count(5_000, 6_000)))
        // The last rate holds on to the end.
        #expect((69...71).contains(count(6_000, 20_000)))
        #expect(all == all.sorted())
    }

    /// Against the integral of the rate, summed in small steps.
    @Test func rampsAreEven() throws {
        let stages =
            "stages: [{ for: 4s, to: 100/s }, { for: 2s, to: 20/s }, { for: 3s, from: 0/s, to: 0/s }, { for: 1s, from: 10/s, to: 40/s }]"
        let all = try times(stages)
        func rate(_ second: Double) -> Double {
            switch second {
            case ..<4: 25 * second
            case ..<6: 100 - 40 * (second - 4)
            case ..<9: 0
            case ..<10: 10 + 30 * (second - 9)
            default: 40
            }
        }
        var (due, index) = (0.0, 0)
        for step in 0..<20_000_000 {
            due += rate((Double(step) + 0.5) / 1e6) / 1e6
            while Double(index) - 1e-6 < due, index < all.count {
                let expected = Double(step) * 1e3
                #expect(abs(Double(all[index]) - expected) < 60_000 || index == 0, "message \(index): \(all[index]), \(expected)")
                index += 1
            }
        }
        #expect(abs(Double(all.count) - due) <= 1.5)
        let parsed = try profile(stages)
        if case .stages(let stages, _, _, _)? = parsed.groups[0].publish?.pace {
            #expect(abs(stages.messages(in: 20) - due) < 0.01 && abs(stages.messages(in: 5) - 280) < 0.01)
        }
    }

    @Test func aPoissonProcessFollowsTheRates() throws {
        let all = try times("arrival: poisson, stages: [{ for: 10s, rate: 1000/s }, { for: 10s, rate: 100/s }]")
        let first = all.count { $0 < 10_000_000_000 }
        #expect((9_600...10_400).contains(first), "\(first)")
        #expect((880...1_120).contains(all.count - first), "\(all.count - first)")
    }

    @Test func aSharedRateIsDividedInStagesToo() throws {
        let all = try (0..<4).flatMap { try times("rate_per: group, stages: [{ for: 5s, rate: 40/s }, { for: 5s, to: 80/s }]", client: $0) }
        #expect(abs(all.count - (200 + 300 + 800)) <= 4, "\(all.count)")
        // They do not all publish at once.
        #expect(Set(all).count > all.count * 9 / 10)
    }

    @Test(arguments: ["rate: 40/s", "stages: [{ for: 20s, rate: 40/s }]", "rate: 40/s, arrival: poisson"])
    func burstsComeAtOnce(pace: String) throws {
        let all = try times(pace + ", burst: 8")
        let bursts = Dictionary(grouping: all, by: \.self)
        #expect(bursts.values.dropLast(0).count { $0.count == 8 } >= bursts.count - 1)
        #expect((pace.contains("poisson") ? 600...1_000 : 792...800).contains(all.count), "\(all.count)")
    }

    @Test func sizesAreDrawnByTheSeed() throws {
        let turn = try #require(try profile("rate: 1/s, size: [100, 1KiB, 200]").sizes(group: 0, client: 1))
        #expect((1...4).map { turn.size(sequence: $0) } == [100, 1_024, 200, 100])
        let range = try #require(try profile("rate: 1/s, size: { min: 100, max: 109 }").sizes(group: 0, client: 1))
        let drawn = (1...10_000).map { range.size(sequence: $0) }
        for size in 100...109 { #expect((850...1_150).contains(drawn.count { $0 == size })) }
        #expect(Set(drawn).isSubset(of: Set(100...109)))
        #expect((1...10_000).map { range.size(sequence: $0) } == drawn)
        let exponential = try #require(try profile("rate: 1/s, size: { min: 100, max: 10KB, mean: 300 }").sizes(group: 0, client: 1))
        let sizes = (1...20_000).map { exponential.size(sequence: $0) }
        let mean = Double(sizes.reduce(0, +)) / 20_000
        #expect((290...310).contains(mean) && sizes.min() == 100 && (sizes.max() ?? 0) <= 10_000, "\(mean)")
        // Half of them are below the median of the distribution, 100 + 200 · ln 2.
        #expect((9_600...10_400).contains(sizes.count { $0 < 239 }))
        let publish = try #require(try profile("rate: 1/s, size: { min: 100, max: 10KB, mean: 300 }").groups[0].publish)
        #expect(publish.size == 10_000 && publish.sizes.least == 100)
    }

    @Test func fewTopicsCarryMostMessages() throws {
        let yaml = ProfileText.valid.replacing("t/%i", with: "t/%zipf_10").replacing("t/+", with: "t/+")
        let source = try #require(try Profile.parse(yaml: yaml, file: "p.yaml").topics(group: 0, client: 0))
        var counts = [Int](repeating: 0, count: 10)
        for sequence in 1...20_000 as ClosedRange<UInt64> {
            let topic = source.topic(sequence: sequence)
            #expect(topic == source.topic(sequence: sequence))
            counts[try #require(Int(topic.dropFirst(2)))] += 1
        }
        let sum = (1...10).reduce(0.0) { $0 + 1 / Double($1) }
        for (number, count) in counts.enumerated() {
            let expected = 20_000 / Double(number + 1) / sum
            #expect(abs(Double(count) - expected) < 5 * expected.squareRoot(), "\(number): \(count), \(expected)")
        }
        var random = RandomStream(state: 5)
        let one = ZipfTable(count: 1)
        #expect((0..<100).allSatisfy { _ in one.number(&random) == 0 })
    }

    @Test func topicsAreUsedInTurn() throws {
        let yaml = ProfileText.valid.replacing("t/%i", with: "[t/a, t/%i%rand_5, t/%s]")
        let source = try #require(try Profile.parse(yaml: yaml, file: "p.yaml").topics(group: 0, client: 2))
        #expect(source.topic(sequence: 1) == "t/a" && source.topic(sequence: 3) == "t/3" && source.topic(sequence: 4) == "t/a")
        #expect(source.topic(sequence: 2).hasPrefix("t/2") && source.fixedTopic == nil)
        let problems = ProfileText.problems(ProfileText.valid.replacing("t/%i", with: "[t/a, t/+, other]"))
        #expect(problems.contains { $0.hasPrefix("p.yaml:6: groups[0].publish.topic[1]: 't/+' contains a wildcard") }, "\(problems)")
    }

    @Test(arguments: [
        ("rate: 1/s, stages: [{ for: 1s, rate: 1/s }]", "publish.rate: stands beside stages"),
        ("stages: []", "publish.stages: expected a list of stages"),
        ("stages: [{ for: 1s }]", "publish.stages[0]: expected rate for a rate that stays, or to"),
        ("stages: [{ for: 1s, rate: 1/s, to: 2/s }]", "publish.stages[0]: expected rate for a rate that stays, or to"),
        ("stages: [{ rate: 1/s }]", "publish.stages[0].for: is missing"),
        ("stages: [{ for: 0s, rate: 1/s }]", "publish.stages[0].for: expected a duration above 0s"),
        ("stages: [{ for: 1s, rate: fast }]", "publish.stages[0].rate: expected a rate as 50/s, or 0/s for none, found 'fast'"),
        ("stages: [{ for: 1s, rate: 0/s }]", "publish.stages: have no rate above 0"),
        ("rate: 1/s, burst: 0", "publish.burst: expected a number of messages from 1"),
        ("rate: unlimited, burst: 2", "publish.burst: has no effect"),
        ("rate: 1/s, size: [100, 0]", "publish.size[1]: expected a size in bytes"),
        ("rate: 1/s, size: [100, 60]", "publish.size: 60 bytes are too few"),
        ("rate: 1/s, size: { min: 100 }", "publish.size.max: is missing"),
        ("rate: 1/s, size: { min: 100, max: 99 }", "publish.size.max: is 99, less than min, which is 100"),
        ("rate: 1/s, size: { min: 100, max: 200, mean: 200 }", "publish.size.mean: is 200; expected more than min"),
        ("rate: 1/s, empty_every: 0", "publish.empty_every: expected a number of messages"),
        ("rate: 1/s, content_type: ''", "publish.content_type: is empty"),
        ("rate: 1/s, content_type: \"a\\u0001\"", "publish.content_type: contains the control character U+0001"),
        ("rate: 1/s, user_properties: [a]", "publish.user_properties: expected keys and values"),
        ("rate: 1/s, user_properties: { a: \"\\u0001\" }", "publish.user_properties.a: contains the control character"),
        ("rate: 1/s, aliases: 0", "publish.aliases: expected a number of topics"),
    ])
    func refuses(publish: String, expected: String) {
        do {
            _ = try profile(publish)
            Issue.record("was taken")
        } catch {
            let problems = (error as? ProfileError)?.problems.map(\.description) ?? []
            #expect(problems.contains { $0.hasPrefix("p.yaml:3: groups[0].\(expected)") }, "\(problems)")
        }
    }

    /// A stranger's profile has nothing of a file sent to a broker of the stranger's.
    @Test func usersAreNotHandedToABrokerOfTheProfile() throws {
        let yaml = try "target: { broker: 'mqtt://x' }\n" + ProfileText.replacing("count: 3", with: "count: 3\n    credentials_file: users")
        let problems = ProfileText.problems(yaml)
        #expect(problems.count == 1, "\(problems)")
        #expect(
            problems[0].hasPrefix(
                "p.yaml:6: groups[0].credentials_file: would go to a broker that the profile itself names; name that with"))
    }

    @Test(arguments: [
        ("count: 3", "count: 3\n    source_addresses: [localhost]", "source_addresses[0]: expected an address in numbers"),
        ("count: 3", "count: 3\n    engine: libmosquitto\n    source_addresses: [127.0.0.2]", "source_addresses: needs the engine wire"),
        ("count: 3", "count: 3\n    credentials_file: ../users", "credentials_file: '../users' leads out of the profile's directory"),
        ("rate: 50/s", "rate: 50/s\n      content_type: text/plain", "publish.content_type: is of MQTT 5.0 (3.3.2.3)"),
        ("rate: 50/s", "rate: 50/s\n      aliases: 4", "publish.aliases: is of MQTT 5.0 (3.3.2.3)"),
        ("t/%i", "t/%zipf_0", "publish.topic: %zipf_ needs a number from 1 to 1000000 behind it"),
    ])
    func refusesIdentities(old: String, new: String, expected: String) throws {
        let problems = ProfileText.problems(try ProfileText.replacing(old, with: new))
        #expect(problems.count == 1 && problems[0].contains("groups[0].\(expected)"), "\(problems)")
    }
}
