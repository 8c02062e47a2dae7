import Foundation
import Testing

@testable import Workload

/// A small valid profile with a shop, in which a test replaces what it is about.
private let valid = """
    name: shop
    shop:
      orders: 600
      rate: 100/s
      stock: 50
    """

private func shop(_ lines: String = "") throws -> Profile.Shop {
    try #require(try Profile.parse(yaml: valid + "\n" + lines, file: "p.yaml").shop)
}

/// The key `shop` of a profile.
@Suite struct ShopParsingTests {
    @Test func whatIsLeftOutHasItsDefault() throws {
        let profile = try Profile.parse(yaml: valid, file: "p.yaml")
        let shop = try #require(profile.shop)
        #expect(
            shop.customers == 9 && shop.connections == 9 && shop.vendors == 0 && shop.orders == 600 && shop.rate.perSecond == 100
                && shop.stock == 50)
        #expect(shop.arrival == .constant && shop.quantity == 1...3 && shop.cancel == 0 && shop.duplicate == 0)
        #expect(shop.cancelWithin == .milliseconds(100) && shop.packingTime == .milliseconds(20))
        #expect(shop.resendAfter == .seconds(2) && shop.causalTimeout == .seconds(1))
        #expect(shop.qos == .init(all: 1) && shop.protocolVersion == .v5 && shop.workers == 4 && shop.durability == .full)
        #expect(!shop.processes && !shop.bridged && shop.kills == nil)
        #expect(profile.groups.isEmpty && profile.workflow == .shop)
    }

    @Test func everyKeyIsRead() throws {
        let shop = try shop(
            """
              customers: 12
              connections: 5
              vendors: 11
              arrival: poisson
              quantity: { min: 2, max: 5 }
              cancel: 12.5%
              cancel_within: 50ms
              duplicate: 0.05
              qos: { order: 2, customers: 0 }
              protocol: "3.1.1"
              packing_time: 5ms
              resend_after: 700ms
              causal_timeout: 300ms
              workers: 2
              durability: process
              processes: true
              bridged: true
              kills: { count: 3, over: 2s }
            """)
        #expect(shop.customers == 12 && shop.connections == 5 && shop.vendors == 11 && shop.arrival == .poisson && shop.quantity == 2...5)
        #expect(shop.cancel == 0.125 && shop.cancelWithin == .milliseconds(50) && shop.duplicate == 0.05)
        var qos = Profile.Shop.QoS(all: 1)
        qos.order = 2
        qos.customers = 0
        #expect(shop.qos == qos && shop.qos.greatest == 2)
        #expect(shop.protocolVersion == .v311 && shop.packingTime == .milliseconds(5) && shop.resendAfter == .milliseconds(700))
        #expect(shop.causalTimeout == .milliseconds(300) && shop.workers == 2 && shop.durability == .process)
        #expect(shop.processes && shop.bridged && shop.kills == .init(count: 3, over: .seconds(2)))
    }

    @Test(arguments: [(1, 1), (31, 31), (32, 32), (33, 32), (600, 32)])
    func eachCustomerHasItsOwnConnectionUntilThereAreMany(customers: Int, connections: Int) throws {
        #expect(try shop("  customers: \(customers)").connections == connections)
    }

    @Test func aNumberIsAQuantityAndAQoSForAll() throws {
        let shop = try shop("  quantity: 4\n  qos: 2")
        #expect(shop.quantity == 4...4 && shop.qos == .init(all: 2))
    }

    @Test func killsFallAmongTheOrdersUnlessTheProfileSaysWhen() throws {
        #expect(try shop("  processes: true\n  kills: { count: 5 }").kills == .init(count: 5, over: .seconds(6)))
    }

    @Test(arguments: ["", "  cancel: 0.000001\n  duplicate: 100%\n  qos: { shipping: 0 }\n  processes: true\n  kills: { count: 2 }"])
    func theResolvedProfileIsTheSame(lines: String) throws {
        let profile = try Profile.parse(yaml: valid + "\n" + lines, file: "p.yaml")
        #expect(try Profile.parse(yaml: profile.resolvedYAML(), file: "resolved.yaml") == profile)
    }

    @Test func theShippedWorkflowIsTheOneBuiltIn() throws {
        let path = ProfileText.directory.appending(path: "workflows/shop.yaml").path()
        #expect(try WorkflowDefinition.load(path: path) == .shop)
    }

    @Test func anotherWorkflowReplacesTheOneBuiltIn() throws {
        let profile = try Profile.parse(yaml: valid + "\nworkflow: { quantities: [{ name: stock, terms: [here] }] }", file: "p.yaml")
        #expect(profile.workflow?.machines.isEmpty == true)
    }

    @Test(arguments: [
        ("groups: []", "p.yaml:2: shop: stands beside groups; a profile loads either a broker with groups or the shop, so leave one out"),
        ("  customers: 0", "p.yaml:6: shop.customers: expected a number of customers from 1 to 100000, found '0'"),
        ("  customers: 601", "p.yaml:3: shop.orders: is 600, fewer than the 601 customers"),
        ("  connections: 0", "p.yaml:6: shop.connections: expected a number of connections from 1 to 100000, found '0'"),
        ("  connections: 10", "p.yaml:6: shop.connections: is 10, more than the 9 customers that share them; expected at most that"),
        (
            "  customers: 5000\n  connections: 2001",
            "p.yaml:7: shop.connections: is 2001, and the stamp of an event names every connection through which customers have ordered"
        ),
        ("  vendors: 12", "p.yaml:6: shop.vendors: expected a number of vendors from 0 to 11, found '12'"),
        ("  arrival: uniform", "p.yaml:6: shop.arrival: expected constant or poisson, found 'uniform'"),
        ("  quantity: 0", "p.yaml:6: shop.quantity: expected a quantity from 1 to 1000000, or min and max, found '0'"),
        ("  quantity: { min: 3, max: 2 }", "p.yaml:6: shop.quantity.max: is 2, less than min, 3"),
        ("  quantity: { min: 3 }", "p.yaml:6: shop.quantity.max: is missing"),
        ("  cancel: 1.1", "p.yaml:6: shop.cancel: expected a share from 0 to 1, as 0.1, or in percent, as 10%, found '1.1'"),
        ("  cancel: 101%", "p.yaml:6: shop.cancel: expected a share"),
        ("  cancel: 0.00000001", "p.yaml:6: shop.cancel: expected a share"),
        ("  duplicate: often", "p.yaml:6: shop.duplicate: expected a share"),
        ("  qos: 3", "p.yaml:6: shop.qos: expected 0, 1 or 2, or one for each service and the customers, found '3'"),
        ("  qos: { orders: 1 }", "p.yaml:6: shop.qos.orders: unknown key, did you mean 'order'?"),
        ("  qos: { order: 7 }", "p.yaml:6: shop.qos.order: expected 0, 1 or 2, found '7'"),
        ("  resend_after: 0s", "p.yaml:6: shop.resend_after: expected a duration above 0s"),
        ("  workers: 0", "p.yaml:6: shop.workers: expected a number of workers from 1 to 64"),
        ("  durability: none", "p.yaml:6: shop.durability: expected process or full, found 'none'"),
        ("  kils: { count: 1 }", "p.yaml:6: shop.kils: unknown key, did you mean 'kills'?"),
        ("  kills: { count: 1 }", "p.yaml:6: shop.kills: needs processes: true"),
        ("  processes: true\n  kills: { over: 1s }", "p.yaml:7: shop.kills.count: is missing"),
        ("  processes: true\n  kills: { count: 1, over: 0s }", "p.yaml:7: shop.kills.over: expected a duration above 0s"),
        (
            "  processes: true\n  kills: { count: 1, over: 7s }",
            "p.yaml:7: shop.kills.over: is 7s, but at 100/s the 600 orders are placed after 6s"
        ),
        (
            "  processes: true\n  kills: { count: 1, over: 5s }\nphases: { hold: 2s }",
            "p.yaml:7: shop.kills.over: is 5s, but no order is placed after warm_up and hold, 2s"
        ),
        ("  bridged: true\ntarget: { broker: 'mqtt://b' }", "p.yaml:6: shop.bridged: needs brokers that Waybill starts"),
        (
            "  processes: true\ntarget: { broker: 'mqtts://b', tls: { insecure: true } }",
            "p.yaml:6: shop.processes: services in processes of their own hold the broker's certificate against its name"
        ),
        (
            "thresholds: { orders: [fast] }",
            "p.yaml:6: thresholds.orders[0]: expected a comparison and orders a second, as >150/s, found 'fast'"
        ),
    ])
    func mistakesAreTold(lines: String, expected: String) {
        let problems = ProfileText.problems(valid + "\n" + lines)
        #expect(problems.contains { $0.hasPrefix(expected) }, "\(problems)")
    }

    @Test func whatIsRequiredIsNamed() {
        let problems = ProfileText.problems("name: shop\nshop: {}")
        for key in ["orders", "rate", "stock"] { #expect(problems.contains { $0.contains("shop.\(key): is missing") }, "\(problems)") }
        #expect(
            ProfileText.problems("name: nothing").contains {
                $0.contains("groups: is missing; expected a list of client groups, or shop instead")
            })
    }

    @Test func ordersAreAMetricOfShopsOnly() throws {
        #expect(try Profile.parse(yaml: valid + "\nthresholds: { orders: ['>90/s'] }", file: "p.yaml").thresholds[0].value == 90)
        let problems = ProfileText.problems(ProfileText.valid + "\nthresholds: { orders: ['>90/s'] }")
        #expect(problems.first?.hasPrefix("p.yaml:16: thresholds.orders: counts orders of a shop") == true, "\(problems)")
    }
}

