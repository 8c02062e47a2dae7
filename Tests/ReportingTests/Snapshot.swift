import Foundation
import Testing

/// Compares a text with the file of that name in `Snapshots/`. With `WAYBILL_RECORD=1` it writes the file instead: read the difference before
/// you commit it.
func expectSnapshot(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Snapshots").appending(path: name)
    if ProcessInfo.processInfo.environment["WAYBILL_RECORD"] == "1" {
        try Data(text.utf8).write(to: file)
        return
    }
    let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
    guard text != expected else { return }
    let lines = (
        expected.split(separator: "\n", omittingEmptySubsequences: false), text.split(separator: "\n", omittingEmptySubsequences: false)
    )
    let line = zip(lines.0, lines.1).prefix { $0 == $1 }.count
    Issue.record(
        """
        \(name) differs from line \(line + 1) on; WAYBILL_RECORD=1 writes it anew.
        expected: \(line < lines.0.count ? lines.0[line] : "(end)")
        found:    \(line < lines.1.count ? lines.1[line] : "(end)")
        """, sourceLocation: sourceLocation)
}
