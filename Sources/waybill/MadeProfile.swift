internal import Foundation
internal import Workload

/// A profile that a command makes of its flags: the text that the user could have written instead.
struct MadeProfile {
    var name: String
    var description: String
    /// The broker, or `nil` for a mosquitto of the run's own.
    var broker: BrokerURL?
    /// Each group's lines, without the hyphen before the first.
    var groups: [[String]] = []
    /// How many clients connect in a time; `nil` for as fast as they can.
    var connectRate: String?
    /// How long the load lasts; `nil` until all is sent.
    var hold: String?
    var thresholds: [String] = []

    /// The text. A password is left out; who runs it gives it on the command line.
    var yaml: String {
        var lines = ["name: \(name)", "description: \(Self.quoted(description))"]
        if let broker { lines.append("target: { broker: \(Self.quoted("\(broker)")) }") }
        lines.append("groups:")
        for group in groups {
            lines.append("  - " + group[0])
            lines += group.dropFirst().map { "    " + $0 }
        }
        if let connectRate { lines.append("connect_rate: \(connectRate)") }
        if let hold { lines.append("phases: { hold: \(Self.quoted(hold)) }") }
        if !thresholds.isEmpty { lines.append("thresholds: { \(thresholds.joined(separator: ", ")) }") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A text of the user's, in which nothing means anything to YAML or to the profile.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.replacing("${", with: "$${").unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: quoted += String(format: "\\x%02X", scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Runs it, or prints it where that is all that was asked for.
    /// - Parameters:
    ///   - command: the command, which messages name instead of a file.
    ///   - connection: as whom to connect to ``broker``; it names the same one.
    func run(
        _ command: String, _ options: RunOptions, _ making: MadeProfileOptions, _ connection: ConnectionOptions, _ settings: ServiceSettings
    ) async throws {
        if making.printProfile {
            StandardStream.output.write(yaml)
            return
        }
        let source = try ProfileSource(yaml: yaml, file: command, changes: try making.changes.parsed())
        var profile = try source.profile()
        if broker != nil { profile = try connection.redirected(profile, settings) }
        let execution = RunExecution(options)
        try execution.tell(try await execution.run(profile, brokerIsFromEnvironment: connection.isFromEnvironment(settings)))
    }
}
