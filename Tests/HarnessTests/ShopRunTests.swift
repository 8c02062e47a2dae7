import Foundation
import Logging
internal import Measurement
import Shop
import Synchronization
import Testing
internal import Trace
import Verification
import Workload

@testable import Harness

/// Runs of the shop with real services and real brokers.
@Suite(.serialized) struct ShopRunTests {
    /// Every order came to its end, and the checker and the customers agree on how many there were.
    private func expectWhole(_ outcome: RunOutcome, orders: Int = 60) throws {
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        let shop = try #require(outcome.shop)
        #expect(shop.placed == orders && shop.unconfirmed == 0, "\(shop)")
        let machine = try #require(outcome.check.workflow?.machines.first { $0.name == "order" })
        #expect(machine.entities == orders)
        #expect(machine.states.first { $0.name == "confirmed" }?.entities == orders)
        #expect(outcome.latency.count == orders)
        #expect(shop.services.map(\.name) == ["order", "packaging", "shipping", "notification"])
        #expect(shop.services.allSatisfy { $0.processed > 0 && $0.published > 0 })
    }

    @Test func everyOrderComesToOneEnd() async throws {
        try await ShopScenario("stock: 8\nvendors: 3\ncancel: 20%\ncancel_within: 40ms\nduplicate: 20%").run { outcome in
            try expectWhole(outcome)
            let shop = try #require(outcome.shop)
            #expect(shop.confirmed.shipped > 0 && shop.confirmed.rejected > 0 && shop.confirmed.cancelled > 0)
            #expect(shop.latencyByOutcome.shipped.count == shop.confirmed.shipped)
            #expect(shop.duplicatesSent > 0 && (shop.services.first?.repeated ?? 0) > 0)
            #expect(shop.ordersPerSecond > 0 && shop.kills.isEmpty)
            #expect(outcome.check.causality.processed != nil)
            // Four services with two files each, and one of the customers' reactor.
            #expect(outcome.trace.files == 9)
            #expect(outcome.check.parts.contains { $0.group == "customers" } && outcome.parts.count == outcome.check.parts.count)
        }
    }

    @Test(arguments: [0, 2])
    func everyQoSAndBothVersionsWork(qos: Int) async throws {
        let outcome = try await ShopScenario("stock: 100\nqos: \(qos)\nprotocol: \"\(qos == 0 ? "3.1.1" : "5.0")\"").run()
        try expectWhole(outcome)
        #expect(outcome.check.parts.allSatisfy { $0.qos == qos })
        #expect(outcome.shop?.confirmed.shipped == 60)
    }

    @Test func brokersThatAreBridgedCarryEverything() async throws {
        try await ShopScenario("stock: 8\nvendors: 2\ncancel: 20%\nduplicate: 10%\nbridged: true").run { outcome in
            try expectWhole(outcome)
            for service in ServiceName.allCases {
                #expect(FileManager.default.fileExists(atPath: "\(outcome.directory)/edge-\(service.rawValue)/broker.log"))
            }
        }
    }

    @Test func servicesThatRunAlreadyAreUsed() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for service in ServiceName.allCases {
                        let configuration = ServiceConfiguration(
                            service: service, host: "127.0.0.1", port: broker.port, store: "\(directory)/\(service.rawValue).sqlite",
                            traces: "\(directory)/mounted")
                        group.addTask { try await ShopService(configuration, logger: Logger(label: service.rawValue)).run() }
                    }
                    let target = try BrokerURL(parsing: "mqtt://127.0.0.1:\(broker.port)")
                    let profile = try ShopScenario("stock: 100").profile().replacingTarget(with: target)
                    // One after the other: the services forget the first run when the second begins.
                    for _ in 0..<2 {
                        let run = ShopRun(profile: profile, output: directory + "/runs", runningServices: directory + "/mounted")
                        let outcome = try await run.execute()
                        try expectWhole(outcome)
                        #expect(outcome.trace.files == 9)
                    }
                    group.cancelAll()
                }
            }
        }
    }

    @Test func aServiceThatForgetsWhatItHasDoneIsFoundOut() async throws {
        var scenario = ShopScenario("stock: 100\nduplicate: 100%")
        scenario.defects = [.noIdempotentInbox]
        let outcome = try await scenario.run()
        #expect(outcome.check.verdict == .violation, "\(outcome.check)")
    }

    @Test func aDrainThatTimesOutNamesWhatIsMissing() async throws {
        var scenario = ShopScenario("stock: 100\npacking_time: 1h")
        scenario.orders = 10
        scenario.drain = "{ quiet: 500ms, limit: 2s }"
        try await scenario.run { outcome in
            #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
            #expect(outcome.shop?.unconfirmed == 10)
            let reason = try #require(try outcome.marks(.drainTimedOut).first)
            #expect(reason == "order 16.1 of customer company/amazon is not confirmed, 2 of its orders are not")
        }
    }

    @Test func anInterruptedRunIsDrainedAndJudged() async throws {
        var scenario = ShopScenario("stock: 10000")
        scenario.orders = 100_000
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        scenario.interrupts = stream
        scenario.progress = { sample in if sample.receivedPerSecond > 0 { continuation.yield() } }
        let outcome = try await scenario.run()
        #expect(outcome.interrupted)
        #expect((outcome.shop?.placed ?? 0) > 0 && (outcome.shop?.placed ?? 0) < 100_000)
        #expect(outcome.check.verdict != .violation, "\(outcome.check)")
    }

    @Test func aServiceThatDiesIsToldWithItsLastWords() async throws {
        var scenario = ShopScenario("stock: 10\nprocesses: true")
        try await withTemporaryDirectory { directory in
            scenario.executable = directory + "/service"
            try "#!/bin/sh\necho first; echo \"no service today\" >&2; exit 7\n".write(
                toFile: scenario.executable, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scenario.executable)
            let error = await #expect(throws: HarnessError.self) { try await scenario.run() }
            let text = try #require(error?.description)
            #expect(text.contains("service ended with exit code 7 in the middle of the run. Its last line: no service today"), "\(text)")
        }
    }

    @Test func whoIsNotReadyIsNamed() async throws {
        var scenario = ShopScenario("stock: 10\nprocesses: true")
        scenario.patience = .seconds(1)
        try await withTemporaryDirectory { directory in
            scenario.executable = directory + "/service"
            try "#!/bin/sh\nexec sleep 600\n".write(toFile: scenario.executable, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scenario.executable)
            let error = await #expect(throws: HarnessError.self) { try await scenario.run() }
            let text = try #require(error?.description)
            #expect(
                text.hasPrefix("The order, packaging, shipping, notification services said nothing of being ready within 1 s"), "\(text)")
        }
    }

    @Test func theProfilesItemsAreThoseOfTheCatalogue() {
        #expect(Profile.Shop.items == Catalogue.items.count)
    }

    @Test func runningServicesAreNeitherStartedNorKilled() async throws {
        let profile = try ShopScenario("stock: 1\nprocesses: true\nkills: { count: 1, over: 100ms }").profile()
        let error = await #expect(throws: HarnessError.self) {
            try await ShopRun(profile: profile, output: "/nonexistent", runningServices: "/tmp").execute()
        }
        #expect(error?.kind == .badInput && error?.description.contains("leave processes, bridged and kills out of shop") == true)
    }
}
