internal import Yams

extension ProfileDecoder {
    /// What a profile expects of the broker: its own keys, then those of the file that it names, then what MQTT demands.
    func expectations(_ profile: MappingReader) -> Profile.Expectations {
        guard let reader = profile.mapping("expectations", .expectations) else { return Profile.Expectations() }
        var base = Profile.Expectations()
        if let file = file(reader, "file", "an expectations file", instead: "leave it out and name the file with --expectations") {
            do {
                base = try Profile.Expectations.load(path: file)
            } catch {
                for problem in error.problems { reader.report("file", problem.description) }
            }
        }
        return expectations(reader, over: base)
    }

    /// The keys that stand in a profile and in an expectations file alike.
    func expectations(_ reader: MappingReader, over base: Profile.Expectations) -> Profile.Expectations {
        Profile.Expectations(
            overlappingSubscriptions: reader.choice("overlapping_subscriptions", Profile.Expectations.OverlappingSubscriptions.self)
                ?? base.overlappingSubscriptions,
            redelivery: reader.choice("redelivery", Profile.Expectations.Redelivery.self) ?? base.redelivery,
            causalOrder: reader.choice("causal_order", Profile.Expectations.CausalOrder.self) ?? base.causalOrder,
            acknowledgementOrder: reader.choice("acknowledgement_order", Profile.Expectations.AcknowledgementOrder.self)
                ?? base.acknowledgementOrder,
            limits: reader.has("limits") ? limits(reader) : base.limits)
    }

    private func limits(_ expectations: MappingReader) -> [Profile.Limit] {
        // An empty list is how a profile takes back what the file says.
        if case .sequence(let sequence) = expectations["limits"], sequence.isEmpty { return [] }
        var names: Set<String> = []
        return (expectations.list("limits", of: "limits, each with name, class and up_to") ?? []).compactMap { path, node in
            guard let reader = MappingReader(node, path: path, known: Section.limit.keys, problems: problems) else { return nil }
            reader.require("name", expected: Self.namePattern)
            reader.require("class", expected: Profile.Limit.Class.allCases.map(\.rawValue).joined(separator: " or "))
            reader.require("up_to", expected: Profile.Limit.Counter.allCases.map(\.rawValue).joined(separator: " or "))
            let name = name(reader)
            let kind = reader.choice("class", Profile.Limit.Class.self)
            let counter = reader.choice("up_to", Profile.Limit.Counter.self)
            guard let name, let kind, let counter else { return nil }
            if !names.insert(name).inserted { reader.report("name", "'\(name)' is the name of another limit; expected a name of its own") }
            return Profile.Limit(name: name, class: kind, upTo: counter, note: reader.text("note") ?? "")
        }
    }
}

extension Profile.Expectations {
    /// Reads an expectations file: what is known of one broker, in the keys of a profile's `expectations`.
    /// - Throws: ``ProfileError`` with everything that is wrong, also where the file cannot be read.
    public static func load(path: String) throws(ProfileError) -> Profile.Expectations {
        let bytes = try Profile.contents(path, "an expectations file", example: "Profiles/expectations/mosquitto.yaml")
        guard let yaml = String(validating: bytes, as: UTF8.self) else {
            throw ProfileError(file: path, "is not UTF-8 text; an expectations file is written in YAML")
        }
        return try parse(yaml: yaml, file: path)
    }

    /// Reads the text of an expectations file.
    public static func parse(yaml: String, file: String) throws(ProfileError) -> Profile.Expectations {
        let problems = Problems(file: file)
        guard let root = try Profile.document(yaml, file: file) else { return Profile.Expectations() }
        let keys = Section.expectations.keys.filter { $0 != "file" }
        let reader = MappingReader(root, path: "", known: keys, problems: problems)
        let expectations = reader.map { ProfileDecoder(problems: problems).expectations($0, over: Profile.Expectations()) }
        try problems.throwIfAny()
        return expectations ?? Profile.Expectations()
    }
}
