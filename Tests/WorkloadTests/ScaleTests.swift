import Testing

@testable import Workload

/// The same profile with more clients, or fewer.
@Suite struct ScaleTests {
    private func profile(_ publish: String) throws -> Profile {
        try Profile.parse(
            yaml: """
                name: t
                groups:
                  - { name: p, count: 250, publish: { topic: t/%i, qos: 1, \(publish) } }
                  - { name: s, count: 3, subscribe: { filters: [t/+], qos: 1 } }
                phases: { hold: 5s }
                """, file: "p.yaml")
    }

    @Test(arguments: [(0.1, 25, 1), (0.001, 1, 1), (2, 500, 6), (0.5, 125, 2), (1, 250, 3), (1_000_000, 1_000_000, 1_000_000)])
    func clientsAreSoManyTimesAsMany(factor: Double, first: Int, second: Int) throws {
        let scaled = try profile("rate: 2/s").scaled(by: factor)
        #expect(scaled.groups.map(\.count) == [first, second])
        // What each client does stays.
        #expect(scaled.groups[0].publish == (try profile("rate: 2/s")).groups[0].publish)
    }

    @Test(arguments: [
        (0.1, "30/s", "3/s"), (0.25, "30/s", "7.5/s"), (1.0 / 3, "1/s", "0.333333333/s"), (3, "10/min", "0.5/s"),
        (1e-6, "1/h", "0.000000001/s"),
    ])
    func ratesThatAreSharedGrowWithTheGroup(factor: Double, rate: String, expected: String) throws {
        let scaled = try profile("rate: \(rate), rate_per: group").scaled(by: factor)
        #expect(scaled.groups[0].publish?.pace == .rate(try #require(Rate(expected)), per: .group, .constant))
        let staged = try profile("stages: [{ for: 1s, rate: \(rate) }, { for: 1s, to: 0/s }], rate_per: group").scaled(by: factor)
        guard case .stages(let stages, _, _, _)? = staged.groups[0].publish?.pace else {
            Issue.record("\(staged.groups[0])")
            return
        }
        #expect(stages.map(\.from.description) == [expected, expected] && stages.map(\.to.description) == [expected, "0/s"])
    }

    @Test func itCanBeReadAgain() throws {
        let scaled = try profile("rate: 30/s, rate_per: group").scaled(by: 1.0 / 7)
        #expect(try Profile.parse(yaml: scaled.resolvedYAML(), file: "again.yaml") == scaled)
    }
}
