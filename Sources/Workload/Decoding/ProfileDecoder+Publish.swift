internal import Yams

extension ProfileDecoder {
    /// What a group publishes. Where the profile names no size, 0 stands for the least that fits, which ``Profile/resolvingSizes()``
    /// fills in.
    func publish(_ reader: MappingReader, group: MappingReader, engine: Profile.Engine) -> Profile.Publish? {
        reader.require("topic", expected: "a topic")
        reader.require("qos", expected: "0, 1 or 2, or a list of them that is used in turn")
        let topics = topics(reader)
        let qos = qos(reader)
        let sizes = sizes(reader)
        let payload = payload(reader)
        if reader.has("payload"), reader.has("size") {
            reader.report("size", "stands beside payload, which is as large as it is; leave one of them out")
        }
        let pace = pace(reader, group: group)
        let messages = reader.integer("messages", 1...UInt64.max, expected: "a number of messages of at least 1")
        let window = reader.integer("window", engine.windows, expected: engine.windowsExpected)
        let retain = reader.bool("retain")
        let emptyEvery = reader.integer("empty_every", 1...Int.max, expected: "a number of messages of at least 1")
        let properties = properties(reader)
        guard let topics, let qos, let pace, reader.has("size") == (sizes != nil),
            reader.has("payload") == (payload != nil)
        else { return nil }
        return Profile.Publish(
            topics: topics, qos: qos, sizes: sizes ?? .fixed(0), payload: payload, emptyEvery: emptyEvery, properties: properties,
            retain: retain ?? false,
            pace: pace, window: window ?? 20, messages: messages)
    }

    /// One topic, or a list of them.
    private func topics(_ reader: MappingReader) -> [TopicTemplate]? {
        guard case .sequence? = reader["topic"] else { return template(reader, "topic", .topic).map { [$0] } }
        let elements = reader.list("topic", of: "topics")
        let topics = elements?.compactMap { path, node in template(node, path: path, .topic) }
        return topics?.count == elements?.count ? topics : nil
    }

    /// What MQTT 5.0 lets a message say beside its payload.
    private func properties(_ reader: MappingReader) -> Profile.Properties {
        var properties = Profile.Properties()
        properties.contentType = reader.text("content_type").flatMap { text in
            if text.isEmpty { reader.report("content_type", "is empty; expected what the payload is, as text/plain") }
            return !text.isEmpty && checkText(text, reader, "content_type") ? text : nil
        }
        properties.aliases = reader.integer("aliases", UInt16(1)...65_535, expected: "a number of topics from 1 to 65535") ?? 0
        if let node = reader["user_properties"],
            let pairs = MappingReader(node, path: reader.child("user_properties"), known: nil, problems: problems)
        {
            properties.user = pairs.keys.compactMap { name in
                guard let value = pairs.text(name), checkText(name + value, pairs, name) else { return nil }
                return .init(name: name, value: value)
            }
        }
        return properties
    }

    private func checkText(_ text: String, _ reader: MappingReader, _ key: String) -> Bool {
        guard let problem = TopicSyntax.problem(ofCharactersIn: text) else { return true }
        reader.report(key, problem)
        return false
    }

    private func qos(_ reader: MappingReader) -> [UInt8]? {
        guard case .sequence? = reader["qos"] else {
            return reader.integer("qos", UInt8(0)...2, expected: "0, 1 or 2, or a list of them that is used in turn").map { [$0] }
        }
        let elements = reader.list("qos", of: "0, 1 or 2")
        let values = elements?.compactMap { path, node in problems.integer(node, path: path, UInt8(0)...2, expected: "0, 1 or 2") }
        return values?.count == elements?.count ? values : nil
    }

    private func pace(_ reader: MappingReader, group: MappingReader) -> Profile.Pace? {
        let burst = reader.integer("burst", 1...1_000_000, expected: "a number of messages from 1 to 1000000")
        let rateExpected = "a rate above 0 as 50/s, 6000/min or 0.5/s, at most 1000000000/s, or unlimited"
        let sharing = reader.choice("rate_per", Profile.RateSharing.self)
        let kind = reader.choice("arrival", ArrivalProcess.Kind.self)
        if reader.has("stages") {
            for key in ["rate", "on"] where reader.has(key) { reader.report(key, "stands beside stages; expected one of them") }
            return stages(reader).map { .stages($0, per: sharing ?? .client, kind ?? .constant, burst: burst ?? 1) }
        }
        switch (reader.has("rate"), reader.has("on")) {
        case (true, true):
            reader.report("on", "stands beside rate; expected one of the two")
            return nil
        case (false, false):
            if reader.hasUnknownKeys { return nil }
            reader.problems.report(reader.path, "has neither rate, stages nor on; expected \(rateExpected), or on: received for a relay")
            return nil
        case (true, false):
            let pace: Profile.Pace? = reader.value("rate", expected: rateExpected) { text in
                text == "unlimited"
                    ? .unlimited : Rate(text).map { .rate($0, per: sharing ?? .client, kind ?? .constant, burst: burst ?? 1) }
            }
            if pace == .unlimited { refuseSchedule(reader, because: "an unlimited rate has no schedule; its window alone holds it back") }
            return pace
        case (false, true):
            let on: Void? = reader.value("on", expected: "received") { $0 == "received" ? () : nil }
            refuseSchedule(reader, because: "a relay publishes when it receives")
            if !group.has("subscribe") { reader.report("on", "needs subscribe in the same group: a relay publishes what it receives") }
            return on == nil ? nil : .onReceived
        }
    }

    private func refuseSchedule(_ reader: MappingReader, because reason: String) {
        for key in ["rate_per", "arrival", "burst"] where reader.has(key) { reader.report(key, "has no effect: \(reason); leave it out") }
    }
}
