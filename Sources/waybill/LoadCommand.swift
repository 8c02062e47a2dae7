internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Workload

/// What the commands that make their profile themselves have in common.
struct MadeProfileOptions: ParsableArguments {
    @OptionGroup
    var changes: ChangeOptions

    @Flag(help: "Print the profile that the flags stand for, and run nothing.")
    var printProfile = false
}

/// `waybill load`.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load a broker without a profile, and verify as a profile does.",
        discussion: """
            Pairs of clients of which one publishes what the other receives, or publishers of which each subscriber receives everything. \
            Without a URL the broker is a mosquitto of the run's own. The profile that the flags stand for is printed by --print-profile, and \
            stands as resolved in the directory of the run.

            \(ExitCodes.ofRuns)
            """)

    @Argument(help: "The broker: mqtt://[user:password@]host[:port], mqtts://, ws:// or wss://. A mosquitto of the run's own unless given.")
    var url: String?

    @Option(parsing: .unconditional, help: "So many publishers, each with a subscriber of its own. Default: 20.")
    var pairs: Int?

    @Option(parsing: .unconditional, help: "Instead of --pairs: so many publishers.")
    var publishers: Int?

    @Option(parsing: .unconditional, help: "With --publishers: so many subscribers, each of which receives everything. Default: 1.")
    var subscribers: Int?

    @Option(help: "Messages of all publishers together in a time, or unlimited.")
    var rate = "1000/s"

    @Option(parsing: .unconditional, help: "The QoS of publishers and subscribers, 0, 1 or 2.")
    var qos = "1"

    @Option(help: "The payload in bytes, as 256 or 1KiB.")
    var size = "256"

    @Option(name: .customLong("for"), help: "How long the load lasts.")
    var duration = "10s"

    @Option(name: [.customShort("V"), .customLong("protocol")], help: "The version of MQTT: 5.0 or 3.1.1.")
    var version = "5.0"

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup
    var making: MadeProfileOptions

    @OptionGroup
    var options: RunOptions

    func validate() throws {
        if pairs != nil, publishers != nil || subscribers != nil {
            throw ValidationError("--pairs stands beside --publishers or --subscribers: leave one out.")
        }
        if subscribers != nil, publishers == nil { throw ValidationError("--subscribers goes with --publishers: give both, or --pairs.") }
        if url != nil, connection.broker != nil { throw ValidationError("The URL and --broker both name a broker: leave one out.") }
    }

    func run() async throws {
        var connection = connection
        let settings = ServiceSettings(ProcessInfo.processInfo.environment)
        connection.broker = url ?? connection.broker
        let target = try connection.target(settings)
        guard target != nil || !connection.namesUser else {
            throw HarnessError(.badInput, "--user and --password-file are for a broker that runs already: name it.")
        }
        try await profile(target?.url).run("waybill load", options, making, connection, settings)
    }

    /// The profile that the flags stand for.
    func profile(_ broker: BrokerURL?) -> MadeProfile {
        let count = publishers ?? pairs ?? 20
        let receivers = publishers == nil ? count : subscribers ?? 1
        let filter = publishers == nil ? "load/%r/%i" : "load/%r/+"
        let sharing = rate == "unlimited" ? "" : ", rate_per: group"
        let both = "protocol: \(MadeProfile.quoted(version))"
        let who = publishers == nil ? "\(count) pairs" : "\(count) publishers, and subscribers that receive everything"
        return MadeProfile(
            name: "load", description: "Does every message of \(who) arrive, and how long does it take?", broker: broker,
            groups: [
                [
                    "name: publishers", "count: \(count)", both,
                    "publish: { topic: \"load/%r/%i\", qos: \(qos), size: \(MadeProfile.quoted(size)), rate: \(MadeProfile.quoted(rate))\(sharing) }",
                ],
                ["name: subscribers", "count: \(receivers)", both, "subscribe: { filters: [\"\(filter)\"], qos: \(qos) }"],
            ], hold: duration, thresholds: ["loss: [==0]"])
    }
}
