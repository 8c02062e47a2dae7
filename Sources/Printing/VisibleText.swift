/// Text that somebody else wrote, such as the name of a client, a topic or a version, as it may be printed. Characters that would not be seen, or
/// would change how what stands around them is seen, are shown as such: `\u{1B}`. So a name cannot colour a terminal, end a line, or turn a sentence round.
///
/// The one place that decides this; every border where text leaves the program goes through it. Applied twice it changes nothing more.
public enum VisibleText {
    /// A text on one line.
    public static func line(_ text: String) -> String { shown(text) { _ in false } }

    /// A text of several lines, whose ends stay.
    public static func lines(_ text: String) -> String { shown(text) { $0 == "\n" } }

    /// A JSON text with such characters escaped as JSON does it. Outside of its strings there are none but the ends of lines, which stay.
    public static func json(_ text: String) -> String {
        guard !isPlain(text, keepsLines: true) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar != "\n", isHidden(scalar) { escaped += jsonEscape(scalar) } else { escaped.unicodeScalars.append(scalar) }
        }
        return escaped
    }

    /// A character as JSON escapes it: by its code units of UTF-16.
    public static func jsonEscape(_ scalar: Unicode.Scalar) -> String {
        UTF16.encode(scalar)?.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined() ?? ""
    }

    /// A text as a cell of comma-separated values (RFC 4180), on one line. A spreadsheet runs what begins like a formula, so an apostrophe stands before that,
    /// but for numbers.
    public static func cell(_ text: String) -> String {
        var cell = line(text)
        if let first = cell.unicodeScalars.first, formulaBeginnings.contains(first), !isNumber(cell) { cell = "'" + cell }
        guard cell.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }) else {
            return cell
        }
        return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Also those of full width, which spreadsheets take for the others. Tabs and ends of lines are shown as such before it comes to this.
    private static let formulaBeginnings: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"]

    private static func isNumber(_ text: String) -> Bool {
        Double(text)?.isFinite == true && text.utf8.allSatisfy { $0 != 0x78 && $0 != 0x58 }
    }

    /// Whether a character has to be shown as such: control characters, marks of direction and others without a shape, ends of lines and paragraphs, and
    /// code points that are no characters. The joiners that scripts and pictures need stay.
    public static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value < 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .format: return scalar != "\u{200C}" && scalar != "\u{200D}"
        default: return scalar.properties.isNoncharacterCodePoint
        }
    }

    private static func isPlain(_ text: String, keepsLines: Bool) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || (keepsLines && $0 == 0x0A) }
    }

    private static func shown(_ text: String, unless stays: (Unicode.Scalar) -> Bool) -> String {
        guard !isPlain(text, keepsLines: stays("\n")) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar), !stays(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
