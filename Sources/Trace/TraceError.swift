/// Why a trace could not be written or opened: one plain sentence that names the file.
public struct TraceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, with which file, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
