internal import Glibc
internal import Yams

/// Puts the tree of a profile together: the text with its variables, over the profiles that it includes.
struct ProfileComposer {
    /// The most values of a profile, aliases counted wherever they stand: a short text with aliases of aliases can mean more than any memory holds.
    static let greatestCount = 200_000
    /// The most files of a profile. Files that include the same ones twice over could mean more than anybody can read.
    static let greatestFileCount = 64

    private let variables: ProfileVariables
    /// Whether the profile is that of a run of the past, in which variables have their values already.
    private let isStored: Bool
    private(set) var problems: [ProfileError.Problem] = []
    /// The variables that the profile uses, with their values.
    private(set) var used: [String: String] = [:]
    /// The variables that the profile names.
    private(set) var named: Set<String> = []
    private var count = 0
    private var fileCount = 0

    init(_ variables: ProfileVariables, isStored: Bool) {
        self.variables = variables
        self.isStored = isStored
    }

    /// The tree of a profile's text.
    /// - Parameters:
    ///   - root: the document.
    ///   - file: the profile's file.
    /// - Throws: ``ProfileError`` where nothing can be put together.
    mutating func compose(_ root: Node, file: String) throws(ProfileError) -> SourcedValue {
        try compose(root, file: file, within: [])
    }

    private mutating func compose(_ root: Node, file: String, within: [(file: String, real: String)]) throws(ProfileError) -> SourcedValue {
        let own = try value(root, file: file, line: root.mark?.line, path: "")
        guard !isStored, case .mapping(let entries) = own.content, let include = own["include"] else { return own }
        let chain = within + [(file, ProfileFile.real(file) ?? file)]
        var base: SourcedValue?
        for (path, element) in includes(include) {
            guard let included = try composeIncluded(element, path: path, chain: chain) else { continue }
            base = base.map { $0.merged(with: included) } ?? included
        }
        let rest = SourcedValue(content: .mapping(entries.filter { $0.name != "include" }), place: own.place)
        return base.map { $0.merged(with: rest) } ?? rest
    }

    private mutating func includes(_ value: SourcedValue) -> [(String, SourcedValue)] {
        switch value.content {
        case .scalar where !value.isNothing: return [("include", value)]
        case .list(let values) where !values.isEmpty: return values.enumerated().map { ("include[\($0.offset)]", $0.element) }
        default:
            report(value.place, "include", "expected the path of a profile, or a list of such paths, found \(value.node.kindForUsers)")
            return []
        }
    }

    private mutating func composeIncluded(
        _ element: SourcedValue, path: String, chain: [(file: String, real: String)]
    ) throws(ProfileError) -> SourcedValue? {
        guard case .scalar(let scalar) = element.content, !element.isNothing, !scalar.string.isEmpty else {
            report(element.place, path, "expected the path of a profile, found \(element.node.kindForUsers)")
            return nil
        }
        let file: String
        do {
            file = try ProfileFile.path(scalar.string, of: element.place.file)
        } catch {
            report(element.place, path, "'\(scalar.string)' \(error.reason); put it there")
            return nil
        }
        let real = ProfileFile.real(file) ?? file
        if let first = chain.firstIndex(where: { $0.real == real }) {
            let names = chain[first...].map(\.file).joined(separator: " -> ")
            report(element.place, path, "profiles include each other without end: \(names) -> \(file); leave one of the includes out")
            return nil
        }
        fileCount += 1
        guard fileCount < Self.greatestFileCount else {
            throw ProfileError(file: chain[0].file, "is made of more than the \(Self.greatestFileCount) files that a profile may have")
        }
        let text: String
        do {
            text = try Profile.text(file)
        } catch {
            for problem in error.problems { report(element.place, path, problem.description) }
            return nil
        }
        guard let root = try Profile.document(text, file: file) else { return nil }
        guard case .mapping(let mapping) = root else {
            // A file that is something else is none of ours, and may be secret: nothing of it is repeated.
            report(element.place, path, "\(file) is no profile: expected keys and values")
            return nil
        }
        guard mapping.isEmpty || mapping.contains(where: { $0.key.scalar.map { Section.profile.keys.contains($0.string) } ?? false }) else {
            report(element.place, path, "\(file) is no profile: it has none of the keys \(Section.profile.keys.joined(separator: ", "))")
            return nil
        }
        return try compose(root, file: file, within: chain)
    }

    /// A value of YAML with the variables in it.
    private mutating func value(_ node: Node, file: String, line: Int?, path: String) throws(ProfileError) -> SourcedValue {
        count += 1
        guard count <= Self.greatestCount else {
            throw ProfileError(file: file, "has more than \(Self.greatestCount) values, those of aliases counted wherever they stand")
        }
        let place = Place(file: file, line: line)
        switch node {
        case .scalar(let scalar):
            return SourcedValue(content: .scalar(substituted(scalar, place, path)), place: place)
        case .sequence(let sequence):
            var values: [SourcedValue] = []
            for (index, element) in sequence.enumerated() {
                values.append(try value(element, file: file, line: element.mark?.line, path: "\(path)[\(index)]"))
            }
            return SourcedValue(content: .list(values), place: place)
        case .mapping(let mapping):
            var entries: [SourcedValue.Entry] = []
            for (key, node) in mapping {
                // The mark of an empty value or of a block is that of what follows; the key stands where the user looks.
                let standsAtValue = node.scalar != nil && !node.isNothing
                let name = key.scalar?.string ?? ""
                let line = standsAtValue ? node.mark?.line : key.mark?.line
                entries.append(
                    .init(key: key, value: try value(node, file: file, line: line, path: path.isEmpty ? name : "\(path).\(name)")))
            }
            return SourcedValue(content: .mapping(entries), place: place)
        case .alias:
            // The parser has put what they stand for in their place.
            return SourcedValue(content: .scalar(Node.Scalar("")), place: place)
        }
    }

    private mutating func substituted(_ scalar: Node.Scalar, _ place: Place, _ path: String) -> Node.Scalar {
        guard scalar.string.contains("${") else { return scalar }
        // What a variable says is data: a plain text, in which a number is a number, and never an empty value.
        func plain(_ text: String) -> Node.Scalar { Node.Scalar(text, Tag(.str), .plain, scalar.mark) }
        if isStored {
            var scalar = scalar
            scalar.string = VariableText.unescaped(scalar.string)
            return scalar
        }
        do {
            let text = try VariableText(scalar.string, variables)
            used.merge(text.used) { first, _ in first }
            named.formUnion(text.named)
            return text.named.isEmpty ? Node.Scalar(text.text, Tag(.str), scalar.style, scalar.mark) : plain(text.text)
        } catch {
            report(place, path, error.reason)
            return scalar
        }
    }

    private mutating func report(_ place: Place, _ path: String, _ message: String) {
        problems.append(.init(file: place.label ?? place.file, line: place.line, path: path, message: Secrets(used).hidden(in: message)))
    }
}
