internal import Glibc
internal import Yams

extension ProfileDecoder {
    /// The most clients of one profile; ``LoadMessage/longestStampEntry`` reckons with it.
    static let greatestClientCount = 1_000_000

    /// The groups, or `nil` where one cannot be read.
    func groups(_ profile: MappingReader) -> [Profile.Group]? {
        guard let elements = profile.list("groups", of: "client groups, each with name, count and publish or subscribe") else { return nil }
        let groups = elements.map { path, node in
            MappingReader(node, path: path, known: Section.group.keys, problems: problems).flatMap(group)
        }
        return groups.contains { $0 == nil } ? nil : groups.compactMap(\.self)
    }

    private func group(_ reader: MappingReader) -> Profile.Group? {
        reader.require("name", expected: Self.namePattern)
        reader.require("count", expected: "the number of clients")
        let name = name(reader)
        let count = reader.integer(
            "count", 1...Self.greatestClientCount, expected: "a number of clients from 1 to \(Self.greatestClientCount)")
        let isIdle = idle(reader)
        let session = reader.choice("session", Profile.Session.self) ?? .clean
        let named = template(reader, "client_id", .clientID)
        let clientID = reader.has("client_id") ? named : Profile.Group.defaultClientID(atForeignBroker: false)
        if let clientID { checkClientID(clientID, session: session, reader) }
        let engine = engine(reader) ?? engine
        let publish = reader.mapping("publish", .publish).flatMap { self.publish($0, group: reader, engine: engine) }
        let subscribe = reader.mapping("subscribe", .subscribe).flatMap(subscribe)
        let keepAlive = keepAlive(reader)
        let version = protocolVersion(reader)
        let credentials = file(
            reader, "credentials_file", "a file with a user and a password for each client", instead: "use one user for all")
        if credentials != nil { _ = mayHandOver(reader, "credentials_file", instead: "use one user for all") }
        let addresses = sourceAddresses(reader, engine)
        let will = will(reader)
        let life = life(reader)
        guard let name, let count, let clientID, reader.has("publish") == (publish != nil),
            reader.has("subscribe") == (subscribe != nil), reader.has("will") == (will != nil)
        else { return nil }
        return Profile.Group(
            name: name, count: count, protocolVersion: version ?? .v311, engine: engine, session: session,
            keepAliveSeconds: keepAlive ?? 60, namedClientID: named, clientID: clientID,
            credentialsFile: credentials, sourceAddresses: addresses, will: will, life: life,
            publish: publish, subscribe: subscribe, isIdle: isIdle)
    }

    func protocolVersion(_ reader: MappingReader) -> Profile.ProtocolVersion? {
        // Without quotes YAML reads 5.0 as a number; the text is the same.
        reader.value("protocol", expected: "\"3.1.1\" or \"5.0\"") { $0 == "5" ? .v5 : Profile.ProtocolVersion(rawValue: $0) }
    }

    /// The client that speaks MQTT.
    func engine(_ reader: MappingReader) -> Profile.Engine? {
        // A run of the past may have had one that there is no more.
        if problems.isStored, let text = reader.text("engine"), Profile.Engine(rawValue: text) == nil {
            problems.passOver(reader.child("engine"), "there is no engine '\(text)' any more")
            return nil
        }
        return reader.choice("engine", Profile.Engine.self)
    }

    func keepAlive(_ reader: MappingReader) -> UInt16? {
        reader.value("keepalive", expected: "whole seconds from 5s to 65535s, or 0s for none") { text in
            guard let duration = DurationFormat.parse(text), duration.wholeNanoseconds.isMultiple(of: 1_000_000_000) else { return nil }
            let seconds = duration.wholeNanoseconds / 1_000_000_000
            return seconds == 0 || seconds >= 5 ? UInt16(exactly: seconds) : nil
        }
    }

    private func sourceAddresses(_ reader: MappingReader, _ engine: Profile.Engine) -> [String] {
        guard reader.has("source_addresses") else { return [] }
        if engine == .libmosquitto {
            reader.report("source_addresses", "needs the engine wire; leave one of them out")
        }
        return (reader.list("source_addresses", of: "addresses in numbers, as 127.0.0.2") ?? []).compactMap { path, node in
            guard let text = problems.text(node, path: path, expected: "an address in numbers") else { return nil }
            var (four, six) = (in_addr(), in6_addr())
            if inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1 { return text }
            problems.report(path, "expected an address in numbers, as 127.0.0.2, found '\(text)'")
            return nil
        }
    }

    private func checkClientID(_ template: TopicTemplate, session: Profile.Session, _ reader: MappingReader) {
        guard template.description.isEmpty else { return }
        reader.report(
            "client_id",
            session == .kept
                ? "is empty, but a kept session needs a client identifier to be found again by (MQTT-3.1.3-8); expected a template such as %g-%i"
                : "is empty, but the trace names clients by it; expected a template such as %g-%i")
    }

    private func subscribe(_ reader: MappingReader) -> Profile.Subscribe? {
        reader.require("filters", expected: "a list of topic filters")
        reader.require("qos", expected: "0, 1 or 2")
        let elements = reader.list("filters", of: "topic filters")
        let filters = elements?.compactMap { path, node in template(node, path: path, .filter) }
        let qos = reader.integer("qos", UInt8(0)...2, expected: "0, 1 or 2")
        var options = Profile.SubscribeOptions()
        options.noLocal = reader.bool("no_local") ?? false
        options.retainAsPublished = reader.bool("retain_as_published") ?? false
        options.retainHandling = reader.choice("retain_handling", Profile.RetainHandling.self) ?? .always
        let stall = reader.mapping("stall", .stall).flatMap(stall)
        guard let filters, filters.count == elements?.count, let qos, reader.has("stall") == (stall != nil) else { return nil }
        return Profile.Subscribe(
            filters: filters, qos: qos, options: options, stall: stall, awaitsStrangers: reader.bool("strangers") ?? false)
    }

    private func stall(_ reader: MappingReader) -> Profile.Stall? {
        reader.require("after", expected: DurationFormat.expected)
        reader.require("for", expected: DurationFormat.expected)
        let length = duration(reader, "for")
        if length == .zero { reader.report("for", "expected a duration above 0s") }
        guard let after = duration(reader, "after"), let length else { return nil }
        return Profile.Stall(after: after, duration: length)
    }

    func template(_ reader: MappingReader, _ key: String, _ role: TopicTemplate.Role) -> TopicTemplate? {
        reader[key].flatMap { template($0, path: reader.child(key), role) }
    }

    func template(_ node: Node, path: String, _ role: TopicTemplate.Role) -> TopicTemplate? {
        guard let text = problems.text(node, path: path, expected: role.rawValue) else { return nil }
        do {
            return try TopicTemplate(text, role: role)
        } catch {
            problems.report(path, error.description)
            return nil
        }
    }
}
