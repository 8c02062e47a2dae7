internal import Glibc
internal import Yams

extension Profile {
    /// Reads and validates a profile.
    /// - Parameter path: The YAML file, as the user named it; error messages repeat it.
    /// - Throws: ``ProfileError`` with everything that is wrong, also where the file cannot be read.
    public static func load(path: String) throws(ProfileError) -> Profile {
        try ProfileSource(path: path).profile()
    }

    static func text(_ path: String) throws(ProfileError) -> String {
        guard let yaml = String(validating: try contents(path, "a profile", example: "Profiles/smoke.yaml"), as: UTF8.self) else {
            throw ProfileError(file: path, "is not UTF-8 text; a profile is written in YAML")
        }
        return yaml
    }

    /// Reads and validates a profile.
    /// - Parameters:
    ///   - yaml: The text.
    ///   - file: The name that error messages give.
    /// - Throws: ``ProfileError`` with everything that is wrong. Relations between groups are checked only once every value is
    ///   readable, so a second round can find more.
    public static func parse(yaml: String, file: String) throws(ProfileError) -> Profile {
        try ProfileSource(yaml: yaml, file: file).profile()
    }

    /// Reads the profile of a run of the past. The version that made the run took it, so keys that there are no more are passed over, and
    /// what must hold between the values is not asked again.
    /// - Parameter path: The YAML file.
    /// - Returns: the profile, and one line on each key that is passed over.
    /// - Throws: ``ProfileError`` where a value cannot be read.
    public static func loadStored(path: String) throws(ProfileError) -> (profile: Profile, passedOver: [String]) {
        let source = try ProfileSource(yaml: try text(path), file: path, variables: .init(), changes: [], isStored: true)
        let problems = source.problems(isStored: true)
        let profile = try decode(source.root.node, problems)
        return (profile, problems.passedOver.map { "\($0)." })
    }

    static func decode(_ root: Node, _ problems: Problems) throws(ProfileError) -> Profile {
        var decoder = ProfileDecoder(problems: problems)
        let profile = decoder.profile(root)
        try problems.throwIfAny()
        guard let profile = profile?.resolvingSizes() else { throw ProfileError(file: problems.file, "is no profile") }
        return profile
    }

    /// The same profile against a broker that runs already, as `--broker` asks.
    ///
    /// TLS options of the profile stay where both URLs are `mqtts`.
    /// - Throws: ``ProfileError`` where the profile does not go with that broker: its topics use `%u` and the URL names no user.
    /// - Parameter tls: TLS options for an `mqtts` URL; `nil` for those of the profile.
    public func replacingTarget(with url: BrokerURL, tls: TLS? = nil) throws(ProfileError) -> Profile {
        var tls = tls
        if tls == nil, url.usesTLS, case .broker(_, let present) = target { tls = present }
        var replaced = self
        replaced.target = .broker(url, tls: tls)
        replaced.nameClients()
        let problems = Problems(file: "profile \(name) with broker \(url)")
        ProfileRules(profile: replaced, problems: problems).check()
        try problems.throwIfAny()
        return replaced
    }

    /// The same profile with other expectations of the broker, as `--expectations` asks.
    public func replacingExpectations(with expectations: Expectations) -> Profile {
        var replaced = self
        replaced.expectations = expectations
        return replaced
    }

    /// The tree of the only document.
    static func document(_ yaml: String, file: String) throws(ProfileError) -> Node? {
        // Editors of other systems begin a file with a byte order mark.
        let yaml = yaml.first == "\u{FEFF}" ? String(yaml.dropFirst()) : yaml
        do {
            return try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            switch error {
            case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
                .composer(let context, let problem, let mark, _):
                if let tab = tabbed(yaml, mark.line) {
                    throw ProfileError(file: file, line: tab, "is not YAML: a tab stands in the indentation; expected spaces")
                }
                let around = context.map { " \($0.text)" } ?? ""
                throw ProfileError(file: file, line: mark.line, "is not YAML:\(around) \(problem) (column \(mark.column))")
            case .duplicatedKeysInMapping(let keys, let context):
                // Of a file that is none of ours nothing is repeated.
                let ours = Set(Section.allCases.flatMap(\.keys))
                let names = keys.filter(ours.contains).map { " '\($0)'" }.joined(separator: ",")
                throw ProfileError(
                    file: file, line: context.mark.line,
                    "\(names.isEmpty ? "a" : "the") key\(names) stands here more than once; keep one of them")
            case .reader(let problem, let offset, _, let text):
                let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
                throw ProfileError(file: file, line: line, "is not YAML: \(problem)")
            default: throw ProfileError(file: file, "is not YAML")
            }
        } catch {
            throw ProfileError(file: file, "is not YAML")
        }
    }

    /// The line on which a tab made the text unreadable: the one of the complaint, or the one before it, where the indentation has one.
    private static func tabbed(_ yaml: String, _ line: Int) -> Int? {
        let lines = yaml.split(omittingEmptySubsequences: false) { $0.isNewline }
        return [line, line - 1].first { number in
            guard lines.indices.contains(number - 1) else { return false }
            return lines[number - 1].prefix { $0 == " " || $0 == "\t" || $0 == "-" }.contains("\t")
        }
    }

    /// The bytes of a file. Read with the C library, because Foundation does not say that a path is a directory.
    static func contents(_ path: String, _ what: String, example: String) throws(ProfileError) -> [UInt8] {
        func failure() -> ProfileError {
            ProfileError(
                file: path, "cannot be read: \(String(cString: strerror(errno))); name \(what) in YAML, such as \(example)")
        }
        guard let file = fopen(path, "re") else { throw failure() }
        defer { fclose(file) }
        var contents: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            if count == 0 { break }
            contents += block[..<count]
        }
        if ferror(file) != 0 { throw failure() }
        return contents
    }
}

extension ProfileError {
    /// A single problem of the file as a whole.
    init(file: String, line: Int? = nil, _ message: String) {
        problems = [Problem(file: file, line: line, path: "", message: message)]
    }
}
