internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Measurement
internal import Verification
internal import Workload

/// The memory that a shop with many customers takes, process by process.
struct BenchCustomers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract:
            "The most memory of every process of a shop's run with many customers: the harness with its checker, the services, the broker.")

    @Option(help: "Customers, each with a topic of its own.")
    var customers = 10_000

    @Option(help: "Orders of them all.")
    var orders = 20_000

    @Option(help: "Orders a second that they place.")
    var rate = 150

    @Option(help: "Connections that they share; as many as the profile's default where it is left out.")
    var connections: Int?

    @Flag(help: "Run each service as a process of its own, and not as part of the harness.")
    var processes = false

    func run() async throws {
        let profile = try Profile.parse(yaml: yaml, file: "bench")
        let output = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        let watch = Task { await Self.watch() }
        let start = ContinuousClock.now
        let outcome = try await ShopRun(profile: profile, output: output).execute()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        watch.cancel()
        var peaks = await watch.value
        // To the very end: the check is behind it now.
        peaks["harness"] = ProcessUsage.peakMemoryBytes() ?? 0
        StandardStream.output.write("process        most memory\n")
        for (name, peak) in peaks.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            let name = name.padding(toLength: 14, withPad: " ", startingAt: 0)
            StandardStream.output.write(String(format: "%@ %7.0f MiB\n", name as NSString, Double(peak) / 1_048_576))
        }
        let shop = profile.shop
        StandardStream.output.write(
            String(
                format: "%d orders of %d customers on %d connections, %d confirmed, in %.0f s; %.1f MiB of traces; %@\n", orders, customers,
                shop?.connections ?? 0, orders - (outcome.shop?.unconfirmed ?? orders), seconds, Double(outcome.trace.bytes) / 1_048_576,
                outcome.check.verdict.rawValue))
    }

    private var yaml: String {
        """
        name: bench-customers
        shop:
          customers: \(customers)
          \(connections.map { "connections: \($0)" } ?? "# as many connections as usual")
          orders: \(orders)
          rate: \(rate)/s
          stock: 1000000
          resend_after: 20s
          processes: \(processes)
        phases: { drain: { quiet: 1s, limit: 300s } }
        """
    }

    /// Looks at the processes below this one until the task is cancelled. What a process has had at most it tells as long as it lives.
    /// - Returns: the most memory by what the processes are.
    private static func watch() async -> [String: Int] {
        var peaks: [String: Int] = [:]
        while !Task.isCancelled {
            for (process, name) in descendants() {
                guard let peak = ProcessUsage.peakMemoryBytes(ofProcess: process) else { continue }
                peaks[name] = max(peaks[name] ?? 0, peak)
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return peaks
    }

    /// The processes below this one with what they are: the name of a service, or of a program.
    private static func descendants() -> [Int32: String] {
        var parents: [Int32: Int32] = [:]
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            // The name of the program, in parentheses, may hold anything; behind it stand the state and the parent.
            guard let process = Int32(entry), let text = try? String(contentsOfFile: "/proc/\(entry)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            parents[process] = text[end...].split(separator: " ").dropFirst(2).first.flatMap { Int32($0) }
        }
        var names: [Int32: String] = [:]
        for process in parents.keys {
            var above = parents[process]
            while let next = above, next != getpid(), next != 0 { above = parents[next] }
            guard above == getpid(), let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8) else { continue }
            let words = line.split(separator: "\0").map(String.init)
            guard let program = words.first?.split(separator: "/").last, !["sh", "cat"].contains(program) else { continue }
            names[process] = words.count > 2 && words[1] == "service" ? words[2] : String(program)
        }
        return names
    }
}
