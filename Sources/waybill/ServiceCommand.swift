internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Logging
internal import MQTT
internal import Shop
internal import Workload

/// `waybill service`.
struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Run one of the shop's four services.",
        discussion: """
            The services are the reference system under test: 'waybill run Profiles/shop-mixed.yaml' starts them by itself. This command is for \
            a container or a process of their own. Each option can be given as an environment variable instead: WAYBILL_ and its name, as \
            WAYBILL_BROKER. INT, TERM, HUP and QUIT end it: what it has received is stored, and it goes on from there when it is started again.

            Exit codes: 0 ended by a signal, 104 bad option, 105 ended by a second signal or after 5 s, 1 anything else.
            """)

    @Argument(help: "order, packaging, shipping or notification.")
    var service: String

    @OptionGroup(title: "Connection (default: mqtt://127.0.0.1:1883)")
    var connection: ConnectionOptions

    @Option(help: "The file of the store, an SQLite database (default: SERVICE.sqlite).")
    var store: String?

    @Option(help: "The directory for traces (default: traces).")
    var traces: String?

    @Option(help: "The name of this instance (default: that of the service).")
    var instance: String?

    @Option(help: "0, 1 or 2 (default: 1). A run can ask for another.")
    var qos: String?

    @Option(name: .customLong("protocol"), help: "3.1.1 or 5.0 (default: 5.0). A run can ask for another.")
    var version: String?

    @Option(help: "How many workers process events at a time, 1 to 64 (default: 4).")
    var workers: String?

    @Option(help: "What is stored survives the end of the process, or a power cut (full): process or full (default: full).")
    var durability: String?

    @Option(help: "[ADDRESS:]PORT of /health, /metrics and /events (default: none; without an address on loopback only).")
    var http: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
    var logLevel: String?

    @Flag(help: "Ask the running service's /health instead, and end with 0 if it is well and 1 if not.")
    var health = false

    @Option(help: .hidden)
    var defect: [String] = []

    func run() async throws {
        let settings = ServiceSettings(ProcessInfo.processInfo.environment)
        if health {
            let address = try settings.http(http) ?? ("127.0.0.1", 8080)
            guard await HealthProbe.isHealthy(address: address.0 == "0.0.0.0" ? "127.0.0.1" : address.0, port: address.1) else {
                throw HarnessError(.failure, "The service at \(address.0):\(address.1) is not well, or not there.")
            }
            return
        }
        let configuration = try configuration(settings)
        let level = try settings.choice("log-level", logLevel, Logger.Level.allCases.map(\.rawValue)) ?? "info"
        LoggingSystem.bootstrap { _ in JSONLogHandler() }
        var logger = Logger(label: "waybill.shop")
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        try await serve(ShopService(configuration, logger: logger))
    }

    /// Serves until a signal ends it.
    private func serve(_ service: ShopService) async throws {
        let signals = Interrupts.orderly("the service stores what it has received and ends.")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            group.addTask { for await _ in signals { return } }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func configuration(_ settings: ServiceSettings) throws -> ServiceConfiguration {
        guard let name = ServiceName(rawValue: service) else {
            throw HarnessError(.badInput, "'\(service)' is no service: expected order, packaging, shipping or notification.")
        }
        let (url, tls) = try connection.targetOrLoopback(settings)
        var configuration = ServiceConfiguration(
            service: name, host: url.host, port: url.port, store: settings.text("store", store) ?? "\(name.rawValue).sqlite",
            traces: settings.text("traces", traces) ?? "traces")
        configuration.tls = tls
        configuration.credentials = url.user.map { .init(user: $0, password: url.password) }
        if let instance = settings.text("instance", instance) { configuration.instance = instance }
        if let qos = try settings.choice("qos", qos, ["0", "1", "2"]).flatMap({ UInt8($0) }).flatMap({ QoS(rawValue: $0) }) {
            configuration.qos = qos
        }
        if let version = try settings.choice("protocol", version, ProtocolVersion.allCases.map(\.rawValue)) {
            configuration.protocolVersion = ProtocolVersion(rawValue: version) ?? .v5
        }
        if let workers = try settings.number("workers", workers, 1...64) { configuration.workers = workers }
        if let durability = try settings.choice("durability", durability, Durability.allCases.map(\.rawValue)) {
            configuration.durability = Durability(rawValue: durability) ?? .full
        }
        if let (address, port) = try settings.http(http) {
            configuration.httpAddress = address
            configuration.httpPort = port
        }
        configuration.defects = try ShopDefect.parse(defect)
        return configuration
    }
}
