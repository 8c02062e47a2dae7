internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Verification
internal import Workload

/// Orders a second of the shop and what they cost, per QoS; alone, or in turn with another build.
struct BenchShop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop",
        abstract:
            "Orders per second of a shop that gets more than it can take, and CPU of services and customers ÷ CPU of mosquitto, per QoS. With --against, the same of another build in turn with this one, and this one ÷ the other."
    )

    @Option(help: "Orders of each measurement.")
    var orders = 1_500

    @Option(help: "Orders a second that customers place.")
    var rate = 1_000

    @Option(help: "Another waybill to compare with, as the one of the version before.")
    var against: String?

    @Option(help: "How often both are measured, with --against.")
    var rounds = 5

    /// What is measured: how sure the broker is, and how sure the disk.
    private static let cases = [(0, "process"), (1, "process"), (2, "process"), (1, "full")]

    func run() async throws {
        if let against { return try await compare(with: against) }
        StandardStream.output.write("QoS   durability   orders/s   CPU ms/order   broker CPU ms/order   shop ÷ broker   verdict\n")
        for (qos, durability) in Self.cases {
            let profile = try Profile.parse(yaml: yaml(qos: qos, durability: durability), file: "bench")
            let outcome = try await withDirectory { try await ShopRun(profile: profile, output: $0).execute() }
            let broker = outcome.broker.cpuSeconds ?? .nan
            StandardStream.output.write(
                String(
                    format: "%3d   %-10@ %10.0f %14.2f %21.2f %15.2f   %@\n", qos, durability as NSString,
                    outcome.shop?.ordersPerSecond ?? 0,
                    outcome.generator.cpuSeconds * 1000 / Double(orders), broker * 1000 / Double(orders),
                    outcome.generator.cpuSeconds / broker, outcome.check.verdict.rawValue))
        }
    }

    // MARK: - Against another build

    /// What one run of one build came to.
    private struct Figures {
        var ordersPerSecond: Double
        var milliseconds: Double
    }

    /// Runs both builds in turn, so that what the machine does besides meets both, and each first as often as second.
    private func compare(with other: String) async throws {
        StandardStream.output.write(
            "QoS   durability   orders/s: other    this   this ÷ other (least to greatest)   CPU ms/order: other    this   this ÷ other (least to greatest)\n"
        )
        for (qos, durability) in Self.cases {
            var figures: [(other: Figures, this: Figures)] = []
            for round in 0..<max(1, rounds) {
                let yaml = yaml(qos: qos, durability: durability)
                if round.isMultiple(of: 2) {
                    let one = try await measure(other, yaml)
                    figures.append((one, try await measure(ShopRun.thisProgram, yaml)))
                } else {
                    let one = try await measure(ShopRun.thisProgram, yaml)
                    figures.append((try await measure(other, yaml), one))
                }
            }
            let speed = Self.summary(figures.map { ($0.other.ordersPerSecond, $0.this.ordersPerSecond) }, digits: 0)
            let cost = Self.summary(figures.map { ($0.other.milliseconds, $0.this.milliseconds) }, digits: 2)
            StandardStream.output.write(
                String(format: "%3d   %-10@   %@   %@\n", qos, durability as NSString, speed as NSString, cost as NSString))
        }
    }

    /// Both medians, and the median of the ratios of the pairs with its bounds.
    private static func summary(_ pairs: [(other: Double, this: Double)], digits: Int) -> String {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let ratios = pairs.map { $0.this / $0.other }
        return String(
            format: "%15.*f %7.*f %15.2f (%.2f to %.2f)       ", digits, median(pairs.map(\.other)), digits, median(pairs.map(\.this)),
            median(ratios), ratios.min() ?? 0, ratios.max() ?? 0)
    }

    /// One run of a build, from its result file, which every version writes.
    private func measure(_ program: String, _ yaml: String) async throws -> Figures {
        struct Result: Decodable {
            var shop: Shop
            var generator: Generator
            var verdict: String
            struct Shop: Decodable { var orders_per_second: Double }
            struct Generator: Decodable { var cpu_seconds: Double }
        }
        return try await withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try yaml.write(toFile: directory + "/bench-shop.yaml", atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = ["run", directory + "/bench-shop.yaml", "--out", directory + "/runs"]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard let run = try? FileManager.default.contentsOfDirectory(atPath: directory + "/runs").first,
                let data = FileManager.default.contents(atPath: directory + "/runs/\(run)/result.json"),
                let result = try? JSONDecoder().decode(Result.self, from: data), result.verdict == "pass"
            else {
                throw HarnessError(
                    .failure, "\(program) ended with exit code \(process.terminationStatus) and without a run that passed: try it by hand.")
            }
            return Figures(
                ordersPerSecond: result.shop.orders_per_second, milliseconds: result.generator.cpu_seconds * 1_000 / Double(orders))
        }
    }

    private func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        return try await body(directory)
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
