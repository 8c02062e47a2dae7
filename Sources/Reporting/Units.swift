import Foundation

/// Figures as people read them. Decimal point and comma do not depend on the locale.
enum Units {
    /// What stands where there is no value.
    static let none = "–"

    /// A whole number with a comma between thousands: `12,345`.
    static func count(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var end = digits.count - 3
        while end > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: end))
            end -= 3
        }
        return value < 0 ? "-" + digits : digits
    }

    /// A number and what it counts: `1 message`, `2 messages`.
    static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
    }

    /// A time in the unit that suits it, with three significant digits below a minute: `45.6 µs`, `1.23 ms`, `2 min 5 s`.
    static func duration(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return none }
        if seconds < 0 { return "-" + duration(-seconds) }
        if seconds == 0 { return "0 s" }
        for (unit, scale) in [("ns", 1e9), ("µs", 1e6), ("ms", 1e3)] {
            let digits = significant(seconds * scale)
            // Rounding can carry a value into the next unit: 999.7 µs is 1.00 ms.
            if digits.rounded < 1000 { return "\(digits.text) \(unit)" }
        }
        if significant(seconds).rounded < 60 { return "\(significant(seconds).text) s" }
        let whole = Int(min(seconds.rounded(), 1e15))
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(count(whole / 3600)) h \(whole % 3600 / 60) min"
    }

    /// A time in milliseconds without its unit, at most five characters up to 100 s: `0.046`, `1.23`, `12.3`, `123`.
    static func milliseconds(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return none }
        return seconds < 0.0009995 ? String(format: "%.3f", seconds * 1e3) : significant(seconds * 1e3).text
    }

    /// Messages per second: `12,345`, below ten with one digit: `1.5`.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite else { return none }
        return perSecond > 0 && perSecond < 9.95 ? String(format: "%.1f", perSecond) : count(Int(min(perSecond.rounded(), 1e15)))
    }

    /// A part of a whole in percent: `12.3 %`; never `0 %` unless it is nothing, never `100 %` unless it is all.
    static func share(_ share: Double) -> String {
        let percent = share * 100
        switch percent {
        case ...0: return "0 %"
        case ..<0.01: return "under 0.01 %"
        case ..<1: return String(format: "%.2f %%", percent)
        case ..<99.95: return String(format: "%.1f %%", percent)
        case ..<100: return "over 99.9 %"
        default: return "100 %"
        }
    }

    /// A size: `512 B`, `1.23 KiB`, `84.2 MiB`.
    static func bytes(_ bytes: Int) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        var value = Double(bytes) / 1024
        for unit in ["KiB", "MiB", "GiB"] {
            let digits = significant(value)
            if digits.rounded < 1024 { return "\(digits.text) \(unit)" }
            value /= 1024
        }
        return "\(significant(value).text) TiB"
    }

    /// The value rounded to three significant digits, to a whole number from 100 on.
    private static func significant(_ value: Double) -> (rounded: Double, text: String) {
        // The first format in which the value, as rounded, still has the digits before the point that the format is meant for.
        for (decimals, limit) in [(2, 10.0), (1, 100.0)] {
            let text = String(format: "%.\(decimals)f", value)
            if let rounded = Double(text), rounded < limit { return (rounded, text) }
        }
        return (value.rounded(), count(Int(min(value.rounded(), 1e15))))
    }
}
