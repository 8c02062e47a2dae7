internal import Yams

extension ProfileDecoder {
    /// When the clients of a group are there.
    func life(_ group: MappingReader) -> Profile.Life? {
        guard let reader = group.mapping("life", .life) else { return nil }
        if reader.keys.isEmpty, !reader.hasUnknownKeys {
            reader.problems.report(reader.path, "says nothing; expected join, leave, away or churn")
        }
        var life = Profile.Life()
        life.join = reader.mapping("join", .join).flatMap(join)
        life.leave = reader.mapping("leave", .leave).flatMap(leave)
        life.away = away(reader)
        life.churn = reader.mapping("churn", .churn).flatMap(churn)
        return life
    }

    private func join(_ reader: MappingReader) -> Profile.Join? {
        reader.require("after", expected: DurationFormat.expected)
        guard let after = duration(reader, "after") else { return nil }
        return Profile.Join(after: after, over: duration(reader, "over") ?? .zero)
    }

    private func leave(_ reader: MappingReader) -> Profile.Leave? {
        reader.require("after", expected: DurationFormat.expected)
        let by = reader.choice("by", Profile.Departure.self)
        guard let after = duration(reader, "after") else { return nil }
        return Profile.Leave(after: after, over: duration(reader, "over") ?? .zero, by: by ?? .disconnect)
    }

    /// One absence or a list of them.
    private func away(_ life: MappingReader) -> [Profile.Away] {
        guard case .sequence? = life["away"] else { return life.mapping("away", .away).flatMap(away).map { [$0] } ?? [] }
        return (life.list("away", of: "absences, each with after and for") ?? []).compactMap { path, node in
            MappingReader(node, path: path, known: Section.away.keys, problems: problems).flatMap(away)
        }
    }

    private func away(_ reader: MappingReader) -> Profile.Away? {
        reader.require("after", expected: DurationFormat.expected)
        let after = duration(reader, "after")
        let length = length(reader)
        let every = duration(reader, "every")
        if let every, let length, every <= length {
            reader.report(
                "every",
                "is \(DurationFormat.text(every)), and each absence takes \(DurationFormat.text(length)), so the next would begin before the client is back; expected more than that"
            )
        }
        let times = reader.integer("times", 1...Int.max, expected: "a number of absences of at least 1")
        if times != nil, !reader.has("every") {
            reader.report("times", "has no effect without every, the time from one absence to the next")
        }
        let share = reader.value("share", expected: ShareFormat.expected, parse: ShareFormat.parse)
        let chance = reader.value("chance", expected: ShareFormat.expected, parse: ShareFormat.parse)
        let by = reader.choice("by", Profile.Departure.self)
        guard let after, let length else { return nil }
        return Profile.Away(
            after: after, length: length, over: duration(reader, "over") ?? .zero, every: every, times: times, share: share ?? 1,
            chance: chance ?? 1, by: by ?? .disconnect)
    }

    private func churn(_ reader: MappingReader) -> Profile.Churn? {
        let expected = "a rate above 0, as 5/s or 30/min"
        reader.require("rate", expected: expected)
        let rate = reader.value("rate", expected: expected, parse: { Rate($0) })
        let length = length(reader)
        let by = reader.choice("by", Profile.Departure.self)
        guard let rate, let length else { return nil }
        return Profile.Churn(rate: rate, length: length, by: by ?? .disconnect)
    }

    /// How long an absence lasts.
    private func length(_ reader: MappingReader) -> Duration? {
        reader.require("for", expected: DurationFormat.expected)
        let length = duration(reader, "for")
        if length == .zero { reader.report("for", "expected a duration above 0s") }
        return length
    }

    /// The will of a group's clients.
    func will(_ group: MappingReader) -> Profile.Will? {
        guard let reader = group.mapping("will", .will) else { return nil }
        reader.require("topic", expected: "a topic")
        let topic = template(reader, "topic", .will)
        let qos = reader.integer("qos", UInt8(0)...2, expected: "0, 1 or 2")
        let retain = reader.bool("retain")
        let delay = reader.value("delay", expected: "whole seconds, as 2s") { text in
            DurationFormat.parse(text).flatMap { delay in
                delay.wholeNanoseconds.isMultiple(of: 1_000_000_000) ? UInt32(exactly: delay.wholeNanoseconds / 1_000_000_000) : nil
            }
        }
        guard let topic else { return nil }
        return Profile.Will(topic: topic, qos: qos ?? 0, retain: retain ?? false, delaySeconds: delay ?? 0)
    }
}
