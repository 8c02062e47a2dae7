internal import Yams

/// A value that takes the place of one of a profile, as `--set phases.hold=30s` gives it.
public struct ProfileChange {
    /// Where: keys with full stops between them, elements of lists as `[0]`, groups by number or by name.
    public let path: String
    let steps: [Step]
    /// `nil` takes the key away.
    let value: SourcedValue?
    let place: Place

    /// One step of a path.
    enum Step: Equatable {
        case key(String)
        case element(Int)
    }

    /// What a path looks like, for messages.
    static let pathForm = "keys with full stops between them, as phases.hold, groups.publishers.count or groups[0].publish.qos"

    /// Reads `PATH=VALUE`. A value that begins with `[`, `{` or a quotation mark is YAML, `~` takes the key away, anything else is that text.
    /// - Parameters:
    ///   - argument: what the user wrote.
    ///   - option: the option, for messages.
    /// - Throws: ``ProfileError`` where it is no such thing.
    public init(parsing argument: String, option: String = "--set") throws(ProfileError) {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else {
            throw ProfileError(file: option, "expected PATH=VALUE, as \(option) phases.hold=30s, found '\(argument)'")
        }
        let text = String(argument[argument.index(after: sign)...])
        try self.init(path: String(argument[..<sign]), text: text, option: option)
    }

    /// A value for a path, written as in ``init(parsing:option:)``.
    public init(path: String, text: String, option: String = "--set") throws(ProfileError) {
        let place = Place(file: "", label: option, line: nil)
        var value: SourcedValue?
        switch text.first {
        case "[", "{", "\"", "'":
            do {
                guard let node = try Profile.document(text, file: option) else { preconditionFailure("A character is there.") }
                value = SourcedValue(unplaced: node, place: place)
            } catch {
                throw ProfileError(file: option, "\(path): the value \(text) is not YAML; a text that begins so stands in quotes")
            }
        default:
            if text != "~" {
                value = SourcedValue(content: .scalar(Node.Scalar(text, text.isEmpty ? Tag(.str) : .implicit, .plain)), place: place)
            }
        }
        try self.init(path: path, value: value, place: place)
    }

    init(path: String, value: SourcedValue?, place: Place) throws(ProfileError) {
        guard let steps = Self.steps(path) else {
            throw ProfileError(
                file: place.label ?? place.file, line: place.line, "'\(path)' is no path of a profile; expected \(Self.pathForm)")
        }
        self.path = path
        self.steps = steps
        self.value = value
        self.place = place
    }

    private static func steps(_ path: String) -> [Step]? {
        var steps: [Step] = []
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            guard let key = pieces.first, !key.isEmpty, !key.contains("]") else { return nil }
            steps.append(.key(String(key)))
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]"), piece.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
                    let index = Int(piece.dropLast())
                else { return nil }
                steps.append(.element(index))
            }
        }
        return steps
    }
}

extension SourcedValue {
    /// A value that stands in no file.
    init(unplaced node: Node, place: Place) {
        self.place = place
        switch node {
        case .scalar(var scalar):
            scalar.mark = nil
            content = .scalar(scalar)
        case .sequence(let sequence): content = .list(sequence.map { SourcedValue(unplaced: $0, place: place) })
        case .mapping(let mapping):
            content = .mapping(
                mapping.map {
                    Entry(key: $0.key.scalar.map { Node(unmarked: $0) } ?? $0.key, value: SourcedValue(unplaced: $0.value, place: place))
                })
        case .alias: content = .scalar(Node.Scalar(""))
        }
    }

    /// Puts the value of a change in its place. Mappings on the way that are not there are made; whether there are such keys is asked when the whole is
    /// read as a profile.
    /// - Throws: ``ProfileError`` where the path leads nowhere, with what is there.
    mutating func apply(_ change: ProfileChange) throws(ProfileError) {
        try apply(change, change.steps[...], at: "")
    }

