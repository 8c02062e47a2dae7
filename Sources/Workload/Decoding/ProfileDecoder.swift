internal import Yams

/// Turns the YAML tree into a profile, with defaults filled in. Reports every value that cannot be read; what concerns several keys
/// of one mapping is checked here too, what concerns the whole profile by ``ProfileRules``.
struct ProfileDecoder {
    let problems: Problems
    /// The client that speaks MQTT for groups that do not say which.
    private(set) var engine = Profile.Engine.wire
    /// Whether the profile itself names a broker, which may then be a stranger's.
    private var namesBroker = false

    init(problems: Problems) { self.problems = problems }

    /// Whether what a file says may go to the broker. Whoever runs a stranger's profile hands nothing of that directory to a broker of the stranger's, so
    /// the command line has to name it.
    func mayHandOver(_ reader: MappingReader, _ key: String, instead other: String) -> Bool {
        guard namesBroker, !problems.isStored else { return true }
        reader.report(key, "would go to a broker that the profile itself names; name that with --broker instead, or \(other)")
        return false
    }

    static let namePattern = "lower-case letters, digits and hyphens, as fan-out-1"

    /// The profile, or `nil` where problems were reported.
    mutating func profile(_ root: Node) -> Profile? {
        guard let reader = MappingReader(root, path: "", known: Section.profile.keys, problems: problems) else { return nil }
        reader.require("name", expected: Self.namePattern)
        switch (reader.has("groups"), reader.has("shop")) {
        case (true, true):
            reader.report("shop", "stands beside groups; a profile loads either a broker with groups or the shop, so leave one out")
        case (false, false): reader.require("groups", expected: "a list of client groups, or shop instead")
        default: break
        }
        if reader.has("shop") {
            for key in ["engine", "coalesce"] where reader.has(key) {
                reader.report(
                    key, "has no effect with shop: its services are on libmosquitto, its customers on the wire engine; leave it out")
            }
        }
        let name = name(reader)
        let description = reader.text("description") ?? ""
        let seed = reader.integer("seed", 0...UInt64.max, expected: "a whole number from 0 to 2^64 - 1")
        engine = self.engine(reader) ?? .wire
        let coalesce = reader.value("coalesce", expected: "a duration from 0s to 10ms") { text in
            DurationFormat.parse(text).flatMap { $0 <= .milliseconds(10) ? $0 : nil }
        }
        let connectRate = reader.value("connect_rate", expected: "a rate of connections, as 500/s", parse: { Rate($0) })
        let target = target(reader)
        if case .broker? = target { namesBroker = true }
        let observer = observer(reader)
        let groups = reader.has("shop") ? [] : groups(reader)
        let shop = shop(reader)
        let phases = phases(reader)
        let thresholds = thresholds(reader)
        let abort = abort(reader)
        let requirements = requirements(reader)
        let expectations = expectations(reader)
        let workflow = workflow(reader)
        guard let name, let target, let groups, let phases, reader.has("shop") == (shop != nil) else { return nil }
        var profile = Profile(
            name: name, description: description, seed: seed ?? 1, target: target, groups: groups, shop: shop, phases: phases,
            thresholds: thresholds, requirements: requirements, expectations: expectations,
            workflow: workflow ?? (shop == nil ? nil : WorkflowDefinition.shop))
        profile.observer = observer
        profile.coalesce = coalesce ?? .zero
        profile.connectRate = connectRate
        profile.abort = abort
        profile.nameClients()
        return profile
    }

    /// A profile's or a group's name.
    func name(_ reader: MappingReader) -> String? {
        reader.value("name", expected: Self.namePattern) { text in
            let allowed = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
            return !text.isEmpty && text.utf8.count <= 64 && allowed ? text : nil
        }
    }

    func duration(_ reader: MappingReader, _ key: String) -> Duration? {
        reader.value(key, expected: DurationFormat.expected, parse: DurationFormat.parse)
    }

    private func phases(_ profile: MappingReader) -> Profile.Phases? {
        guard profile.has("phases") else {
            return Profile.Phases(warmUp: .zero, hold: nil, drainQuiet: .seconds(1), drainLimit: .seconds(30))
        }
        guard let reader = profile.mapping("phases", .phases) else { return nil }
        let hold = duration(reader, "hold")
        if hold == .zero { reader.report("hold", "expected a duration above 0s") }
        var quiet: Duration?
        var limit: Duration?
        if let drain = reader.mapping("drain", .drain) {
            quiet = duration(drain, "quiet")
            limit = duration(drain, "limit")
            if quiet == .zero {
                drain.report("quiet", "expected a duration above 0s; without silence nothing shows that the broker is done")
            }
            if (quiet ?? .seconds(1)) > (limit ?? .seconds(30)) {
                drain.report(
                    limit == nil ? "quiet" : "limit",
                    "drain.quiet is \(DurationFormat.text(quiet ?? .seconds(1))) but drain.limit only \(DurationFormat.text(limit ?? .seconds(30))), so the drain could never end quietly; expected a limit of at least quiet"
                )
            }
        }
        return Profile.Phases(
            warmUp: duration(reader, "warm_up") ?? .zero, hold: hold, drainQuiet: quiet ?? .seconds(1), drainLimit: limit ?? .seconds(30))
    }

    private func requirements(_ profile: MappingReader) -> [Requirement] {
        guard let reader = profile.mapping("require", .require) else { return [] }
        return reader.keys.compactMap { key in
            guard let event = Requirement.Event(rawValue: key) else { return nil }
            return reader.value(key, expected: Requirement.expected) { Requirement($0, event: event) }
        }
    }
}
