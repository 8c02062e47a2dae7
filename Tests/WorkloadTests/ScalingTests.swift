import Testing

@testable import Workload

/// All rates of a profile times a factor.
@Suite struct ScalingTests {
    private func source(_ yaml: String) throws -> ProfileSource { try ProfileSource(yaml: yaml, file: "p.yaml") }

    @Test func everyRateIsScaled() throws {
        let source = try source(
            """
            name: x
            groups:
              - { name: a, count: 4, publish: { topic: a, qos: 0, rate: 50/s } }
              - { name: b, count: 3, publish: { topic: b, qos: 0, rate: 600/min, rate_per: group } }
              - { name: c, count: 1, subscribe: { filters: [a], qos: 0 }, publish: { topic: c, qos: 0, on: received } }
            phases: { hold: 1s }
            """)
        let profile = try source.profile()
        #expect(try source.wholeRate(of: profile) == 210)
        let scaled = try source.scalingRates(of: profile, by: 2.5)
        #expect(try scaled.wholeRate(of: scaled.profile()) == 525)
        let small = try source.scalingRates(of: profile, by: 0.001)
        #expect(try abs(small.wholeRate(of: small.profile()) - 0.21) < 1e-5)
    }

    @Test func aShopIsScaledByItsOrders() throws {
        let source = try source("name: x\nshop: { orders: 100, rate: 20/s, stock: 10 }\nphases: { hold: 1s }")
        let scaled = try source.scalingRates(of: source.profile(), by: 3).profile()
        #expect(scaled.shop?.rate.perSecond == 60)
    }

    @Test(arguments: [
        ("rate: unlimited", "p.yaml:3: groups[0].publish.rate: is unlimited, and a trial is of a rate"),
        ("rate: 5/s, messages: 10", "p.yaml:3: groups[0].publish.messages: would make a trial the shorter"),
        ("stages: [{ for: 1s, rate: 5/s }]", "p.yaml:3: groups[0].publish.stages: are several rates, and a trial is of one"),
    ])
    func whatIsNoRateIsRefused(pace: String, says: String) throws {
        let source = try source("name: x\ngroups:\n  - { name: a, count: 1, publish: { topic: a, qos: 0, \(pace) } }\nphases: { hold: 1s }")
        let profile = try source.profile()
        let error = #expect(throws: ProfileError.self) { try source.wholeRate(of: profile) }
        #expect(error?.description.hasPrefix(says) == true, "\(String(describing: error))")
    }
}
