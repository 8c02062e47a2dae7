internal import ArgumentParser
internal import Foundation
internal import HTTPBorder
internal import Harness
internal import Verification
internal import Workload

/// What those cost the shop who connect to a service over HTTP and do nothing.
struct BenchHTTP: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract:
            "Orders per second of a shop whose order service has thousands of idle and some dripping HTTP connections ÷ the same without them."
    )

    @Option(help: "Connections that say nothing.")
    var idle = 3_000

    @Option(help: "Connections that send a byte ten times a second.")
    var dripping = 50

    @Option(help: "Orders of each measurement.")
    var orders = 1_500

    @Option(help: "Orders a second that customers place.")
    var rate = 1_000

    @Option(help: "Pairs of measurements.")
    var pairs = 3

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
        try FileManager.default.createDirectory(atPath: directory + "/traces", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        StandardStream.output.write("orders/s alone   orders/s with them   ratio   /health answered   connections made\n")
        try await EmbeddedBroker.with(settings: ["max_queued_messages 0", "set_tcp_nodelay true"], directory: directory) { broker in
            var processes: [Process] = []
            defer {
                for process in processes { process.terminate() }
                for process in processes { process.waitUntilExit() }
            }
            var ports: [UInt16] = []
            for service in ["order", "packaging", "shipping", "notification"] {
                guard let port = Loopback.freePort() else { throw HarnessError(.failure, "No free port on 127.0.0.1.") }
                ports.append(port)
                processes.append(try start(service, broker: broker.port, http: port, in: directory))
                while await HTTPProbe.status(address: "127.0.0.1", port: port, path: "/health") != 200 {
                    guard processes.last?.isRunning == true else { throw HarnessError(.failure, "The \(service) service ended at once.") }
                }
            }
            let watched = ports[0]
            var ratios: [Double] = []
            for _ in 0..<pairs {
                let alone = try await measure(broker.port, directory)
                let crowd = IdleCrowd(port: watched, idle: idle, dripping: dripping)
                defer { crowd.leave() }
                while crowd.connections < idle + dripping { try await Task.sleep(for: .milliseconds(20)) }
                let asking = Task { await Self.ask(watched) }
                let together = try await measure(broker.port, directory)
                asking.cancel()
                let (answered, asked) = await asking.value
                ratios.append(together / alone)
                StandardStream.output.write(
                    String(
                        format: "%14.0f %20.0f %7.2f %18@ %18d\n", alone, together, together / alone, "\(answered) of \(asked)" as NSString,
                        crowd.connections))
            }
            StandardStream.output.write(String(format: "median ratio %.2f\n", ratios.sorted()[ratios.count / 2]))
        }
    }

    private func start(_ service: String, broker: UInt16, http: UInt16, in directory: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: ShopRun.thisProgram)
        process.arguments = [
            "service", service, "--broker", "mqtt://127.0.0.1:\(broker)", "--store", "\(directory)/\(service).sqlite", "--traces",
            directory + "/traces", "--durability", "process", "--http", "\(http)", "--log-level", "error",
        ]
        try process.run()
        return process
    }

    /// Asks how the service is, again and again until the task is cancelled.
    private static func ask(_ port: UInt16) async -> (answered: Int, asked: Int) {
        var (answered, asked) = (0, 0)
        while !Task.isCancelled {
            asked += 1
            if await HTTPProbe.status(address: "127.0.0.1", port: port, path: "/health") == 200 { answered += 1 }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return (answered, asked)
    }

    private func measure(_ broker: UInt16, _ directory: String) async throws -> Double {
        let profile = try Profile.parse(
            yaml: """
                name: bench-http
                target: { broker: "mqtt://127.0.0.1:\(broker)" }
                shop: { customers: 9, orders: \(orders), rate: \(rate)/s, stock: 1000, resend_after: 20s }
                phases: { drain: { quiet: 1s, limit: 120s } }
                """, file: "bench")
        let output = directory + "/runs"
        let outcome = try await ShopRun(profile: profile, output: output, runningServices: directory + "/traces").execute()
        guard outcome.check.verdict == .pass else { throw HarnessError(.failure, "The run was no pass: \(outcome.check)") }
        return outcome.shop?.ordersPerSecond ?? 0
    }
}
