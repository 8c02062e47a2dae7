internal import ArgumentParser

/// Whole numbers as options take them. The options take whatever follows them, so that a sign is told as such and not as an unknown option.
enum WholeNumber {
    /// Reads a number of a range, by default whatever the type holds.
    static func of<Number: FixedWidthInteger & Sendable>(
        _ option: String, _ range: ClosedRange<Number> = Number.min...Number.max
    ) -> @Sendable (String) throws -> Number {
        { text in
            guard let number = Number(text), range.contains(number) else {
                throw ValidationError("\(option) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'.")
            }
            return number
        }
    }
}
