internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Measurement
internal import Reporting
internal import Shop
internal import Workload

/// `waybill run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a load profile, check its trace, and say what was proved.",
        discussion: """
            Starts a mosquitto of its own unless the profile or --broker names one. Leaves the profile as resolved, the trace, \
            the broker's log and result.json in a directory of the run, and the link 'latest' beside it. Ctrl-C, TERM, HUP and QUIT end the \
            run early: within 5 s it is drained and closed, and then it is checked all the same. A second one ends it at once.

            A profile with a shop, such as Profiles/shop-mixed.yaml, starts the shop's four services as well, as parts of this process or, with \
            --processes, as processes of their own; or it uses a stack of them that runs already (--services, with --broker).

            \(ExitCodes.ofRuns)
            """)

    @OptionGroup
    var profile: ProfileOptions

    @OptionGroup(title: "Connection, instead of the profile's target")
    var connection: ConnectionOptions

    @Option(
        parsing: .unconditional, help: "One QoS, 0, 1 or 2, for everybody in the shop instead of the profile's.",
        transform: WholeNumber.of("--qos", 0...2))
    var qos: UInt8?

    @Flag(help: "Run each service of the shop as a process of its own.")
    var processes = false

    @Option(help: "Use the shop's services that run already and leave their traces in this directory, instead of starting some.")
    var services: String?

    @OptionGroup
    var options: RunOptions

    @Option(help: .hidden)
    var defect: [String] = []

    func validate() throws {
        if processes, services != nil {
            throw ValidationError("--processes starts services, and --services uses those that run: leave one out.")
        }
    }

    func run() async throws {
        let source = try profile.source()
        // A container is told by its environment where it is; what the command line says comes first.
        let settings = ServiceSettings(ProcessInfo.processInfo.environment)
        if let series = try source.series() {
            let execution = RunExecution(options, services: services, defects: try ShopDefect.parse(defect))
            return try await SeriesExecution(
                execution: execution, adapted: { try adapted($0, settings) }, isFromEnvironment: connection.isFromEnvironment(settings)
            ).run(series, name: series.cells[0].profile.name)
        }
        let profile = try adapted(try source.profile(), settings)
        let execution = RunExecution(
            options, services: profile.shop == nil ? services : settings.text("services", services), defects: try ShopDefect.parse(defect))
        try execution.tell(try await execution.run(profile, brokerIsFromEnvironment: connection.isFromEnvironment(settings)))
    }

    /// A profile with what the command line and the environment say.
    private func adapted(_ profile: Profile, _ settings: ServiceSettings) throws -> Profile {
        var profile = try connection.redirected(try self.profile.adapted(profile), settings)
        if let qos { profile = try profile.replacingShopQoS(with: qos) }
        if processes { profile = try profile.separatingServices() }
        return profile
    }
}

extension Reporting.ExitCode: Error {}

extension ShopDefect {
    /// The parts that `--defect` takes away, once for each name.
    /// - Throws: `HarnessError` where there is none of a name.
    static func parse(_ names: [String]) throws -> Set<ShopDefect> {
        Set(
            try names.map { name in
                guard let defect = ShopDefect(rawValue: name) else {
                    throw HarnessError(.badInput, "--defect \(name): there is none of that name.")
                }
                return defect
            })
    }
}

/// What a command prints.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
