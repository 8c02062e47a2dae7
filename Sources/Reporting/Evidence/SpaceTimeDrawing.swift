import Verification

/// A space-time drawing of a witness as SVG. The same evidence gives the same bytes.
///
/// All words stand beside the drawing, one row an event, so that no text can lie on another or on a line, however many events there are and
/// however close their times. Rows are equally far apart; the times stand in words.
package struct SpaceTimeDrawing {
    private let diagram: SpaceTimeDiagram
    private let evidence: Evidence

    private static let margin = 24.0
    private static let titleSize = 16.0
    private static let size = 13.0
    private static let small = 12.0
    private static let lineHeight = 17.0
    private static let rowGap = 16.0
    private static let longestName = 24
    private static let labelColumns = 62

    private static let ink = "#1a1a1a"
    private static let quiet = "#5f6368"
    private static let rule = "#d7dade"
    private static let message = "#1f5fa8"
    private static let violation = "#c1121f"
    private static let held = "#e3b341"

    /// Makes the drawing of one witness.
    package init(_ evidence: Evidence) {
        self.evidence = evidence
        diagram = SpaceTimeDiagram(evidence)
    }

    /// Where everything is.
    private struct Layout {
        var titleLines: [String] = []
        var noteLines: [String] = []
        var top = 0.0
        var timeRight = 0.0
        var columns: [Double] = []
        var names: [String] = []
        var labels = 0.0
        /// The middle of each row's first line.
        var rows: [Double] = []
        var words: [(text: [String], stamp: [String])] = []
        var bottom = 0.0
        var width = 0.0
        var height = 0.0
        var legend: [[(mark: Legend, x: Double)]] = []
    }

    private enum Legend: CaseIterable {
        case publish, delivery, other, violation, lost, held

        var text: String {
            switch self {
            case .publish: "published"
            case .delivery: "delivered"
            case .other: "other event"
            case .violation: "breaks the rule"
            case .lost: "never arrived"
            case .held: "lock held"
            }
        }
    }

    /// The drawing, a whole SVG file.
    package func svg() -> String {
        let layout = layout()
        var svg = SVG()
        svg.add(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(SVG.number(layout.width))\" height=\"\(SVG.number(layout.height))\" "
                + "viewBox=\"0 0 \(SVG.number(layout.width)) \(SVG.number(layout.height))\" role=\"img\" font-family=\"\(SVG.font)\">")
        svg.add("<title>\(SVG.escape("\(evidence.class): \(evidence.witness.sentence)"))</title>")
        svg.rectangle(0, 0, layout.width, layout.height, "fill=\"#ffffff\"")
        drawTitle(layout, &svg)
        drawProcesses(layout, &svg)
        drawSections(layout, &svg)
        for arrow in diagram.arrows { draw(arrow, layout, &svg) }
        for row in diagram.rows.indices { draw(row, layout, &svg) }
        drawLegend(layout, &svg)
        svg.add("</svg>")
        return svg.lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Layout

    private func layout() -> Layout {
        var layout = Layout()
        let times = diagram.rows.map(\.time)
        let unit = "time, \(diagram.times.unit)"
        layout.timeRight = Self.margin + (times + [unit]).map { SVG.width($0, size: Self.small) }.reduce(0, max)
        layout.names = diagram.processes.map { SVG.shorten($0.name, to: Self.longestName) }
        let halves = layout.names.map { SVG.width($0, size: Self.size) / 2 }
        var x = layout.timeRight + 20
        for (index, half) in halves.enumerated() {
            x += max(half, index == 0 ? 30 : 0)
            if index > 0 { x = max(x, layout.columns[index - 1] + max(halves[index - 1] + half + 28, 130)) }
            layout.columns.append(x)
            x += half
        }
        layout.labels = max(x, (layout.columns.last ?? x) + 30) + 28
        layout.words = diagram.rows.map { row in
            (
                SVG.wrap((row.isViolation ? "✗ " : "") + row.text, to: Self.labelColumns),
                row.stamp.map { SVG.wrap($0, to: Self.labelColumns) } ?? []
            )
        }
        let longest = layout.words.flatMap { $0.text + $0.stamp }.map { SVG.width($0, size: Self.size) }.reduce(0, max)
        layout.width = max(layout.labels + longest + Self.margin, 640)
        let room = layout.width - 2 * Self.margin
        layout.titleLines = SVG.wrap(evidence.witness.sentence, to: SVG.fitting(room, size: Self.titleSize))
        var note = "Time goes down and is counted from the first event; the rows are not to scale."
        if diagram.times.areOutOfOrder(evidence.events) {
            note += " The times contradict the order of cause and effect, which is the one shown."
        }
        if diagram.times.areOfSeveralClocks { note += " The hosts' clocks differ: each time counts from the first event of its own clock." }
        layout.noteLines = SVG.wrap(note, to: SVG.fitting(room, size: Self.small))
        layout.top =
            Self.margin + 20 + Double(layout.titleLines.count) * 21 + Double(layout.noteLines.count) * Self.lineHeight + 34
        var y = layout.top + 30
        for words in layout.words {
            layout.rows.append(y)
            y += Double(words.text.count + words.stamp.count) * Self.lineHeight + Self.rowGap
        }
        layout.bottom = y
        placeLegend(&layout)
        layout.height = layout.bottom + 20 + Double(layout.legend.count) * 24 + Self.margin / 2
        return layout
    }

    private func placeLegend(_ layout: inout Layout) {
        var used: [Legend] = []
        for entry in Legend.allCases where isUsed(entry) { used.append(entry) }
        var x = Self.margin + 8
        layout.legend = [[]]
        for entry in used {
            let width = 18 + SVG.width(entry.text, size: Self.small) + 22
            if x + width > layout.width, !layout.legend[layout.legend.count - 1].isEmpty {
                layout.legend.append([])
                x = Self.margin + 8
            }
            layout.legend[layout.legend.count - 1].append((entry, x))
            x += width
        }
    }

    private func isUsed(_ entry: Legend) -> Bool {
        switch entry {
        case .publish: diagram.rows.contains { $0.mark == .publish && !$0.isViolation }
        case .delivery: diagram.rows.contains { $0.mark == .delivery && !$0.isViolation }
        case .other: diagram.rows.contains { $0.mark == .other && !$0.isViolation }
        case .violation: diagram.rows.contains { $0.mark != .lost && $0.isViolation }
        case .lost: diagram.rows.contains { $0.mark == .lost }
        case .held: !diagram.sections.isEmpty
        }
    }

    // MARK: - Parts

    private func drawTitle(_ layout: Layout, _ svg: inout SVG) {
        var y = Self.margin + 8
        svg.text(
            "\(evidence.class), witness \(evidence.number)", at: (Self.margin, y), size: Self.size,
            "font-weight=\"bold\" fill=\"\(Self.violation)\"")
        y += 24
        for line in layout.titleLines {
            svg.text(line, at: (Self.margin, y), size: Self.titleSize, "fill=\"\(Self.ink)\"")
            y += 21
        }
        for line in layout.noteLines {
            svg.text(line, at: (Self.margin, y), size: Self.small, "fill=\"\(Self.quiet)\"")
            y += Self.lineHeight
        }
    }

    private func drawProcesses(_ layout: Layout, _ svg: inout SVG) {
        for y in layout.rows {
            svg.line(
                (layout.timeRight + 10, y), (layout.labels - 10, y),
                "stroke=\"\(Self.rule)\" stroke-dasharray=\"1 4\"")
        }
        svg.text(
            "time, \(diagram.times.unit)", at: (layout.timeRight, layout.top), size: Self.small,
            "fill=\"\(Self.quiet)\" text-anchor=\"end\"")
        for (index, x) in layout.columns.enumerated() {
            svg.text(
                layout.names[index], at: (x, layout.top), size: Self.size,
                "font-weight=\"bold\" fill=\"\(Self.ink)\" text-anchor=\"middle\"")
            svg.line((x, layout.top + 8), (x, layout.bottom - 4), "stroke=\"\(Self.ink)\" stroke-width=\"1.5\"")
        }
    }

    private func drawSections(_ layout: Layout, _ svg: inout SVG) {
        for section in diagram.sections {
            let x = layout.columns[section.process]
            let from = layout.rows[section.from]
            let to = section.to.map { layout.rows[$0] } ?? layout.bottom - 4
            let stroke = section.overlaps ? Self.violation : "#8a6d1a"
            svg.rectangle(
                x - 8, from, 16, max(4, to - from),
                "fill=\"\(Self.held)\" fill-opacity=\"0.6\" stroke=\"\(stroke)\" stroke-width=\"\(section.overlaps ? 2 : 1)\""
                    + (section.to == nil ? " stroke-dasharray=\"5 3\"" : ""))
        }
    }

    private func draw(_ arrow: SpaceTimeDiagram.Arrow, _ layout: Layout, _ svg: inout SVG) {
        let from = place(arrow.from, layout)
        let to = place(arrow.to, layout)
        let colour = diagram.rows[arrow.to].isViolation ? Self.violation : Self.message
        let dash = arrow.isLost ? " stroke-dasharray=\"7 5\"" : ""
        if from.x == to.x {
            // A process that receives what it published itself: the arrow goes around its line.
            let side = from.x + 34
            svg.add(
                "<path d=\"M \(SVG.number(from.x)) \(SVG.number(from.y)) C \(SVG.number(side)) \(SVG.number(from.y)), \(SVG.number(side)) \(SVG.number(to.y)), \(SVG.number(to.x + 9)) \(SVG.number(to.y))\" "
                    + "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.8\"\(dash)/>")
            head(at: (to.x + 8, to.y), direction: (-1, 0), colour, &svg)
            return
        }
        // Where the straight way leads through another event, the arrow goes around it.
        let bow = [0.0, 44, -44, 88, -88, 132, -132].first { isFree(arrow, bow: $0, layout) } ?? 0
        let middle = (x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 + bow)
        let length = ((to.x - middle.x) * (to.x - middle.x) + (to.y - middle.y) * (to.y - middle.y)).squareRoot()
        let direction = ((to.x - middle.x) / length, (to.y - middle.y) / length)
        let gap = arrow.isLost ? 12.0 : 9.0
        let end = (x: to.x - direction.0 * gap, y: to.y - direction.1 * gap)
        let shaft = (x: end.x - direction.0 * 6, y: end.y - direction.1 * 6)
        if bow == 0 {
            svg.line(from, shaft, "stroke=\"\(colour)\" stroke-width=\"1.8\"\(dash)")
        } else {
            svg.add(
                "<path d=\"M \(SVG.number(from.x)) \(SVG.number(from.y)) Q \(SVG.number(middle.x)) \(SVG.number(middle.y)), "
                    + "\(SVG.number(shaft.x)) \(SVG.number(shaft.y))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.8\"\(dash)/>")
        }
        head(at: end, direction: direction, colour, &svg)
    }

    /// Whether an arrow passes no event of the processes between its ends. `bow` is how far its middle is pulled down.
    private func isFree(_ arrow: SpaceTimeDiagram.Arrow, bow: Double, _ layout: Layout) -> Bool {
        let from = place(arrow.from, layout)
        let to = place(arrow.to, layout)
        return diagram.rows.indices.allSatisfy { row in
            let other = place(row, layout)
            let part = (other.x - from.x) / (to.x - from.x)
            guard part > 0.01, part < 0.99 else { return true }
            // The height of a quadratic curve whose middle is half as far off as its control point.
            let height = from.y + (to.y - from.y) * part + 2 * part * (1 - part) * bow
            return abs(height - other.y) > 13
        }
    }

    private func head(at tip: (x: Double, y: Double), direction: (Double, Double), _ colour: String, _ svg: inout SVG) {
        let back = (tip.x - direction.0 * 10, tip.y - direction.1 * 10)
        svg.polygon(
            [tip, (back.0 - direction.1 * 4.5, back.1 + direction.0 * 4.5), (back.0 + direction.1 * 4.5, back.1 - direction.0 * 4.5)],
            "fill=\"\(colour)\"")
    }

    private func place(_ row: Int, _ layout: Layout) -> (x: Double, y: Double) {
        (layout.columns[diagram.rows[row].process], layout.rows[row])
    }

    private func draw(_ number: Int, _ layout: Layout, _ svg: inout SVG) {
        let row = diagram.rows[number]
        let place = place(number, layout)
        mark(legend(row), at: place, &svg)
        svg.text(
            row.time, at: (layout.timeRight, place.y + 4), size: Self.small, "fill=\"\(Self.ink)\" text-anchor=\"end\"")
        var y = place.y + 4
        for line in layout.words[number].text {
            svg.text(
                line, at: (layout.labels, y), size: Self.size,
                row.isViolation ? "font-weight=\"bold\" fill=\"\(Self.violation)\"" : "fill=\"\(Self.ink)\"")
            y += Self.lineHeight
        }
        for line in layout.words[number].stamp {
            svg.text(line, at: (layout.labels, y), size: Self.small, "fill=\"\(Self.quiet)\"")
            y += Self.lineHeight
        }
    }

    private func legend(_ row: SpaceTimeDiagram.Row) -> Legend {
        switch row.mark {
        case .lost: .lost
        case _ where row.isViolation: .violation
        case .publish: .publish
        case .delivery: .delivery
        case .other: .other
        }
    }

    private func mark(_ mark: Legend, at place: (x: Double, y: Double), _ svg: inout SVG) {
        let (x, y) = place
        switch mark {
        case .publish:
            svg.circle(place, 5.5, "fill=\"\(Self.message)\" stroke=\"#ffffff\" stroke-width=\"1.5\"")
        case .delivery:
            svg.circle(place, 5, "fill=\"#ffffff\" stroke=\"\(Self.message)\" stroke-width=\"2\"")
        case .other:
            svg.rectangle(x - 4.5, y - 4.5, 9, 9, "fill=\"\(Self.quiet)\" stroke=\"#ffffff\" stroke-width=\"1.5\"")
        case .violation:
            svg.polygon(
                [(x, y - 9), (x + 9, y), (x, y + 9), (x - 9, y)], "fill=\"\(Self.violation)\" stroke=\"#ffffff\" stroke-width=\"1.5\"")
        case .lost:
            let style = "stroke=\"\(Self.violation)\" stroke-width=\"3.5\" stroke-linecap=\"round\""
            svg.line((x - 6, y - 6), (x + 6, y + 6), style)
            svg.line((x - 6, y + 6), (x + 6, y - 6), style)
        case .held:
            svg.rectangle(x - 6, y - 7, 12, 14, "fill=\"\(Self.held)\" fill-opacity=\"0.6\" stroke=\"#8a6d1a\"")
        }
    }

    private func drawLegend(_ layout: Layout, _ svg: inout SVG) {
        var y = layout.bottom + 20
        for line in layout.legend {
            for (entry, x) in line {
                mark(entry, at: (x, y), &svg)
                svg.text(entry.text, at: (x + 16, y + 4), size: Self.small, "fill=\"\(Self.quiet)\"")
            }
            y += 24
        }
    }
}
