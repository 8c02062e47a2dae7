import Foundation
import Testing
import Verification

/// The document that explains the classes knows them all.
@Suite struct DocumentTests {
    @Test func everyClassIsExplained() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/model.md").standardized
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        for kind in ViolationClass.allCases {
            let rows = lines.filter { $0.hasPrefix("| `\(kind.rawValue)` |") }
            #expect(rows.count == 1, "\(kind.rawValue)")
            // The class, what happened, and an example.
            for row in rows { #expect(row.split(separator: " | ").count == 3 && row.hasSuffix(" |"), "\(row)") }
        }
    }
}
