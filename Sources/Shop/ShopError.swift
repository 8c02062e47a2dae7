/// What stops a service: one sentence that says what is wrong, where, and what to do.
public struct ShopError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// Makes an error of its sentence.
    public init(_ description: String) {
        self.description = description
    }
}
