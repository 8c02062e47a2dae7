import Foundation
import Shop
import Synchronization
import Testing
import Trace
import Verification
import Workload

@testable import Harness

/// Shops with more customers than connections: what an order costs does not depend on how many others order, and each customer is judged for itself.
@Suite(.serialized) struct ManyCustomersTests {
    /// - Parameter connections: of which the profile says nothing where it is `nil`.
    private func scenario(customers: Int, connections: Int?, orders: Int? = nil) -> ShopScenario {
        let shared = connections.map { "\nconnections: \($0)" } ?? ""
        var scenario = ShopScenario("customers: \(customers)\(shared)\nstock: 10000")
        scenario.orders = orders ?? customers
        scenario.rate = "200/s"
        // Nothing is to be sent again because the machine is busy.
        scenario.resendAfter = "30s"
        return scenario
    }

    /// The processes of the customers' group by name, and every topic on which customers are told what became of their orders.
    private func heard(_ outcome: RunOutcome) throws -> (connections: Set<String>, topics: Set<String>) {
        var connections: Set<String> = []
        var topics: Set<String> = []
        for path in try RunDirectory(existing: outcome.directory).traces {
            let file = try TraceFile(path: path)
            let customers = file.processes.filter { $0.value.group == "customers" }
            connections.formUnion(customers.values.map(\.name))
            file.forEach { event, _ in
                guard case .delivered(let delivered) = event, customers[delivered.process] != nil,
                    let topic = file.topics[Int(delivered.topic)], topic.hasSuffix("/status")
                else { return }
                topics.insert(topic)
            }
        }
        return (connections, topics)
    }

    @Test func hundredsOfCustomersAreEachToldOfTheirOrder() async throws {
        try await scenario(customers: 300, connections: nil).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            #expect(outcome.shop?.placed == 300 && outcome.shop?.unconfirmed == 0)
            let (connections, topics) = try heard(outcome)
            #expect(connections.count == Profile.Shop.usualConnections)
            #expect(connections.contains("company/amazon and 9 more"))
            #expect(topics == Set(Catalogue.customers(300).map { "shop/notification/customer/\($0)/status" }))
            // Every order is called as if its customer had a connection of its own.
            let machine = try #require(outcome.check.workflow?.machines.first { $0.name == "order" })
            #expect(machine.states.first { $0.name == "confirmed" }?.entities == 300)
        }
    }

    @Test func asManyConnectionsAsCustomersAreTheCustomers() async throws {
        try await scenario(customers: 12, connections: nil, orders: 24).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            let connections = try heard(outcome).connections
            #expect(connections == Set(Catalogue.customers(12).map(\.description)))
        }
    }

    /// Counted in the entries of stamps that are written to the trace: four times the customers place four times the orders, and each order costs what it
    /// did. With a connection for each customer it would be more than twice as much.
    @Test func anOrderCostsTheSameAmongMoreCustomers() async throws {
        func cost(_ customers: Int) async throws -> Double {
            try await scenario(customers: customers, connections: 8).run { outcome in
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                #expect(outcome.shop?.unconfirmed == 0)
                var entries = 0
                for path in try RunDirectory(existing: outcome.directory).traces {
                    let file = try TraceFile(path: path)
                    file.forEach { event, _ in
                        guard case .published(let published) = event else { return }
                        _ = file.forEachEntry(of: published.stamp) { _, _ in entries += 1 }
                    }
                }
                return Double(entries) / Double(customers)
            }
        }
        let few = try await cost(50)
        let many = try await cost(200)
        #expect(few > 0 && many < 1.25 * few, "\(many) entries an order of 200 customers, \(few) of 50")
    }

    /// A proxy swallows what one customer is told, for which the broker believes that it came.
    /// - Parameter isRepeated: whether the customer hears of its order when it is told again.
    @Test(arguments: [true, false])
    func aLossAtOneCustomerIsFoundAndNamed(isRepeated: Bool) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(
                settings: ["max_queued_messages 0", "set_tcp_nodelay true"], directory: directory
            ) { broker in
                // The 25th of 40 customers on 4 connections, and so one of ten on the first of them.
                let victim = Catalogue.customers(40)[24]
                let isDone = Mutex(false)
                let proxy = TamperingProxy(to: broker.port) { packet, way, connection in
                    guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("customer-"),
                        packet.topic == "shop/notification/customer/\(victim)/status",
                        !isRepeated
                            || isDone.withLock({ done in
                                defer { done = true }
                                return !done
                            })
                    else { return [packet] }
                    connection.send([Packet(.puback, id: packet.id)], .toBroker)
                    return []
                }
                defer { proxy.close() }
                var scenario = scenario(customers: 40, connections: 4)
                scenario.keys += "\nprotocol: \"3.1.1\""
                scenario.resendAfter = "1s"
                scenario.drain = isRepeated ? "{ quiet: 600ms, limit: 60s }" : "{ quiet: 600ms, limit: 3s }"
                let profile = try scenario.profile().replacingTarget(with: BrokerURL(parsing: "mqtt://127.0.0.1:\(proxy.port)"))
                let outcome = try await ShopRun(profile: profile, output: directory + "/runs").execute()
                let lost = outcome.check.anomalies.first { $0.class == "lost" }
                if isRepeated {
                    #expect(outcome.check.verdict == .violation, "\(outcome.check)")
                    #expect(outcome.shop?.unconfirmed == 0)
                    #expect(lost?.count == 1 && outcome.check.anomalies.count == 1, "\(outcome.check)")
                    let witness = try #require(lost?.witnesses.first)
                    #expect(witness.topic == "shop/notification/customer/\(victim)/status")
                    #expect(witness.publisher == "notification" && witness.subscriber == "company/amazon and 9 more")
                } else {
                    #expect(outcome.check.verdict != .pass, "\(outcome.check)")
                    #expect(outcome.shop?.unconfirmed == 1)
                    let reason = try #require(try outcome.marks(.drainTimedOut).first)
                    #expect(reason == "order 40.1 of customer \(victim) is not confirmed, 1 of its orders are not")
                }
            }
        }
    }

    /// With whom a customer shares its connection changes nothing about its orders and their times.
    @Test func theOrdersOfManyAreThoseOfEach() throws {
        let profile = try ShopScenario("customers: 7\nstock: 10\ncancel: 50%\nduplicate: 50%").profile()
        let numbers = [1, 4, 6]
        var schedule = ShopSchedule(profile, customers: numbers, start: 1_000)
        var placed: [[(Profile.Shop.PlannedOrder, UInt64)]] = [[], [], []]
        var last: UInt64 = 0
        while let next = schedule.next() {
            #expect(next.intended >= last)
            last = next.intended
            placed[next.customer].append((next.order, next.intended))
            #expect(next.number == placed[next.customer].count)
        }
        for (place, number) in numbers.enumerated() {
            var arrivals = try #require(profile.shopArrivals(customer: number, start: 1_000))
            let expected = profile.shopOrders(customer: number)
            #expect(placed[place].map(\.0) == expected && !expected.isEmpty)
            #expect(placed[place].map(\.1) == expected.map { _ in arrivals.next() })
        }
    }
}
