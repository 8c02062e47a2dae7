/// Plain text in columns and paragraphs.
enum TextLayout {
    /// No line of a summary is longer, unless a single word is.
    static let width = 100

    /// The text, filled with spaces to the given width.
    static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - text.count))
        return right ? fill + text : text + fill
    }

    /// Breaks a text into lines at its spaces.
    ///
    /// - Parameters:
    ///   - text: words.
    ///   - first: what stands before the first line.
    ///   - rest: what stands before every other line.
    static func wrap(_ text: String, first: String, rest: String) -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, columns(line) + 1 + columns(word) > width {
                lines.append(line)
                line = rest
                isEmpty = true
            }
            line += isEmpty ? String(word) : " " + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// A table under a header line: the first column is flush left and gives way when the line would get too long, the others are flush right.
    ///
    /// - Parameters:
    ///   - header: the title of each column.
    ///   - rows: as many cells in each as there are titles.
    ///   - indent: spaces before each row; the header has none.
    static func table(header: [String], rows: [[String]], indent: Int = 2) -> [String] {
        let gap = 2
        var widths = header.map(\.count)
        widths[0] = max(0, widths[0] - indent)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        let others = widths.dropFirst().reduce(0) { $0 + gap + $1 }
        widths[0] = min(widths[0], max(header[0].count, width - indent - others))

        func line(_ cells: [String], indent: Int, first: Int) -> String {
            var text = String(repeating: " ", count: indent) + pad(shorten(cells[0], to: first), to: first)
            for (cell, width) in zip(cells.dropFirst(), widths.dropFirst()) {
                text += String(repeating: " ", count: gap) + pad(cell, to: width, right: true)
            }
            return text
        }
        return [line(header, indent: 0, first: widths[0] + indent)] + rows.map { line($0, indent: indent, first: widths[0]) }
    }

    /// Names between commas; where there are many, the first and how many more.
    static func list(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }

    /// How many columns a text takes: escape sequences take none.
    static func columns(_ text: some StringProtocol) -> Int {
        var count = 0
        var isEscape = false
        for character in text {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { count += 1 }
            if character == "m" { isEscape = false }
        }
        return count
    }

    /// The text, its end replaced by an ellipsis where it is too long.
    static func shorten(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
