internal import Printing

/// Writes SVG elements: escapes, and numbers that are the same on every machine.
struct SVG {
    private(set) var lines: [String] = []

    /// Letters of a fixed width, so that the room a text takes can be reckoned.
    static let font = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
    /// The width of one letter as a part of the font's size; the fonts above have 0.6.
    private static let letter = 0.61

    /// The room that a text takes.
    static func width(_ text: String, size: Double) -> Double {
        Double(columns(text)) * letter * size
    }

    /// How many letters of fixed width a text is wide; those of East Asian scripts and pictures count double.
    static func columns(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + (($1.unicodeScalars.first?.value ?? 0) >= 0x1100 && !isArrowOrMark($1) ? 2 : 1) }
    }

    private static func isArrowOrMark(_ character: Character) -> Bool {
        let value = character.unicodeScalars.first?.value ?? 0
        return (0x2000...0x27BF).contains(value) || value == 0xFFFD
    }

    /// How many letters fit into some room.
    static func fitting(_ room: Double, size: Double) -> Int { max(1, Int(room / (letter * size))) }

    /// A text as it may stand in XML 1.0: what would not be seen is shown as such.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in VisibleText.line(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            // What XML does not allow is among what was shown as such.
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A coordinate with one decimal at most.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let magnitude = tenths.magnitude
        return (tenths < 0 ? "-" : "") + (magnitude % 10 == 0 ? "\(magnitude / 10)" : "\(magnitude / 10).\(magnitude % 10)")
    }

    mutating func add(_ line: String) { lines.append(line) }

    mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ style: String) {
        add(
            "<line x1=\"\(Self.number(from.x))\" y1=\"\(Self.number(from.y))\" x2=\"\(Self.number(to.x))\" y2=\"\(Self.number(to.y))\" \(style)/>"
        )
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        add(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" \(style)/>"
        )
    }

    mutating func circle(_ centre: (x: Double, y: Double), _ radius: Double, _ style: String) {
        add("<circle cx=\"\(Self.number(centre.x))\" cy=\"\(Self.number(centre.y))\" r=\"\(Self.number(radius))\" \(style)/>")
    }

    mutating func polygon(_ points: [(x: Double, y: Double)], _ style: String) {
        add("<polygon points=\"\(points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " "))\" \(style)/>")
    }

    mutating func text(_ text: String, at place: (x: Double, y: Double), size: Double, _ style: String = "") {
        add(
            "<text x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" font-size=\"\(Self.number(size))\" \(style)>\(Self.escape(text))</text>"
        )
    }

    /// Breaks a text at spaces into lines of at most so many letters; a longer word is cut.
    static func wrap(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = String(word)
            while Self.columns(word) > columns {
                if !line.isEmpty {
                    lines.append(line)
                    line = ""
                }
                var head = ""
                while let next = word.first, Self.columns(head) + Self.columns(String(next)) <= columns {
                    head.append(next)
                    word.removeFirst()
                }
                if head.isEmpty { head.append(word.removeFirst()) }
                lines.append(head)
            }
            if line.isEmpty {
                line = word
            } else if Self.columns(line) + 1 + Self.columns(word) <= columns {
                line += " " + word
            } else {
                lines.append(line)
                line = word
            }
        }
        return lines + (line.isEmpty ? [] : [line])
    }

    /// A name, its middle left out where it is too long.
    static func shorten(_ name: String, to columns: Int) -> String {
        guard Self.columns(name) > columns else { return name }
        let half = max(1, (columns - 1) / 2)
        func take(_ characters: some Sequence<Character>) -> [Character] {
            var taken: [Character] = []
            var width = 0
            for character in characters {
                width += Self.columns(String(character))
                if width > half { break }
                taken.append(character)
            }
            return taken
        }
        return String(take(name)) + "…" + String(take(name.reversed()).reversed())
    }
}
