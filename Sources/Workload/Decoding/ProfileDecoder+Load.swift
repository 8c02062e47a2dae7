internal import Foundation
internal import Glibc
internal import Yams

extension ProfileDecoder {
    /// Rates that change with time.
    func stages(_ reader: MappingReader) -> [Profile.Stage]? {
        guard let elements = reader.list("stages", of: "stages, each with for and rate, or from and to") else { return nil }
        var before = Profile.StageRate.none
        let stages = elements.map { path, node in
            MappingReader(node, path: path, known: Section.stage.keys, problems: problems).flatMap { stage($0, after: &before) }
        }
        let found = stages.compactMap(\.self)
        guard found.count == stages.count else { return nil }
        if !found.contains(where: { $0.from != .none || $0.to != .none }) {
            reader.report("stages", "have no rate above 0, so nothing would ever be sent; expected a rate in one of them")
            return nil
        }
        return found
    }

    /// - Parameter before: the rate at the end of the stage before, from which a stage that does not say goes on.
    private func stage(_ reader: MappingReader, after before: inout Profile.StageRate) -> Profile.Stage? {
        reader.require("for", expected: DurationFormat.expected)
        let length = duration(reader, "for")
        if length == .zero { reader.report("for", "expected a duration above 0s") }
        func rate(_ key: String) -> Profile.StageRate? {
            reader.value(key, expected: "a rate as 50/s, or 0/s for none") { Profile.StageRate(text: $0) }
        }
        let (constant, from, to) = (rate("rate"), rate("from"), rate("to"))
        switch (reader.has("rate"), reader.has("to")) {
        case (true, false) where !reader.has("from"):
            guard let constant, let length else { return nil }
            before = constant
            return Profile.Stage(length: length, from: constant, to: constant)
        case (false, true):
            guard let to, let length, reader.has("from") == (from != nil) else { return nil }
            defer { before = to }
            return Profile.Stage(length: length, from: from ?? before, to: to)
        default:
            if !reader.hasUnknownKeys {
                reader.problems.report(
                    reader.path, "expected rate for a rate that stays, or to, with or without from, for one that changes evenly")
            }
            return nil
        }
    }

    /// A payload of the user's own: a text with placeholders, or a file.
    func payload(_ publish: MappingReader) -> Profile.Payload? {
        guard case .mapping? = publish["payload"] else {
            return template(publish, "payload", .payload).map { Profile.Payload(template: $0, proof: .payload) }
        }
        guard let reader = publish.mapping("payload", .payload) else { return nil }
        let proof = reader.choice("proof", Profile.ProofPlace.self)
        if reader.has("text") == reader.has("file") {
            if !reader.hasUnknownKeys { reader.problems.report(reader.path, "expected either text or file") }
            return nil
        }
        let found = reader.has("text") ? template(reader, "text", .payload) : content(reader)
        return found.map { Profile.Payload(template: $0, proof: proof ?? .payload) }
    }

    /// The content of a file, which stands for itself.
    private func content(_ reader: MappingReader) -> TopicTemplate? {
        guard let path = file(reader, "file", "a file to send", instead: "write it under text") else { return nil }
        guard mayHandOver(reader, "file", instead: "write the payload under text") else { return nil }
        guard access(path, R_OK) == 0, let bytes = FileManager.default.contents(atPath: path) else {
            reader.report("file", "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            reader.report("file", "'\(path)' is no UTF-8 text, which payloads of a profile are")
            return nil
        }
        return TopicTemplate(literal: text)
    }

    /// One size, a list that is used in turn, or a range from which each is drawn.
    func sizes(_ reader: MappingReader) -> Profile.Sizes? {
        func parse(_ text: String) -> Int? { SizeFormat.parse(text).flatMap { $0 > 0 ? $0 : nil } }
        switch reader["size"] {
        case nil: return nil
        case .sequence?:
            let elements = reader.list("size", of: "sizes, each \(SizeFormat.expected)")
            let sizes = elements?.compactMap { path, node -> Int? in
                guard let text = problems.text(node, path: path, expected: SizeFormat.expected) else { return nil }
                if let size = parse(text) { return size }
                problems.report(path, "expected \(SizeFormat.expected), found '\(text)'")
                return nil
            }
            return sizes?.count == elements?.count ? sizes.map { .cycle($0) } : nil
        case .mapping?: return reader.mapping("size", .sizeRange).flatMap(range)
        default: return reader.value("size", expected: SizeFormat.expected, parse: parse).map { .fixed($0) }
        }
    }

    private func range(_ reader: MappingReader) -> Profile.Sizes? {
        for key in ["min", "max"] { reader.require(key, expected: SizeFormat.expected) }
        func size(_ key: String) -> Int? {
            reader.value(key, expected: SizeFormat.expected) { SizeFormat.parse($0).flatMap { $0 > 0 ? $0 : nil } }
        }
        guard let least = size("min"), let greatest = size("max"), reader.has("mean") == (size("mean") != nil) else { return nil }
        guard least <= greatest else {
            reader.report("max", "is \(greatest), less than min, which is \(least)")
            return nil
        }
        guard let mean = size("mean") else { return .uniform(least...greatest) }
        guard mean > least, mean < greatest else {
            reader.report("mean", "is \(mean); expected more than min and less than max")
            return nil
        }
        return .exponential(least...greatest, mean: mean)
    }
}
