import Foundation
import Harness
import Testing

/// What docs/profiles.md shows is run as it stands there: blocks of YAML that begin with a file's name are those files, blocks of the shell are run, and so is each
/// other block that is a whole profile.
@Suite struct DocumentedExamplesTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/profiles.md")
        .standardizedFileURL

    /// The part of the page below a heading.
    private func section(_ heading: String) throws -> String {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let start = try #require(text.range(of: "\n## \(heading)\n"), "docs/profiles.md has no part '\(heading)'")
        let end = text.range(of: "\n## ", range: start.upperBound..<text.endIndex)?.lowerBound ?? text.endIndex
        return String(text[start.upperBound..<end])
    }

    private static func blocks(_ kind: String, of text: String) -> [String] {
        text.components(separatedBy: "\n```\(kind)\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] }
    }

    @Test(arguments: ["One profile upon another", "`thresholds`", "Several runs", "Without a file"])
    func examplesRun(heading: String) async throws {
        let text = try section(heading)
        try await withTemporaryDirectory { directory in
            for block in Self.blocks("yaml", of: text) {
                guard let name = block.firstMatch(of: /# ([a-z-]+\.yaml)/) else { continue }
                try block.write(toFile: "\(directory)/\(name.1)", atomically: true, encoding: .utf8)
            }
            let lines = Self.blocks("sh", of: text).flatMap { $0.split(separator: "\n") }
            #expect(!lines.isEmpty)
            // The commands that need a broker which runs already find one.
            try await ForeignBroker.mosquitto { broker in
                for line in lines {
                    let isForeign = ["pub", "sub", "conn"].contains { line.hasPrefix("waybill \($0) ") }
                    let variable = isForeign ? "export WAYBILL_BROKER=mqtt://127.0.0.1:\(broker.port); " : ""
                    let command = variable + String(line).replacing("waybill ", with: "\"$WAYBILL\" ")
                    let finished = try await Tool.shell(command, directory: directory)
                    #expect(finished.code == 0, "\(line): \(finished)")
                }
            }
        }
    }

    /// The whole profiles that belong to no other file, in the order of the page.
    static let profiles: [String] = blocks("yaml", of: (try? String(contentsOf: page, encoding: .utf8)) ?? "").filter { block in
        let lines = block.split(separator: "\n")
        return !block.hasPrefix("# ") && ["name:", "groups:"].allSatisfy { key in lines.contains { $0.hasPrefix(key) } }
    }

    @Test func thereAreProfiles() { #expect(Self.profiles.count >= 5) }

    @Test(arguments: profiles.indices)
    func aProfileRunsAndPasses(number: Int) async throws {
        try await withTemporaryDirectory { directory in
            try Self.profiles[number].write(toFile: directory + "/example.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "example.yaml", "--out", "out"], directory: directory)
            #expect(run.code == 0, "\(Self.profiles[number])\n\(run.output)\(run.error)")
        }
    }
}
