import Foundation
#if canImport(FoundationXML)
    import FoundationXML
#endif
import Testing
import Trace
import Verification

@testable import Reporting

@Suite("Drawings of witnesses")
struct DrawingTests {
    @Test("Drawings look as recorded, and the same twice", arguments: Stories.all.map(\.name))
    func snapshots(name: String) async throws {
        let story = try #require(Stories.all.first { $0.name == name })
        let svg = SpaceTimeDrawing(try await story.evidence()).svg()
        try expectSnapshot(svg, "drawing.\(name).svg")
        #expect(SpaceTimeDrawing(try await story.evidence()).svg() == svg)
    }

    /// What the drawing shows, independent of where it is on the paper.
    @Test func aLostMessageEndsInACrossBeforeTheLaterOne() async throws {
        let diagram = SpaceTimeDiagram(try await Stories.lost.evidence())
        #expect(diagram.processes.map(\.name) == ["orders-0", "stalled-0"])
        #expect(diagram.rows.map(\.mark) == [.publish, .other, .publish, .lost, .delivery])
        #expect(diagram.rows.map(\.isViolation) == [false, false, false, true, false])
        #expect(diagram.rows.map(\.time) == ["+0.000", "+0.900", "+10.000", "", "+11.250"])
        #expect(diagram.arrows.map { [$0.from, $0.to] } == [[2, 4], [0, 3]])
        #expect(diagram.arrows.map(\.isLost) == [false, true])
        #expect(diagram.rows[0].stamp == "{orders-0: 2}")
    }

    @Test func anInversionHasItsChainOfThreeProcesses() async throws {
        let diagram = SpaceTimeDiagram(try await Stories.causal.evidence())
        #expect(diagram.processes.map(\.name) == ["shop", "stock", "customer"])
        let last = try #require(diagram.rows.last)
        #expect(last.isViolation && last.mark == .delivery && last.process == 2)
        #expect(diagram.arrows.contains { $0.to == diagram.rows.count - 1 && diagram.rows[$0.from].process == 0 })
        #expect(diagram.rows.contains { $0.stamp == "{shop: 1, stock: 1}" })
    }

    @Test func sectionsThatOverlapAreBothMarked() async throws {
        let diagram = SpaceTimeDiagram(try await Stories.lock.evidence())
        #expect(diagram.sections.count == 2)
        #expect(diagram.sections.map(\.overlaps) == [true, true])
        #expect(Set(diagram.sections.map(\.process)) == [0, 1])
    }

    /// The clock of one host is hours behind the other's: the delivery comes after its publish all the same, and no time is compared.
    @Test func clocksDoNotPutAnEffectBeforeItsCause() async throws {
        let evidence = try await Stories.ugly.evidence()
        for (index, event) in evidence.events.enumerated() where event.isDelivery {
            let publish = try #require(evidence.events.firstIndex { $0.isPublish && $0.message == event.message })
            #expect(publish < index)
        }
        #expect(evidence.events.map(\.file).allSatisfy { $0.hasSuffix("clients.trace") && $0.contains("host-") })
    }

    /// A parser of XML takes it, and every text is where no other is.
    @Test(arguments: Stories.all.map(\.name))
    func textsDoNotOverlap(name: String) async throws {
        let story = try #require(Stories.all.first { $0.name == name })
        let reader = TextPlaces()
        let parser = XMLParser(data: Data(SpaceTimeDrawing(try await story.evidence()).svg().utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.texts.count > 8)
        for (index, one) in reader.texts.enumerated() {
            #expect(one.left >= 0 && one.right <= reader.width && one.bottom <= reader.height, "\(one.text) leaves the paper")
            for other in reader.texts[(index + 1)...] {
                let apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top
                #expect(apart, "'\(one.text)' lies on '\(other.text)'")
            }
            // Lines of processes run behind no words but those at their heads.
            for line in reader.lifelines where line.top < one.top {
                #expect(line.x < one.left || line.x > one.right || line.bottom < one.top, "'\(one.text)' lies on a line")
            }
        }
    }

    @Test func whatXMLCannotHoldIsReplaced() {
        #expect(SVG.escape("a<b>&\"c\"'\u{0}\u{1B}\n") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;\\u{0}\\u{1B}\\u{A}")
        #expect(SVG.number(1.25) == "1.3" && SVG.number(-0.04) == "0" && SVG.number(-3.5) == "-3.5" && SVG.number(7) == "7")
    }

    @Test func wordsAreBrokenAndLongOnesCut() {
        #expect(SVG.wrap("one two three", to: 7) == ["one two", "three"])
        #expect(SVG.wrap("abcdefghij k", to: 4) == ["abcd", "efgh", "ij k"])
        #expect(SVG.shorten("abcdefghij", to: 5) == "ab…ij")
        #expect(SVG.wrap("二二二", to: 4) == ["二二", "二"])
    }
}

/// Reads where texts and lines of an SVG are, from its XML alone.
private final class TextPlaces: NSObject, XMLParserDelegate {
    struct Place {
        var text = ""
        var left = 0.0
        var right = 0.0
        var top = 0.0
        var bottom = 0.0
    }

    var texts: [Place] = []
    var lifelines: [(x: Double, top: Double, bottom: Double)] = []
    var width = 0.0
    var height = 0.0
    private var open: (x: Double, y: Double, size: Double, anchor: String, text: String)?

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
    ) {
        func number(_ key: String) -> Double { attributes[key].flatMap(Double.init) ?? .nan }
        switch name {
        case "svg": (width, height) = (number("width"), number("height"))
        case "text": open = (number("x"), number("y"), number("font-size"), attributes["text-anchor"] ?? "start", "")
        case "line" where attributes["stroke-width"] == "1.5" && number("x1") == number("x2"):
            lifelines.append((number("x1"), number("y1"), number("y2")))
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { open?.text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard name == "text", let open else { return }
        // A letter is 0.6 as wide as the font is high, those of East Asia twice that.
        let letters = open.text.reduce(0.0) { $0 + ($1.unicodeScalars.allSatisfy { (0x2E80...0x9FFF).contains($0.value) } ? 2 : 1) }
        let room = letters * 0.6 * open.size
        let left = open.anchor == "end" ? open.x - room : open.anchor == "middle" ? open.x - room / 2 : open.x
        texts.append(
            Place(text: open.text, left: left, right: left + room, top: open.y - open.size * 0.8, bottom: open.y + open.size * 0.2))
        self.open = nil
    }
}
