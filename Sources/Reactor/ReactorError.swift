internal import Glibc

/// The system refused what a reactor needs.
public struct ReactorError: Error, CustomStringConvertible, Sendable {
    /// What was asked of the system.
    public var operation: String
    /// The system's error number.
    public var code: Int32

    init(_ operation: String) {
        self.operation = operation
        code = errno
    }

    /// One sentence that says what failed, why, and for the commonest cause what to do.
    public var description: String {
        let advice = code == EMFILE || code == ENFILE ? " Raise the limit with 'ulimit -n'." : ""
        return "\(operation) failed: \(String(cString: strerror(code))).\(advice)"
    }
}