/// What the seed makes of a shop.
@Suite struct ShopPlanTests {
    private func profile(_ lines: String, seed: UInt64 = 1) throws -> Profile {
        var profile = try Profile.parse(yaml: valid + "\n" + lines, file: "p.yaml")
        profile.seed = seed
        return profile
    }

    @Test func sharesComeOutAsThePartsOfTheProfile() throws {
        let profile = try profile("  customers: 7\n  cancel: 50%\n  duplicate: 20%\n  quantity: { min: 2, max: 4 }\n  cancel_within: 30ms")
        let orders = (0..<7).flatMap { profile.shopOrders(customer: $0) }
        #expect(orders.count == 600)
        #expect(orders.allSatisfy { (0..<11).contains($0.item) && (2...4).contains($0.quantity) })
        #expect(Set(orders.map(\.item)).count == 11 && Set(orders.map(\.quantity)).count == 3)
        // Binomial with 600 trials: five standard deviations to either side.
        #expect((240...360).contains(orders.count { $0.cancelAfter != nil }))
        #expect((70...170).contains(orders.count { $0.duplicate != nil }))
        #expect(orders.contains { $0.duplicate == .event } && orders.contains { $0.duplicate == .order })
        #expect(orders.allSatisfy { $0.cancelAfter.map { $0 >= .zero && $0 <= .milliseconds(30) } ?? true })
    }

