import Foundation
import Testing

/// The profiles that docs/profiles.md shows are run as they stand there.
@Suite struct DocumentExampleTests {
    /// The whole profiles among the examples, in the order of the page. Those that begin with a file's name belong together and are run by
    /// ``DocumentedExamplesTests``.
    static let examples: [String] = {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/profiles.md").standardizedFileURL
        guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
        return text.components(separatedBy: "```yaml\n").dropFirst().compactMap { part in
            let block = part.components(separatedBy: "```")[0]
            let lines = block.split(separator: "\n")
            return !block.hasPrefix("# ") && lines.contains { $0.hasPrefix("name:") } && lines.contains { $0.hasPrefix("groups:") }
                ? block : nil
        }
    }()

    @Test func thereAreExamples() { #expect(Self.examples.count >= 3) }

    @Test(arguments: examples.indices)
    func anExampleRunsAndPasses(number: Int) async throws {
        try await withTemporaryDirectory { directory in
            try Self.examples[number].write(toFile: directory + "/example.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "example.yaml", "--out", "out"], directory: directory)
            #expect(run.code == 0, "\(Self.examples[number])\n\(run.output)\(run.error)")
        }
    }
}
