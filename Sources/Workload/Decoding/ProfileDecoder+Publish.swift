internal import Yams

extension ProfileDecoder {
    /// What a group publishes. Where the profile names no size, 0 stands for the least that fits, which ``Profile/resolvingSizes()``
    /// fills in.
    func publish(_ reader: MappingReader, group: MappingReader, engine: Profile.Engine) -> Profile.Publish? {
        reader.require("topic", expected: "a topic")
        reader.require("qos", expected: "0, 1 or 2, or a list of them that is used in turn")
        let topic = template(reader, "topic", .topic)
        let qos = qos(reader)
        let size = reader.value("size", expected: SizeFormat.expected) { SizeFormat.parse($0).flatMap { $0 > 0 ? $0 : nil } }
        let pace = pace(reader, group: group)
        let messages = reader.integer("messages", 1...UInt64.max, expected: "a number of messages of at least 1")
        let window = reader.integer("window", engine.windows, expected: engine.windowsExpected)
        let retain = reader.bool("retain")
        guard let topic, let qos, let pace, reader.has("size") == (size != nil) else { return nil }
        return Profile.Publish(
            topic: topic, qos: qos, size: size ?? 0, retain: retain ?? false, pace: pace, window: window ?? 20, messages: messages)
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
        let rateExpected = "a rate above 0 as 50/s, 6000/min or 0.5/s, at most 1000000000/s, or unlimited"
        let sharing = reader.choice("rate_per", Profile.RateSharing.self)
        let kind = reader.choice("arrival", ArrivalProcess.Kind.self)
        switch (reader.has("rate"), reader.has("on")) {
        case (true, true):
            reader.report("on", "stands beside rate; expected one of the two")
            return nil
        case (false, false):
            if reader.hasUnknownKeys { return nil }
            reader.problems.report(reader.path, "has neither rate nor on; expected \(rateExpected), or on: received for a relay")
            return nil
        case (true, false):
            let pace: Profile.Pace? = reader.value("rate", expected: rateExpected) { text in
                text == "unlimited" ? .unlimited : Rate(text).map { .rate($0, per: sharing ?? .client, kind ?? .constant) }
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
        for key in ["rate_per", "arrival"] where reader.has(key) { reader.report(key, "has no effect: \(reason); leave it out") }
    }
}
