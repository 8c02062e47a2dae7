import Foundation
import Testing

/// `waybill run` with a shop.
@Suite(.serialized) struct ShopCommandTests {
    private static let profile = """
        name: shop
        shop:
          customers: 4
          orders: 80
          rate: 20/s
          stock: 12
          cancel: 10%
          duplicate: 10%
          resend_after: 1s
          durability: process
        phases: { drain: { quiet: 600ms, limit: 60s } }

        """

    private func run(_ profile: String, _ arguments: [String] = []) async throws -> (Finished, [String: Any]?) {
        try await withTemporaryDirectory { directory in
            try profile.write(toFile: directory + "/shop.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.run(["run", "shop.yaml", "--quiet", "--format", "json"] + arguments, directory: directory)
            let json = try? JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
            return (finished, json)
        }
    }

    @Test func servicesAreKilledAndNoOrderIsLostOrDoneTwice() async throws {
        let profile = Self.profile.replacing("  stock: 12\n", with: "  stock: 12\n  processes: true\n  kills: { count: 4 }\n")
        let (finished, json) = try await run(profile)
        #expect(finished.code == 0, "\(finished.error)\(finished.output)")
        let shop = try #require(json?["shop"] as? [String: Any])
        let orders = try #require(shop["orders"] as? [String: Int])
        #expect(orders["placed"] == 80 && orders["unconfirmed"] == 0)
        let kills = try #require(shop["kills"] as? [[String: Any]])
        #expect(kills.count == 4)
        let lives = try #require(shop["services"] as? [[String: Any]]).reduce(0) { $0 + ($1["life"] as? Int ?? 0) }
        // A service that is killed again before it has begun anew has no life in between.
        #expect(lives > 4 && lives <= 8)
    }

    @Test func theCommandLineSetsQoSAndProcesses() async throws {
        let (finished, json) = try await run(Self.profile.replacing("rate: 20/s", with: "rate: 100/s"), ["--qos", "2", "--processes"])
        #expect(finished.code == 0, "\(finished.error)\(finished.output)")
        let shop = try #require(json?["shop"] as? [String: Any])
        #expect(try #require(shop["qos"] as? [[String: Any]]).allSatisfy { $0["qos"] as? Int == 2 })
    }

    @Test(arguments: [
        (["--qos", "3"], "--qos must be a whole number from 0 to 2, not '3'."),
        (["--services", "/tmp"], "--services needs the broker that those services use"),
        (["--services", "/tmp", "--processes"], "--processes starts services, and --services uses those that run"),
    ])
    func whatDoesNotGoTogetherIsRefused(arguments: [String], expected: String) async throws {
        let (finished, _) = try await run(Self.profile, arguments)
        #expect(finished.code == 104)
        #expect(finished.error.contains(expected), "\(finished.error)")
    }

    @Test(arguments: [
        (["--qos", "1"], "has no shop, and --qos is for a shop's profile only"),
        (["--processes"], "has no shop, so there are no services that could be processes"),
        (["--services", "/tmp"], "--services is for profiles with a shop, and short has none"),
    ])
    func optionsOfShopsAreRefusedForOtherProfiles(arguments: [String], expected: String) async throws {
        let (finished, _) = try await run(shortProfile, arguments)
        #expect(finished.code == 104)
        #expect(finished.error.contains(expected), "\(finished.error)")
    }
}
