/// Plain text in columns and paragraphs.
enum TextLayout {
    /// No line of a text is longer, unless a single word is. The same for a whole text, so it goes with the task that writes it and through no
    /// parameter of everything in between.
    @TaskLocal static var width = 100

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

    /// A table under a header line: the first column is flush left and gives way when the line would get too long, the others are flush right. Where
    /// that is not enough, the columns behind come in further tables below, each with the first column again.
    ///
    /// - Parameters:
    ///   - header: the title of each column.
    ///   - rows: as many cells in each as there are titles.
    ///   - keys: how many of the first columns say what a row is about, so that every part has them.
    ///   - indent: spaces before each row; the header has none.
    /// - Returns: the lines of each of them, a header first.
    static func tables(header: [String], rows: [[String]], keys: Int = 1, indent: Int = 2) -> [[String]] {
        let widths = header.indices.map { column in rows.reduce(header[column].count) { max($0, $1[column].count) } }
        // The first column gives way, but a name has to stay one.
        let begin = indent + max(header[0].count, min(widths[0], 16)) + widths[1..<keys].reduce(0) { $0 + gap + $1 }
        var parts: [[Int]] = []
        var used = Int.max
        for column in keys..<max(keys, header.count) {
            if parts.isEmpty || used + gap + widths[column] > width {
                parts.append(Array(0..<keys))
                used = begin
            }
            parts[parts.count - 1].append(column)
            used += gap + widths[column]
        }
        if parts.isEmpty { parts = [Array(header.indices)] }
        return parts.map { part in table(header: part.map { header[$0] }, rows: rows.map { row in part.map { row[$0] } }, indent: indent) }
    }

    /// Spaces between two columns.
    private static let gap = 2

    private static func table(header: [String], rows: [[String]], indent: Int) -> [String] {
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

    /// How many columns a text takes: marks of emphasis take none.
    static func columns(_ text: some StringProtocol) -> Int { text.count { !TextStyle.isMark($0) } }

    /// The text, its end replaced by an ellipsis where it is too long.
    static func shorten(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
