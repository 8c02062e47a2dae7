package import Verification

/// What the checker must say about a run.
package struct Expected: Equatable, Sendable {
    /// The violations, exactly.
    package var violations: [ViolationClass: Int] = [:]
    /// How many of the lost are at the beginning of their stream.
    package var atBeginning: Int?
    /// Whether the checker must say that it cannot tell.
    package var isInconclusive = false

    /// How many losses documented limits must cover.
    package var charged = 0
    /// Whether the checker adds to its violations that it could not judge something because of them.
    package var isDoubted = false

    static let nothing = Expected()
    static let doubt = Expected(isInconclusive: true)

    static func only(_ kind: ViolationClass, _ count: Int) -> Expected {
        Expected(violations: [kind: count])
    }

    package var verdict: Verdict {
        !violations.isEmpty ? .violation : isInconclusive ? .inconclusive : .pass
    }
}
