/// Collects what is wrong with a profile, and knows on which line each key stands.
final class Problems {
    /// The profile's file as it was named.
    let file: String
    private(set) var found: [ProfileError.Problem] = []
    /// Values that there are no more, where the profile is that of a run of the past.
    private(set) var passedOver: [ProfileError.Problem] = []
    /// Whether the profile is that of a run of the past, which an earlier version took.
    let isStored: Bool
    private var lines: [String: Int] = [:]

    init(file: String, isStored: Bool = false) {
        self.file = file
        self.isStored = isStored
    }

    /// Remembers where a key's value begins.
    func note(_ path: String, line: Int?) {
        lines[path] = line
    }

    /// Adds a problem at the line of `path`, or of the nearest key around it whose line is known.
    func report(_ path: String, _ message: String) {
        var outer = Substring(path)
        while lines[String(outer)] == nil, !outer.isEmpty {
            outer = outer.lastIndex { $0 == "." || $0 == "[" }.map { outer[..<$0] } ?? ""
        }
        report(path, line: lines[String(outer)], message)
    }

    /// Adds a problem at a known line.
    func report(_ path: String, line: Int?, _ message: String) {
        found.append(ProfileError.Problem(file: file, line: line, path: path, message: message))
    }

    /// Notes a value that an earlier version took, in the profile of a run of the past: nothing of it matters any more.
    func passOver(_ path: String, _ message: String) {
        passedOver.append(ProfileError.Problem(file: file, line: lines[path], path: path, message: message))
    }

    /// Throws what was found, ordered by line; returns where nothing was.
    func throwIfAny() throws(ProfileError) {
        guard !found.isEmpty else { return }
        // A stable order: problems of one line stay in the order they were found.
        let ordered = found.enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
        throw ProfileError(problems: ordered.map(\.element))
    }
}