    @Test func theSeedIsAllThatDecides() throws {
        let lines = "  cancel: 50%\n  processes: true\n  kills: { count: 9 }"
        let (one, same, other) = (try profile(lines), try profile(lines), try profile(lines, seed: 2))
        #expect(one.shopOrders(customer: 3) == same.shopOrders(customer: 3) && one.shopKills() == same.shopKills())
        #expect(one.shopOrders(customer: 3) != other.shopOrders(customer: 3) && one.shopKills() != other.shopKills())
        #expect(one.shopOrders(customer: 3) != one.shopOrders(customer: 4))
    }

    @Test func cancellingMoreLeavesWhatIsOrderedAlone() throws {
        let few = try profile("  cancel: 10%").shopOrders(customer: 0)
        let many = try profile("  cancel: 90%").shopOrders(customer: 0)
        #expect(few.map(\.item) == many.map(\.item) && few.map(\.quantity) == many.map(\.quantity))
        #expect(zip(few, many).allSatisfy { $0.cancelAfter == nil || $1.cancelAfter == $0.cancelAfter })
    }

    @Test func oneKillFallsIntoEachPartOfTheSpan() throws {
        let kills = try profile("  processes: true\n  kills: { count: 6 }").shopKills()
        #expect(kills.count == 6)
        for (index, kill) in kills.enumerated() {
            #expect(kill.after >= .seconds(index) && kill.after < .seconds(index + 1))
            #expect((0..<4).contains(kill.service))
        }
    }

    @Test func allCustomersTogetherOrderAtTheRate() throws {
        let profile = try profile("  customers: 4")
        var times: [UInt64] = []
        for customer in 0..<4 {
            var arrivals = try #require(profile.shopArrivals(customer: customer, start: 1_000))
            for _ in 0..<25 { times.append(arrivals.next()) }
        }
        #expect(times.sorted() == (0..<100).map { 1_000 + $0 * 10_000_000 })
    }

    @Test func theCommandLineReplacesWhatItMay() throws {
        let profile = try profile("  qos: { order: 2 }")
        #expect(try profile.replacingShopQoS(with: 0).shop?.qos == .init(all: 0))
        #expect(try profile.separatingServices().shop?.processes == true)
        let other = try Profile.parse(yaml: ProfileText.valid, file: "p.yaml")
        #expect(throws: ProfileError.self) { try other.replacingShopQoS(with: 0) }
        #expect(throws: ProfileError.self) { try other.separatingServices() }
    }
}
