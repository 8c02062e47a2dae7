import Foundation
import Logging
import Testing

@testable import Harness

/// The log of a service that is a task of the run.
@Suite struct FileLogTests {
    @Test func aMessageOfAStrangerIsOneLineOfText() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/order.log"
            let log = try FileLog(path: path)
            let logger = Logger(label: "order") { _ in log }
            logger.info("order a\u{1B}[2J\nforged 1 error", metadata: ["item": "b\u{202E}\r\nc"])
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.hasSuffix(#" info order a\u{1B}[2J\u{A}forged 1 error item=b\u{202E}\u{D}\u{A}c"# + "\n"), "\(text)")
            #expect(text.filter(\.isNewline).count == 1)
        }
    }
}
