internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Workload

/// What `pub`, `sub` and `conn` have in common: their clients, where these connect, and how the run is made.
struct FamiliarLoad: ParsableArguments {
    @OptionGroup
    var clients: FamiliarOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup
    var making: MadeProfileOptions

    @OptionGroup
    var options: RunOptions

    /// Makes a profile with one group of clients, and runs it.
    /// - Parameters:
    ///   - name: the command, which is the profile's name too.
    ///   - question: what the profile answers.
    ///   - group: the name of the group.
    ///   - work: the line that says what its clients do.
    ///   - endsItself: whether the load is over when all is sent, instead of after a time.
    func run(_ name: String, asking question: String, _ group: String, _ work: String, endsItself: Bool = false) async throws {
        let (connection, settings, broker) = try clients.connection(connection)
        let profile = MadeProfile(
            name: name, description: question, broker: broker, groups: [try clients.group(group) + [work]],
            connectRate: clients.connectRate, hold: endsItself ? nil : clients.duration)
        try await profile.run("waybill \(name)", options, making, connection, settings)
    }
}

/// The flags that users of emqtt_bench and of mosquitto_pub know, as far as all of `pub`, `sub` and `conn` have them.
struct FamiliarOptions: ParsableArguments {
    @Option(name: [.customShort("h"), .long], help: "The broker's host, where --broker and WAYBILL_BROKER name none. Default: localhost.")
    var host: String?

    @Option(name: [.customShort("p"), .long], parsing: .unconditional, help: "The broker's port. Default: 1883, with TLS 8883.")
    var port: Int?

    @Option(name: [.customShort("V"), .customLong("protocol")], help: "The version of MQTT: 5 (mqttv5), or 4 (3.1.1, mqttv311).")
    var version = "5"

    @Option(name: [.customShort("c"), .long], parsing: .unconditional, help: "How many clients.")
    var count = 200

    @Option(
        name: [.customShort("i"), .long], parsing: .unconditional, help: "Milliseconds from one connection to the next. 0: all at once.")
    var interval = 10

    @Option(
        name: [.customShort("R"), .long], parsing: .unconditional,
        help: "Connections a second instead of --interval. 0: as --interval says.")
    var connrate = 0

    @Option(name: [.customShort("u"), .long], help: "The user name.")
    var username: String?

    @Option(
        name: [.customShort("P"), .customLong("password"), .customLong("pw")],
        help: "The password. Everybody on the machine can read it here; --password-file keeps it secret.")
    var password: String?

    @Option(name: [.customShort("k"), .long], parsing: .unconditional, help: "The keep-alive in seconds.")
    var keepalive = 300

    @Option(name: [.customShort("C"), .long], help: "Whether the session ends with the connection: true or false.")
    var clean = true

    @Flag(name: [.customShort("S"), .long], help: "Connect with TLS.")
    var ssl = false

    @Option(name: [.customLong("cafile")], help: "As --ca-file.")
    var cafile: String?

    @Option(name: [.customLong("certfile"), .customLong("cert")], help: "As --cert-file.")
    var certfile: String?

    @Option(name: [.customLong("keyfile"), .customLong("key")], help: "As --key-file.")
    var keyfile: String?

    @Option(name: .customLong("for"), help: "How long it lasts once all are connected.")
    var duration = "10s"

    /// What the flags say of the broker, in the place of the options that every command has.
    /// - Returns: those options, what the environment says beside them, and the broker.
    /// - Throws: `HarnessError` where they contradict each other.
    func connection(_ options: ConnectionOptions) throws -> (ConnectionOptions, ServiceSettings, BrokerURL) {
        var environment = ProcessInfo.processInfo.environment
        var options = options
        func take(_ flag: String, _ value: String?, _ other: String, _ present: inout String?) throws {
            guard let value else { return }
            guard present == nil else { throw HarnessError(.badInput, "\(flag) and \(other) say the same: leave one out.") }
            present = value
        }
        try take("--username", username, "--user", &options.user)
        try take("--cafile", cafile, "--ca-file", &options.caFile)
        try take("--certfile", certfile, "--cert-file", &options.certFile)
        try take("--keyfile", keyfile, "--key-file", &options.keyFile)
        let namesPlace = host != nil || port != nil || ssl
        if options.broker != nil, namesPlace {
            throw HarnessError(.badInput, "--broker and --host, --port or --ssl both name a broker: leave one out.")
        }
        if namesPlace || ServiceSettings(environment).text("broker", options.broker) == nil {
            let host = host ?? "localhost"
            let place = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
            options.broker = "mqtt\(ssl ? "s" : "")://\(place)" + (port.map { ":\($0)" } ?? "")
        }
        if let password {
            guard options.passwordFile == nil else {
                throw HarnessError(.badInput, "--password and --password-file both give a password: leave one out.")
            }
            environment["WAYBILL_PASSWORD"] = password
            environment["WAYBILL_PASSWORD_FILE"] = nil
        }
        let settings = ServiceSettings(environment)
        guard let target = try options.target(settings) else { preconditionFailure("A broker is named.") }
        return (options, settings, target.url)
    }

    /// The lines of a group that all three have.
    /// - Throws: `HarnessError` for a flag that cannot be used.
    func group(_ name: String) throws -> [String] {
        let versions = ["5": "5.0", "5.0": "5.0", "mqttv5": "5.0", "4": "3.1.1", "3.1.1": "3.1.1", "311": "3.1.1", "mqttv311": "3.1.1"]
        guard let protocolVersion = versions[version] else {
            throw HarnessError(
                .badInput,
                "--protocol \(version): expected 5 (or mqttv5), or 4 (or mqttv311); MQTT 3.1, which is 3 there, is not spoken here.")
        }
        guard interval >= 0, connrate >= 0 else { throw HarnessError(.badInput, "--interval and --connrate are 0 or more.") }
        return [
            "name: \(name)", "count: \(count)", "protocol: \"\(protocolVersion)\"", "session: \(clean ? "clean" : "kept")",
            "keepalive: \(keepalive)s",
        ]
    }

    /// How many clients connect in a time; `nil` for as fast as they can.
    var connectRate: String? {
        if connrate > 0 { return "\(connrate)/s" }
        return interval > 0 ? Self.rate(everyMilliseconds: interval) : nil
    }

    /// A rate of one in so many milliseconds, exactly where it can be written so.
    static func rate(everyMilliseconds interval: Int) -> String {
        for (length, unit) in [(1_000, "s"), (60_000, "min"), (3_600_000, "h")] where length.isMultiple(of: interval) {
            return "\(length / interval)/\(unit)"
        }
        return String(format: "%.9f/h", locale: Locale(identifier: "en_US_POSIX"), 3.6e6 / Double(interval))
    }
}
