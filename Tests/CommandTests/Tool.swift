import Foundation
import Subprocess
import SystemPackage

/// What a command left behind.
struct Finished {
    var code: Int32
    var output: String
    var error: String
}

/// The waybill that was built beside these tests.
enum Tool {
    static let path: String = {
        let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: tests ?? "").deletingLastPathComponent().appending(path: "waybill").path
    }()

    /// Runs waybill to its end.
    static func run(_ arguments: [String], directory: String = "/tmp") async throws -> Finished {
        try await finish("/usr/bin/env", ["NO_COLOR=1", path] + arguments, directory: directory)
    }

    /// Runs a line of the shell in which `$WAYBILL` is waybill.
    static func shell(_ line: String, directory: String = "/tmp") async throws -> Finished {
        try await finish("/usr/bin/env", ["NO_COLOR=1", "WAYBILL=\(path)", "bash", "-c", line], directory: directory)
    }

    private static func finish(_ executable: String, _ arguments: [String], directory: String) async throws -> Finished {
        let result = try await Subprocess.run(
            .path(FilePath(executable)), arguments: Arguments(arguments), workingDirectory: FilePath(directory),
            output: .string(limit: 4 << 20),
            error: .string(limit: 4 << 20))
        let code: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            default: -1
            }
        return Finished(code: code, output: result.standardOutput, error: result.standardError)
    }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A profile that is over after a second or two.
let shortProfile = """
    name: short
    seed: 7
    groups:
      - {name: publishers, count: 3, publish: {topic: t/%i, qos: [0, 1, 2], rate: 50/s}}
      - {name: subscribers, count: 2, subscribe: {filters: ["t/#"], qos: 2}}
    phases: {hold: 1s, drain: {quiet: 300ms, limit: 20s}}
    thresholds:
      loss: ["==0"]

    """
