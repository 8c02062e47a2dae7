internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Workload

/// The profile that a command runs, and what of it the command line says otherwise.
struct ProfileOptions: ParsableArguments {
    @Argument(help: "The profile, a YAML file such as Profiles/smoke.yaml.")
    var profile: String

    @OptionGroup
    var changes: ChangeOptions

    @Option(name: .customLong("var"), help: ArgumentHelp("The value of ${NAME} in the profile.", valueName: "name=value"))
    var variables: [String] = []

    @Option(help: "What to expect of the broker, such as Profiles/expectations/mosquitto.yaml, instead of what the profile says.")
    var expectations: String?

    @Option(
        parsing: .unconditional, help: "The seed of arrivals and random topics instead of the profile's.",
        transform: WholeNumber.of("--seed"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "So many times as many clients of each group, and of the rates that groups share: 0.01 makes a laptop's run of a cluster's.",
            valueName: "factor"),
        transform: ScaleFactor.of)
    var scale: Double?

    /// The profile as it was written, with what the command line changes.
    func source() throws -> ProfileSource {
        try ProfileSource(
            path: profile, variables: ProfileVariables(arguments: variables, environment: ProcessInfo.processInfo.environment),
            changes: changes.parsed())
    }

    /// What the command line says beside ``changes``.
    func adapted(_ profile: Profile) throws -> Profile {
        var profile = profile
        if let seed { profile.seed = seed }
        if let scale { profile = profile.scaled(by: scale) }
        guard let expectations else { return profile }
        return profile.replacingExpectations(with: try Profile.Expectations.load(path: expectations))
    }
}

/// The factor of `--scale`.
enum ScaleFactor {
    /// Reads a factor above 0.
    static func of(_ text: String) throws -> Double {
        guard let factor = Double(text), factor > 0, factor <= 1_000 else {
            throw ValidationError("--scale expects a factor above 0 and up to 1000, as 0.1, and got '\(text)'.")
        }
        return factor
    }
}

/// Values that take the place of a profile's.
struct ChangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A value instead of the profile's, as phases.hold=30s, groups.publishers.count=5 or groups[0].publish.qos=[0,1]; ~ takes a key away.",
            valueName: "path=value"))
    var set: [String] = []

    func parsed() throws -> [ProfileChange] { try set.map { try ProfileChange(parsing: $0) } }
}

extension ConnectionOptions {
    /// The profile against the broker that the options or the environment name, if they do.
    func redirected(_ profile: Profile, _ settings: ServiceSettings) throws -> Profile {
        var own: BrokerURL?
        if case .broker(let url, _) = profile.target { own = url }
        guard let target = try target(settings, fallback: own, isFallbackOurs: false) else {
            guard !namesUser else {
                throw HarnessError(
                    .badInput, "--user and --password-file are for a broker that runs already: name it with --broker, or in the profile.")
            }
            return profile
        }
        if own != nil, passwordFile == nil, settings.text("broker", broker) == nil,
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

    /// Whether the environment, and no option, names the broker.
    func isFromEnvironment(_ settings: ServiceSettings) -> Bool { broker == nil && settings.text("broker", nil) != nil }
}
