internal import Printing

/// Emphasis for a terminal. Without colour it changes nothing, so a text reads the same in a file.
///
/// While a text is put together, emphasis is marked with characters that nobody else can know; ``print(_:)`` makes escape sequences of them, when everything
/// that somebody else wrote has been made harmless.
struct TextStyle {
    /// Whether to write escape sequences.
    let colour: Bool

    func bold(_ text: String) -> String { mark(text, 0) }
    func faint(_ text: String) -> String { mark(text, 1) }
    func good(_ text: String) -> String { mark(text, 2) }
    func bad(_ text: String) -> String { mark(text, 3) }
    func warning(_ text: String) -> String { mark(text, 4) }

    /// What each mark stands for; the last ends the emphasis.
    private static let codes = ["1", "2", "32", "1;31", "33", "0"]
    /// The first of the marks, drawn anew by each process from a plane that is for private use.
    private static let firstMark = UInt32.random(in: 0xF_0000...0xF_FF00)

    private static func mark(_ number: Int) -> Unicode.Scalar { Unicode.Scalar(firstMark + UInt32(number)) ?? " " }

    private static func code(_ scalar: Unicode.Scalar) -> String? {
        scalar.value >= firstMark && scalar.value < firstMark + UInt32(codes.count) ? codes[Int(scalar.value - firstMark)] : nil
    }

    private func mark(_ text: String, _ number: Int) -> String {
        colour && !text.isEmpty ? "\(Self.mark(number))\(text)\(Self.mark(Self.codes.count - 1))" : text
    }

    /// Whether a character is a mark, which takes no column.
    static func isMark(_ character: Character) -> Bool { character.unicodeScalars.allSatisfy { code($0) != nil } }

    /// The text of these lines, with a break after each: what would not be seen in them is shown as such, a break too.
    static func print(_ lines: [String]) -> String { lines.map { line($0) + "\n" }.joined() }

    /// One line of a text, without a break.
    static func line(_ line: String) -> String {
        let shown = VisibleText.line(line)
        guard shown.unicodeScalars.contains(where: { code($0) != nil }) else { return shown }
        return shown.unicodeScalars.map { scalar in code(scalar).map { "\u{1B}[\($0)m" } ?? String(scalar) }.joined()
    }
}
