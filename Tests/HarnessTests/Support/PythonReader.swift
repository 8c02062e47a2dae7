import Foundation
import Glibc
import Testing

/// Python with the package `hdrhistogram` of PyPI, which scripts/test puts into `.build-python`: somebody else's reader of what a run writes.
enum PythonReader {
    private static let packages = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../.build-python").standardizedFileURL.path

    static let isThere = (try? run("import hdrh.histogram")) != nil

    static let missing: Comment = "hdrhistogram of PyPI is not in .build-python: scripts/test installs it"

    struct Failed: Error {}

    /// Runs a program and returns what it prints.
    /// - Throws: ``Failed`` where it does not end well.
    static func run(_ program: String, _ arguments: String...) throws -> String {
        // Foundation's Process looks through all open files of the process and reads behind their list where there are many, as there are in tests side by side.
        let words = ["/usr/bin/env", "PYTHONPATH=\(packages)", "python3", "-c", program] + arguments
        let command = words.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }.joined(separator: " ")
        guard let output = popen(command + " 2>/dev/null", "r") else { throw Failed() }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&block, 1, block.count, output), count > 0 { text += block[..<count] }
        guard pclose(output) == 0 else { throw Failed() }
        return String(decoding: text, as: UTF8.self)
    }
}
