/// So many messages in such a time, exact: `50/s`, `6000/min`, `0.5/s`.
public struct Rate: Equatable, Sendable, CustomStringConvertible {
    /// The messages, at least 1, with no factor in common with ``nanoseconds``.
    public let messages: UInt64
    /// The time in which they are sent, at least 1.
    public let nanoseconds: UInt64

    /// As it was written.
    public let description: String

    /// The messages in one second.
    public var perSecond: Double {
        Double(messages) * 1e9 / Double(nanoseconds)
    }

    /// The greatest rate that is accepted, in messages a second: one each nanosecond is as fine as the clock is.
    public static let greatestPerSecond = 1e9

    /// Reads a rate: digits with at most nine decimals, then `/s`, `/min` or `/h`.
    /// - Returns: `nil` where `text` is no such rate, is zero, or is above ``greatestPerSecond``.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = ExactDecimal(parts[0]) else { return nil }
        let seconds: UInt64
        switch parts[1] {
        case "s": seconds = 1
        case "min": seconds = 60
        case "h": seconds = 3600
        default: return nil
        }
        let (span, tooLong) = (seconds * 1_000_000_000).multipliedReportingOverflow(by: number.denominator)
        guard number.numerator > 0, !tooLong else { return nil }
        let factor = Self.greatestCommonDivisor(number.numerator, span)
        messages = number.numerator / factor
        nanoseconds = span / factor
        description = text
        guard messages <= nanoseconds else { return nil }
    }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

/// A decimal number as a fraction, so that `0.1` is a tenth and not nearly a tenth.
struct ExactDecimal: Equatable {
    /// The digits without the point.
    var numerator: UInt64
    /// A power of ten, up to 10⁹.
    var denominator: UInt64

    /// Reads digits with at most one point and nine decimals; no sign, no exponent.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }), decimals.count <= 9,
            let numerator = UInt64(String(parts[0]) + String(decimals))
        else { return nil }
        self.numerator = numerator
        denominator = (0..<decimals.count).reduce(1) { power, _ in power * 10 }
    }
}
