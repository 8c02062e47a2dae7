internal import Yams

/// A profile as it was written: put together from its files, the variables and the changes of the command line, and not yet read as a profile.
public struct ProfileSource {
    /// The profile's file as it was named.
    public let file: String
    var root: SourcedValue
    /// The values of the variables in it.
    private let used: [String: String]

    /// Reads a profile's file and those that it includes.
    /// - Parameters:
    ///   - path: the YAML file, as the user named it; messages repeat it.
    ///   - variables: the values of the variables.
    ///   - changes: values that take the place of the file's, the later ones over the earlier.
    /// - Throws: ``ProfileError`` where it cannot be put together.
    public init(path: String, variables: ProfileVariables = .init(), changes: [ProfileChange] = []) throws(ProfileError) {
        try self.init(yaml: try Profile.text(path), file: path, variables: variables, changes: changes)
    }

    /// The same of a text.
    public init(
        yaml: String, file: String, variables: ProfileVariables = .init(), changes: [ProfileChange] = []
    ) throws(ProfileError) {
        try self.init(yaml: yaml, file: file, variables: variables, changes: changes, isStored: false)
    }

    init(yaml: String, file: String, variables: ProfileVariables, changes: [ProfileChange], isStored: Bool) throws(ProfileError) {
        guard let document = try Profile.document(yaml, file: file) else {
            throw ProfileError(file: file, "is empty; expected a profile with at least name and groups")
        }
        var composer = ProfileComposer(variables, isStored: isStored)
        var root = try composer.compose(document, file: file)
        var problems = composer.problems
        for name in variables.given.keys.sorted() where !composer.named.contains(name) {
            let there = composer.named.isEmpty ? "it has none" : "there are \(composer.named.sorted().joined(separator: ", "))"
            problems.append(.init(file: "--var", line: nil, path: "", message: "\(file) has no variable ${\(name)}; \(there)"))
        }
        guard problems.isEmpty else { throw ProfileError(problems: problems) }
        for change in changes where change.steps.first == .key("include") {
            // What it includes is read already, and the rest of its path would count from nowhere.
            throw ProfileError(
                file: change.place.label ?? file, "include: stands in the file of a profile alone; write a profile that includes both")
        }
        for change in changes { try root.apply(change) }
        self.file = file
        self.root = root
        used = composer.used
    }

    /// The same profile with other values in it.
    /// - Throws: ``ProfileError`` where the path of a change leads nowhere.
    public func applying(_ changes: [ProfileChange]) throws(ProfileError) -> ProfileSource {
        var changed = self
        for change in changes { try changed.root.apply(change) }
        return changed
    }

    /// Reads and validates it.
    /// - Throws: ``ProfileError`` with everything that is wrong. Relations between groups are checked only once every value is
    ///   readable, so a second round can find more.
    public func profile() throws(ProfileError) -> Profile {
        let profile = try single()
        _ = try series()
        return profile
    }

    /// The profile without regard to the series that it may stand for.
    func single() throws(ProfileError) -> Profile {
        let problems = problems()
        let profile = try Profile.decode(root.node, problems)
        ProfileRules(profile: profile, problems: problems).check()
        try problems.throwIfAny()
        return profile
    }

    /// Where complaints about it go.
    func problems(isStored: Bool = false) -> Problems {
        Problems(file: file, isStored: isStored, places: root.places(), variables: used)
    }
}
