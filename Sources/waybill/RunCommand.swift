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

    @Argument(help: "The profile, a YAML file such as Profiles/smoke.yaml.")
    var profile: String

    @Option(
        help: ArgumentHelp(
            "A value instead of the profile's, as phases.hold=30s, groups.publishers.count=5 or groups[0].publish.qos=[0,1]; ~ takes a key away.",
            valueName: "path=value"))
    var set: [String] = []

    @Option(name: .customLong("var"), help: ArgumentHelp("The value of ${NAME} in the profile.", valueName: "name=value"))
    var variables: [String] = []

    @OptionGroup(title: "Connection, instead of the profile's target")
    var connection: ConnectionOptions

    @Option(help: "What to expect of the broker, such as Profiles/expectations/mosquitto.yaml, instead of what the profile says.")
    var expectations: String?

    @Option(
        parsing: .unconditional, help: "The seed of arrivals and random topics instead of the profile's.",
        transform: WholeNumber.of("--seed"))
    var seed: UInt64?

    @Option(
        parsing: .unconditional, help: "One QoS, 0, 1 or 2, for everybody in the shop instead of the profile's.",
        transform: WholeNumber.of("--qos", 0...2))
    var qos: UInt8?

    @Flag(help: "Run each service of the shop as a process of its own.")
    var processes = false

    @Option(help: "Use the shop's services that run already and leave their traces in this directory, instead of starting some.")
    var services: String?

    @Option(help: "The directory in which the run makes its own.")
    var out = "runs"

    @Option(
        parsing: .unconditional, help: "The number of reactors, each one thread; all cores but one, at most 4, unless given.",
        transform: WholeNumber.of("--reactors", 1...64))
    var reactors: Int?

    @Flag(help: "No progress lines.")
    var quiet = false

    @Option(help: "What to print at the end: text or json.")
    var format = OutputFormat.text

    @Option(help: .hidden)
    var defect: [String] = []

    func validate() throws {
        if processes, services != nil {
            throw ValidationError("--processes starts services, and --services uses those that run: leave one out.")
        }
    }

    /// The profile against the broker that the options or the environment name, if they do.
    private func redirected(_ profile: Profile, _ settings: ServiceSettings) throws -> Profile {
        var own: BrokerURL?
        if case .broker(let url, _) = profile.target { own = url }
        guard let target = try connection.target(settings, fallback: own, isFallbackOurs: false) else {
            guard !connection.namesUser else {
                throw HarnessError(
                    .badInput, "--user and --password-file are for a broker that runs already: name it with --broker, or in the profile.")
            }
            return profile
        }
        if own != nil, connection.passwordFile == nil, settings.text("broker", connection.broker) == nil,
            let variable = settings.passwordVariable
        {
            StandardStream.error.complain(
                "\(variable) is not told to \(target.url), which the profile names: name the broker with --broker or WAYBILL_BROKER, or give --user and --password-file."
            )
        }
        if case .embedded(let dropped) = profile.target, !dropped.isEmpty {
            let names = dropped.map(\.key).joined(separator: ", ")
            StandardStream.error.complain("\(target.url) is used instead of the profile's own broker, without its settings \(names).")
        }
        return try profile.replacingTarget(with: target.url, tls: target.tls)
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let source = try ProfileSource(
            path: profile, variables: ProfileVariables(arguments: variables, environment: environment),
            changes: set.map { try ProfileChange(parsing: $0) })
        var profile = try source.profile()
        // A container is told by its environment where it is; what the command line says comes first.
        let settings = ServiceSettings(environment)
        if let seed { profile.seed = seed }
        if let expectations { profile = profile.replacingExpectations(with: try Profile.Expectations.load(path: expectations)) }
        profile = try redirected(profile, settings)
        if let qos { profile = try profile.replacingShopQoS(with: qos) }
        if processes { profile = try profile.separatingServices() }
        let lines = ProgressPrinter(quiet: quiet)
        let isFromEnvironment = connection.broker == nil && settings.text("broker", nil) != nil
        lines.say(FirstLine(profile, brokerIsFromEnvironment: isFromEnvironment).text(width: Terminal.progressWidth))
        let outcome = try await execute(profile, services: profile.shop == nil ? services : settings.text("services", services), lines)
        let result = RunResult(outcome, profile: profile)
        let json = String(decoding: try result.json(), as: UTF8.self)
        let directory = try RunDirectory(existing: outcome.directory)
        try directory.write(json, to: directory.result)
        switch format {
        case .json: StandardStream.output.write(json)
        case .text:
            StandardStream.output.write(
                SummaryText.render(result, directory: outcome.directory, colour: Terminal.isColoured, width: Terminal.outputWidth))
        }
        if StandardStream.output.failure != nil { StandardStream.error.complain("The result is in \(directory.result).") }
        if result.exitCode != .ok { throw result.exitCode }
    }
}

extension Run {
    /// Runs a profile: as a shop where it has one, otherwise as a load of client groups.
    private func execute(_ profile: Profile, services: String?, _ lines: ProgressPrinter) async throws -> RunOutcome {
        let interrupts = Interrupts.orderly("the run ends within 5 s, and is then checked; once more ends it at once.")
        let report: StageReport = { stage, text in
            if stage == .checking {
                Interrupts.go(on: "the run is over, and its trace is being checked; once more ends it without a verdict.", isLimited: false)
            }
            lines.print(stage, text)
        }
        guard profile.shop != nil else {
            guard services == nil else {
                throw HarnessError(.badInput, "--services is for profiles with a shop, and \(profile.name) has none: leave it out.")
            }
            return try await LoadRun(
                profile: profile, output: out, reactors: reactors ?? LoadRun.defaultReactors, interrupts: interrupts,
                progress: { lines.print($0) }, report: report
            ).execute()
        }
        if services != nil, case .embedded = profile.target {
            throw HarnessError(
                .badInput, "--services needs the broker that those services use: name it with --broker, or in the profile's target.")
        }
        var run = ShopRun(
            profile: profile, output: out, reactors: reactors ?? 1, runningServices: services, interrupts: interrupts,
            progress: { lines.print($0) }, report: report)
        run.defects = try ShopDefect.parse(defect)
        return try await run.execute()
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
