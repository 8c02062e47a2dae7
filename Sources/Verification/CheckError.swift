/// Why traces cannot be checked together.
public struct CheckError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, with which file, and what to do.
    public let description: String
}