    private mutating func apply(_ change: ProfileChange, _ steps: ArraySlice<ProfileChange.Step>, at path: String) throws(ProfileError) {
        guard let step = steps.first else {
            guard var value = change.value else { return }
            // Paths in it count from the file in which it takes a place.
            value.adopt(file: place.file)
            self = value
            return
        }
        switch content {
        case .list(var values):
            let index = try index(of: step, in: values, at: path, change)
            if steps.count == 1, change.value == nil {
                values.remove(at: index)
            } else {
                try values[index].apply(change, steps.dropFirst(), at: "\(path)[\(index)]")
            }
            content = .list(values)
        case .mapping(var entries):
            guard case .key(let key) = step else { throw change.wrong(at: path, "is no list, so it has no [\(step.number)]") }
            let inner = path.isEmpty ? key : "\(path).\(key)"
            if let index = entries.firstIndex(where: { $0.name == key }) {
                if steps.count == 1, change.value == nil {
                    entries.remove(at: index)
                } else {
                    try entries[index].value.apply(change, steps.dropFirst(), at: inner)
                }
            } else {
                guard change.value != nil else {
                    // A cell of a matrix says how it shall be, whatever is there.
                    if change.place.label == nil { return }
                    throw change.wrong(
                        at: inner, "is not there, so it cannot be taken away; there \(Self.listed(entries.compactMap(\.name)))")
                }
                var value = SourcedValue(
                    content: .mapping([]), place: Place(file: place.file, label: change.place.label, line: change.place.line))
                try value.apply(change, steps.dropFirst(), at: inner)
                entries.append(Entry(key: Node(unmarked: Node.Scalar(key)), value: value))
            }
            content = .mapping(entries)
        case .scalar:
            guard isNothing, case .key = step else {
                throw change.wrong(at: path, "is \(node.kindForUsers), so nothing stands below it")
            }
            content = .mapping([])
            try apply(change, steps, at: path)
        }
    }

    private func index(
        of step: ProfileChange.Step, in values: [SourcedValue], at path: String, _ change: ProfileChange
    ) throws(ProfileError) -> Int {
        switch step {
        case .element(let index):
            guard values.indices.contains(index) else {
                throw change.wrong(at: "\(path)[\(index)]", "is not there; \(path) has \(values.count) elements, from [0] on")
            }
            return index
        case .key(let name):
            let names = values.compactMap(\.groupName)
            guard let index = values.firstIndex(where: { $0.groupName == name }) else {
                let hint = Spelling.suggestion(for: name, among: names).map { ", did you mean '\($0)'?" } ?? ";"
                throw change.wrong(at: "\(path).\(name)", "there is no element of that name\(hint) there \(Self.listed(names))")
            }
            return index
        }
    }

    private static func listed(_ names: [String]) -> String {
        names.isEmpty ? "is none" : names.count == 1 ? "is \(names[0])" : "are \(names.joined(separator: ", "))"
    }

    private mutating func adopt(file: String) {
        place = Place(file: place.file.isEmpty ? file : place.file, label: place.label, line: place.line)
        switch content {
        case .scalar: break
        case .list(var values):
            for index in values.indices { values[index].adopt(file: file) }
            content = .list(values)
        case .mapping(var entries):
            for index in entries.indices { entries[index].value.adopt(file: file) }
            content = .mapping(entries)
        }
    }
}

extension ProfileChange.Step {
    fileprivate var number: String {
        switch self {
        case .key(let key): key
        case .element(let index): "\(index)"
        }
    }
}

extension ProfileChange {
    fileprivate func wrong(at path: String, _ message: String) -> ProfileError {
        ProfileError(problems: [.init(file: place.label ?? place.file, line: place.line, path: path, message: message)])
    }
}

extension Node {
    /// A scalar that stands on no line.
    fileprivate init(unmarked scalar: Node.Scalar) {
        var scalar = scalar
        scalar.mark = nil
        self = .scalar(scalar)
    }
}
