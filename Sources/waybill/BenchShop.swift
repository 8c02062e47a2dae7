internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Verification
internal import Workload

/// Orders a second of the shop and what they cost, per QoS.
struct BenchShop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop",
        abstract:
            "Orders per second of a shop that gets more than it can take, and CPU of services and customers ÷ CPU of mosquitto, per QoS.")

    @Option(help: "Orders of each measurement.")
    var orders = 1_500

    @Option(help: "Orders a second that customers place.")
    var rate = 1_000

    func run() async throws {
        StandardStream.output.write("QoS   durability   orders/s   CPU ms/order   broker CPU ms/order   shop ÷ broker   verdict\n")
        for (qos, durability) in [(0, "process"), (1, "process"), (2, "process"), (1, "full")] {
            let profile = try Profile.parse(yaml: yaml(qos: qos, durability: durability), file: "bench")
            let output = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
            defer { try? FileManager.default.removeItem(atPath: output) }
            let outcome = try await ShopRun(profile: profile, output: output).execute()
            let broker = outcome.broker.cpuSeconds ?? .nan
            StandardStream.output.write(
                String(
                    format: "%3d   %-10@ %10.0f %14.2f %21.2f %15.2f   %@\n", qos, durability as NSString,
                    outcome.shop?.ordersPerSecond ?? 0,
                    outcome.generator.cpuSeconds * 1000 / Double(orders), broker * 1000 / Double(orders),
                    outcome.generator.cpuSeconds / broker, outcome.check.verdict.rawValue))
        }
    }

    private func yaml(qos: Int, durability: String) -> String {
        """
        name: bench-shop
        shop:
          customers: 9
          orders: \(orders)
          rate: \(rate)/s
          stock: 1000
          qos: \(qos)
          durability: \(durability)
          resend_after: 20s
        phases: { drain: { quiet: 1s, limit: 120s } }
        """
    }
}
