import Foundation
import Harness
import Measurement
import Shop
import Trace
import Workload

/// A run of a shop in a directory of its own, which is gone afterwards.
struct ShopScenario {
    /// The keys under `shop`, beside how many orders there are, and whatever stands behind them.
    var keys: String
    var orders = 60
    var rate = "100/s"
    var resendAfter = "1s"
    var defects: Set<ShopDefect> = []
    var interrupts = AsyncStream<Void> { $0.finish() }
    var progress: @Sendable (ProgressSample) -> Void = { _ in }
    var executable = ShopRun.thisProgram
    var patience = Duration.seconds(60)
    var drain = "{ quiet: 600ms, limit: 60s }"
    /// Lines of the broker's configuration, as the profile has them.
    var settings = ""

    init(_ keys: String) { self.keys = keys }

    /// The profile: orders come fast, so that they meet; stock is short, so that some are rejected.
    func profile() throws -> Profile {
        try Profile.parse(
            yaml: """
                name: shop
                shop:
                \(keys.hasPrefix("customers:") ? "" : "  customers: 5")
                  orders: \(orders)
                  rate: \(rate)
                  arrival: poisson
                  resend_after: \(resendAfter)
                  durability: process
                \(keys.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n"))
                phases: { drain: \(drain) }
                \(settings.isEmpty ? "" : "target: { embedded: { settings: { \(settings) } } }")
                """, file: "shop.yaml")
    }

    /// Runs the profile and hands over what came out while its files are still there.
    func run<Value>(_ body: (RunOutcome) async throws -> Value) async throws -> Value {
        try await withTemporaryDirectory { directory in
            var run = ShopRun(profile: try profile(), output: directory, executable: executable, interrupts: interrupts, progress: progress)
            run.defects = defects
            run.patience = patience
            return try await body(try await run.execute())
        }
    }

    func run() async throws -> RunOutcome { try await run { $0 } }
}

extension RunOutcome {
    /// The texts of all marks of a kind in its traces.
    func marks(_ kind: MarkKind) throws -> [String] {
        var texts: [String] = []
        for path in try RunDirectory(existing: directory).traces {
            let file = try TraceFile(path: path)
            file.forEach { event, _ in
                if case .mark(let mark) = event, mark.kind == kind { texts.append(file.text(mark.text)) }
            }
        }
        return texts
    }
}
