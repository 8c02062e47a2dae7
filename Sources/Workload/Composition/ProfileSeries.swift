internal import Yams

/// The runs that a profile with `matrix` or `repeat` stands for.
public struct ProfileSeries {
    /// The most runs of one series.
    static let greatestCount = 1_000

    /// One combination of the parameters' values.
    public struct Cell {
        /// The parameters in the order of the profile, each with its value as it would be written.
        public let parameters: [(path: String, value: String)]
        /// The profile with these values in it.
        public let source: ProfileSource
        /// The same, read and validated.
        public let profile: Profile
    }

    /// The paths of the parameters, in the order of the profile.
    public let parameters: [String]
    /// The combinations: the values of the last parameter change first.
    public let cells: [Cell]
    /// How often each cell is run.
    public let repeats: Int
}

extension ProfileSource {
    /// What the profile says under `matrix` and `repeat`, with every cell read as a profile; `nil` where it has neither.
    /// - Throws: ``ProfileError`` where one of the two or one of the cells is wrong.
    public func series() throws(ProfileError) -> ProfileSeries? {
        guard root["matrix"] != nil || root["repeat"] != nil else { return nil }
        let problems = problems()
        let repeats = root["repeat"].flatMap {
            problems.integer(
                $0.node, path: "repeat", 1...ProfileSeries.greatestCount, expected: "a number of runs of each cell from 1 to 1000")
        }
        let parameters = parameters(problems)
        try problems.throwIfAny()
        let count = parameters.reduce(repeats ?? 1) { product, parameter in
            let (count, overflow) = product.multipliedReportingOverflow(by: parameter.values.count)
            return overflow ? .max : count
        }
        guard count <= ProfileSeries.greatestCount else {
            problems.report("matrix", "makes more than \(ProfileSeries.greatestCount) runs; expected fewer values, or a smaller repeat")
            try problems.throwIfAny()
            return nil
        }
        var plain = self
        if case .mapping(let entries) = root.content {
            plain.root.content = .mapping(entries.filter { $0.name != "matrix" && $0.name != "repeat" })
        }
        var cells: [ProfileSeries.Cell] = []
        for index in 0..<(count / (repeats ?? 1)) {
            var rest = index
            var chosen: [(path: String, value: SourcedValue)] = []
            for parameter in parameters.reversed() {
                chosen.insert((parameter.path, parameter.values[rest % parameter.values.count]), at: 0)
                rest /= parameter.values.count
            }
            var changes: [ProfileChange] = []
            for choice in chosen {
                changes.append(
                    try ProfileChange(path: choice.path, value: choice.value.isNothing ? nil : choice.value, place: choice.value.place))
            }
            let source = try plain.applying(changes)
            cells.append(
                .init(
                    parameters: chosen.map { (path: $0.path, value: $0.value.flowText) }, source: source, profile: try source.single()))
        }
        return ProfileSeries(parameters: parameters.map(\.path), cells: cells, repeats: repeats ?? 1)
    }

    private func parameters(_ problems: Problems) -> [(path: String, values: [SourcedValue])] {
        guard let matrix = root["matrix"] else { return [] }
        guard case .mapping(let entries) = matrix.content, !entries.isEmpty else {
            problems.report(
                "matrix",
                "expected paths with lists of values, as groups.publishers.publish.qos: [0, 1, 2], found \(matrix.node.kindForUsers)")
            return []
        }
        return entries.compactMap { entry in
            guard let path = entry.name else {
                problems.report("matrix", "a key must be a path, found \(entry.key.kindForUsers)")
                return nil
            }
            // Its full stops are part of the key, so the place of the value is not found by the path.
            func report(_ message: String) { problems.report("matrix.\(path)", line: entry.value.place.line, message) }
            if ["include", "matrix", "repeat"].contains(path.prefix { $0 != "." && $0 != "[" }) {
                report("is no parameter of a run; expected the path of another value")
                return nil
            }
            guard case .list(let values) = entry.value.content, !values.isEmpty else {
                report("expected a list of values, found \(entry.value.node.kindForUsers)")
                return nil
            }
            let texts = values.map(\.flowText)
            if Set(texts).count < texts.count {
                report("has a value twice; keep one of them, and use repeat for more runs of it")
                return nil
            }
            return (path, values)
        }
    }
}

extension SourcedValue {
    /// The value on one line, as YAML would have it.
    var flowText: String {
        switch content {
        case .scalar(let scalar): scalar.string.isEmpty && isNothing ? "~" : scalar.string
        case .list(let values): "[\(values.map(\.flowText).joined(separator: ", "))]"
        case .mapping(let entries): "{\(entries.map { "\($0.name ?? ""): \($0.value.flowText)" }.joined(separator: ", "))}"
        }
    }
}
