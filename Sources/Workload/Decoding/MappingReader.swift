internal import Yams

/// Reads the values of one mapping, with their lines, and reports what is wrong with them.
///
/// Every accessor returns `nil` both where the key is absent and where its value is wrong; the latter has then been reported.
struct MappingReader {
    let path: String
    let problems: Problems
    private var values: [String: Node] = [:]

    /// Reports keys that `known` does not hold; `nil` takes any key.
    /// - Parameter name: the part of a key that has to be known.
    init?(_ node: Node, path: String, known: [String]?, problems: Problems, name: (String) -> String = { $0 }) {
        self.path = path
        self.problems = problems
        guard case .mapping(let mapping) = node else {
            let expected = known.map { "keys and values, of the keys \($0.joined(separator: ", "))" } ?? "keys and values"
            if path.isEmpty { problems.note(path, line: node.mark?.line) }
            // A file that is something else is none of ours, and may be secret: nothing of it is repeated.
            problems.report(path, "expected \(expected), found \(path.isEmpty && node.scalar != nil ? "text" : node.kindForUsers)")
            return nil
        }
        if path.isEmpty {
            problems.note(path, line: mapping.mark?.line)
            if let known, !mapping.isEmpty, !mapping.contains(where: { $0.key.scalar.map { known.contains($0.string) } ?? true }) {
                problems.report(
                    path, "has none of the keys that belong here, which are \(known.joined(separator: ", ")); is it another file?")
                return nil
            }
        }
        for (keyNode, value) in mapping {
            guard case .scalar(let scalar) = keyNode else {
                problems.report(path, line: keyNode.mark?.line, "a key must be text, found \(keyNode.kindForUsers)")
                continue
            }
            let key = scalar.string
            if let known, !known.contains(name(key)) {
                let hint = Spelling.suggestion(for: name(key), among: known).map { ", did you mean '\($0)'?" } ?? ";"
                hasUnknownKeys = true
                problems.report(child(key), line: keyNode.mark?.line, "unknown key\(hint) known here are \(known.joined(separator: ", "))")
                continue
            }
            // The mark of an empty value or of a block is that of what follows; the key stands where the user looks.
            let standsAtValue = value.scalar != nil && !value.isNothing
            problems.note(child(key), line: standsAtValue ? value.mark?.line : keyNode.mark?.line)
            values[key] = value
            keys.append(key)
        }
    }

    /// Whether a key was reported as unknown. What seems to be missing may be that one, misspelt.
    private(set) var hasUnknownKeys = false

    /// The known keys that are present, in the order of the file.
    private(set) var keys: [String] = []

    /// The path of one of its values.
    func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func has(_ key: String) -> Bool { values[key] != nil }

    subscript(key: String) -> Node? { values[key] }

    func report(_ key: String, _ message: String) { problems.report(child(key), message) }

    /// Reports a key that must be there and is not.
    func require(_ key: String, expected: String) {
        if !has(key) { report(key, "is missing; expected \(expected)") }
    }

    /// A mapping with fixed keys.
    func mapping(_ key: String, _ section: Section) -> MappingReader? {
        values[key].flatMap { MappingReader($0, path: child(key), known: section.keys, problems: problems) }
    }

    /// The elements of a list with at least one, each with its path.
    func list(_ key: String, of what: String) -> [(path: String, node: Node)]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let sequence) = node, !sequence.isEmpty else {
            report(key, "expected a list of \(what), found \(node.kindForUsers)")
            return nil
        }
        return sequence.enumerated().map { index, element in
            let path = "\(child(key))[\(index)]"
            problems.note(path, line: element.mark?.line)
            return (path, element)
        }
    }

    /// A scalar's text, whether quoted or not.
    func text(_ key: String, expected: String = "text") -> String? {
        values[key].flatMap { problems.text($0, path: child(key), expected: expected) }
    }

    /// A scalar that `parse` understands.
    func value<Value>(_ key: String, expected: String, parse: (String) -> Value?) -> Value? {
        guard let text = text(key, expected: expected) else { return nil }
        if let value = parse(text) { return value }
        report(key, "expected \(expected), found '\(text)'")
        return nil
    }

    /// A whole number in a range, not in quotes.
    func integer<Number: FixedWidthInteger>(_ key: String, _ range: ClosedRange<Number>, expected: String) -> Number? {
        values[key].flatMap { problems.integer($0, path: child(key), range, expected: expected) }
    }

    /// `true` or `false`.
    func bool(_ key: String) -> Bool? {
        value(key, expected: "true or false") { ["true": true, "false": false][$0] }
    }

    /// One of the raw values of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _: Choice.Type) -> Choice? where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        let expected = names.count == 1 ? names[0] : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
        guard let text = text(key, expected: expected) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let hint = Spelling.suggestion(for: text, among: names).map { "; did you mean '\($0)'?" } ?? ""
        report(key, "expected \(expected), found '\(text)'\(hint)")
        return nil
    }
}

extension Problems {
    /// The text of a scalar; anything else is reported.
    func text(_ node: Node, path: String, expected: String) -> String? {
        guard case .scalar(let scalar) = node, !node.isNothing else {
            report(path, "expected \(expected), found \(node.kindForUsers)")
            return nil
        }
        return scalar.string
    }

    /// A whole number in a range, not in quotes; anything else is reported.
    func integer<Number: FixedWidthInteger>(_ node: Node, path: String, _ range: ClosedRange<Number>, expected: String) -> Number? {
        guard let text = text(node, path: path, expected: expected) else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .singleQuoted || scalar.style == .doubleQuoted {
            report(path, "expected \(expected), found the text '\(text)' in quotes")
            return nil
        }
        guard let number = Number(text), range.contains(number) else {
            report(path, "expected \(expected), found '\(text)'")
            return nil
        }
        return number
    }
}

extension Node {
    /// Whether it is an empty value, `~` or `null`.
    var isNothing: Bool {
        // Quoted text is text, even where it is empty.
        if case .scalar(let scalar) = self, scalar.style == .plain { tag == Tag(.null) } else { false }
    }

    /// What it is, in the user's words.
    var kindForUsers: String {
        switch self {
        case .scalar(let scalar): isNothing ? "nothing" : "'\(scalar.string)'"
        case .mapping: "keys and values"
        case .sequence(let sequence): sequence.isEmpty ? "an empty list" : "a list"
        case .alias(let alias): "the alias '\(alias.anchor.rawValue)'"
        }
    }
}
