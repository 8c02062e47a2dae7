/// Why a run could not be made or finished, in one sentence that says what to do.
public struct HarnessError: Error, Sendable, CustomStringConvertible {
    /// Whose fault it is, which decides the exit code.
    public enum Kind: Sendable {
        /// A profile or an option that cannot be used.
        case badInput
        /// The system or the broker refused what the run needs.
        case failure
    }

    /// Whose fault it is.
    public var kind: Kind
    /// What is wrong, where, and what to do.
    public var description: String

    /// Makes an error.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
