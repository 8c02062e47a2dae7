/// Collects what is wrong with a profile, and knows on which line each key stands.
final class Problems {
    /// The profile's file as it was named.
    let file: String
    private(set) var found: [ProfileError.Problem] = []
    /// Values that there are no more, where the profile is that of a run of the past.
    private(set) var passedOver: [ProfileError.Problem] = []
    /// Whether the profile is that of a run of the past, which an earlier version took.
    let isStored: Bool
    private var places: [String: Place]
    /// Whether the places came with the profile, which several files may have made.
    private let isComposed: Bool
    /// What no message repeats.
    private let secrets: Secrets

    /// - Parameters:
    ///   - places: where what stands, of a profile that was put together; else it is ``note(_:line:)``d.
    ///   - variables: the values of variables that the profile has used.
    init(file: String, isStored: Bool = false, places: [String: Place]? = nil, variables: [String: String] = [:]) {
        self.file = file
        self.isStored = isStored
        self.places = places ?? [:]
        isComposed = places != nil
        secrets = Secrets(variables)
    }

    /// Remembers where a key's value begins.
    func note(_ path: String, line: Int?) {
        if !isComposed { places[path] = Place(file: file, line: line) }
    }

    /// Where `path` stands, or the nearest key around it of which that is known.
    private func place(_ path: String) -> Place? {
        var outer = Substring(path)
        while places[String(outer)]?.isKnown != true, !outer.isEmpty {
            outer = outer.lastIndex { $0 == "." || $0 == "[" }.map { outer[..<$0] } ?? ""
        }
        return places[String(outer)]
    }

    /// The file in which a value stands; paths in it count from there.
    func file(of path: String) -> String { place(path)?.file ?? file }

    /// Adds a problem at the line of `path`, or of the nearest key around it whose line is known.
    func report(_ path: String, _ message: String) {
        report(path, line: place(path)?.line, message)
    }

    /// Adds a problem at a known line.
    func report(_ path: String, line: Int?, _ message: String) {
        let place = place(path)
        found.append(
            ProfileError.Problem(
                file: place?.label ?? place?.file ?? file, line: line ?? place?.line, path: path, message: secrets.hidden(in: message)))
    }

    /// Notes a value that an earlier version took, in the profile of a run of the past: nothing of it matters any more.
    func passOver(_ path: String, _ message: String) {
        passedOver.append(ProfileError.Problem(file: file, line: places[path]?.line, path: path, message: message))
    }

    /// Throws what was found, ordered by line; returns where nothing was.
    func throwIfAny() throws(ProfileError) {
        guard !found.isEmpty else { return }
        // A stable order: problems of one line stay in the order they were found.
        // The profile's own file comes before those that it includes.
        func key(_ problem: ProfileError.Problem) -> (String, Int) { (problem.file == file ? "" : problem.file, problem.line ?? 0) }
        let ordered = found.enumerated().sorted {
            let (first, second) = (key($0.element), key($1.element))
            return first == second ? $0.offset < $1.offset : first < second
        }
        throw ProfileError(problems: ordered.map(\.element))
    }
}
