import Foundation
import Printing
import Testing

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("größer 変 🦊 👩‍🚀", "größer 変 🦊 👩‍🚀"), ("\u{1B}[31mred", #"\u{1B}[31mred"#), ("a\nb\rc\td", #"a\u{A}b\u{D}c\u{9}d"#),
        ("\u{0}\u{7F}\u{85}\u{9B}1m", #"\u{0}\u{7F}\u{85}\u{9B}1m"#), ("a\u{202E}b\u{2066}c\u{200F}", #"a\u{202E}b\u{2066}c\u{200F}"#),
        ("a\u{200B}b\u{FEFF}\u{AD}", #"a\u{200B}b\u{FEFF}\u{AD}"#), ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
        ("\u{FFFE}\u{1FFFF}", #"\u{FFFE}\u{1FFFF}"#), ("\u{E0041}", #"\u{E0041}"#), ("\r\n", #"\u{D}\u{A}"#),
    ])
    func whatIsNotSeenIsShown(_ text: String, _ expected: String) {
        #expect(VisibleText.line(text) == expected)
        #expect(VisibleText.line(expected) == expected)
        #expect(VisibleText.lines(text + "\n") == expected.replacing(#"\u{A}"#, with: "\n") + "\n")
    }

    /// No character that a terminal acts on is left, whatever it is.
    @Test func noControlIsLeft() {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = VisibleText.line("a\(scalar)b")
            #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(value)")
            #expect(shown.contains("\n") == false)
        }
    }

    @Test func jsonSaysTheSame() throws {
        let text = "a\u{1B}\u{202E}\u{9B}\u{E0041}\u{2028}\"\\\u{7F}é"
        let encoder = JSONEncoder()
        encoder.outputFormatting = .prettyPrinted
        let json = VisibleText.json(String(decoding: try encoder.encode([text]), as: UTF8.self))
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
        #expect(json.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) } && json.contains("é"), "\(json)")
    }

    @Test(arguments: [
        ("-5", "-5"), ("+1.5", "+1.5"), ("-1e9", "-1e9"), ("12", "12"), ("orders-0", "orders-0"), ("a,b", "\"a,b\""),
        ("a\"b", "\"a\"\"b\""),
        ("=1+1", "\"'=1+1\""), ("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\""), ("-2+3", "\"'-2+3\""), ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""), ("\t=1", #"\u{9}=1"#), ("\r=1", #"\u{D}=1"#),
        ("\u{FF1D}1", "\"'\u{FF1D}1\""), ("-0x1F", "\"'-0x1F\""), ("-inf", "\"'-inf\""), ("a\nb", #"a\u{A}b"#), ("", ""), ("-", "\"'-\""),
    ])
    func cellsAreNotRun(_ text: String, _ expected: String) { #expect(VisibleText.cell(text) == expected) }
}
