/// `500ms`, `2s`, `1.5m`, `1h`: how durations are written.
package enum DurationFormat {
    /// What is told to users.
    package static let expected = "a duration with its unit, as 500ms, 2s, 1m or 1h"

    private static let units: [(name: String, microseconds: UInt64)] = [
        ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1),
    ]
    /// One year.
    private static let greatest: UInt64 = 8_760 * 3_600_000_000

    /// Reads a duration of whole microseconds, at most a year; `nil` for anything else.
    package static func parse(_ text: String) -> Duration? {
        let unitStart = text.firstIndex { $0.isLetter } ?? text.endIndex
        guard let unit = units.first(where: { $0.name == text[unitStart...] }), let number = ExactDecimal(text[..<unitStart]) else {
            return nil
        }
        let (scaled, overflow) = number.numerator.multipliedReportingOverflow(by: unit.microseconds)
        guard !overflow, scaled % number.denominator == 0, scaled / number.denominator <= greatest else { return nil }
        return .microseconds(Int64(scaled / number.denominator))
    }

    /// Writes a duration that ``parse(_:)`` made, in the greatest unit that needs no decimals.
    static func text(_ duration: Duration) -> String {
        let microseconds = duration.wholeNanoseconds / 1_000
        if microseconds == 0 { return "0s" }
        let unit = units.first { microseconds.isMultiple(of: $0.microseconds) } ?? ("us", 1)
        return "\(microseconds / unit.microseconds)\(unit.name)"
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded down; 0 where it is negative. Durations of a profile are at most a year.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return seconds < 0 || attoseconds < 0 ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}

/// `0.1` or `10%`: how shares of a whole are written.
enum ShareFormat {
    /// What is told to users.
    static let expected = "a share from 0 to 1, as 0.1, or in percent, as 10%"

    /// Reads a share of whole millionths; `nil` for anything else.
    static func parse(_ text: String) -> Double? {
        let isPercent = text.hasSuffix("%")
        guard let number = ExactDecimal(isPercent ? text.dropLast() : text[...]) else { return nil }
        let whole = number.denominator * (isPercent ? 100 : 1)
        guard number.numerator <= whole, (number.numerator * 1_000_000).isMultiple(of: whole) else { return nil }
        return Double(number.numerator * 1_000_000 / whole) / 1e6
    }

    /// Writes a share that ``parse(_:)`` made.
    static func text(_ share: Double) -> String {
        let digits = String(Int((share * 1e6).rounded()) + 1_000_000)
        return "\(digits.first == "2" ? "1" : "0").\(digits.dropFirst())"
    }
}

/// `256`, `1KiB`, `4KB`: how sizes are written.
enum SizeFormat {
    /// What is told to users.
    static let expected = "a size in bytes, as 256, 1KiB (1024) or 4KB (4000)"

    private static let units: [String: Int] = [
        "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "KiB": 1 << 10, "MiB": 1 << 20,
    ]

    /// Reads a size in whole bytes; `nil` for anything else.
    static func parse(_ text: String) -> Int? {
        let unitStart = text.firstIndex { $0.isLetter } ?? text.endIndex
        guard let unit = units[String(text[unitStart...])], let number = ExactDecimal(text[..<unitStart]), number.denominator == 1,
            let count = Int(exactly: number.numerator)
        else { return nil }
        let (size, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : size
    }
}
