import Foundation
import Glibc
import Testing

/// A profile of `Cases/`, run as a user runs it, in a directory of its own.
struct Case: Sendable {
    var name: String
    /// What the run left.
    var finished: Finished
    /// The bytes of `result.json`; `nil` where there is none.
    var json: Data?

    /// Runs a case to its end while `meanwhile` happens, which is told the run's directory and may wait for what it holds.
    static func run(
        _ name: String, _ arguments: [String] = [], broker: UInt16? = nil,
        meanwhile: @Sendable (Progress) async throws -> Void = { _ in }
    ) async throws -> Case {
        try await withTemporaryDirectory { directory in
            let target = broker.map { ["--broker", "mqtt://127.0.0.1:\($0)"] } ?? []
            let path = try #require(Bundle.module.path(forResource: name, ofType: "yaml", inDirectory: "Cases"))
            // What it says on the way can be read while it runs.
            let line = (["run", path, "--out", "out"] + target + arguments).map { "'\($0)'" }.joined(separator: " ")
            async let running = Tool.shell("echo $$ >process; exec \"$WAYBILL\" \(line) 2>errors", directory: directory)
            var finished: Finished
            do {
                try await meanwhile(Progress(directory: directory + "/out", errors: directory + "/errors", process: directory + "/process"))
                finished = try await running
                finished.error = try String(contentsOfFile: directory + "/errors", encoding: .utf8)
            } catch {
                let left = try await running
                throw Unexpected(description: "\(error)\n\(left)")
            }
            let made = try? FileManager.default.contentsOfDirectory(atPath: directory + "/out").sorted().first
            let data = made.flatMap { FileManager.default.contents(atPath: "\(directory)/out/\($0)/result.json") }
            return Case(name: name, finished: finished, json: data)
        }
    }

    var code: Int32 { finished.code }
    var output: String { finished.output }
    /// The output with lines that are not broken.
    var sentences: String { output.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    var error: String { finished.error }

    /// A number of `totals`.
    func total(_ key: String) throws -> Int {
        let totals = try part("totals")
        return try #require(totals[key] as? Int, "\(key) is not in \(totals)")
    }

    /// An object of the result.
    func part(_ key: String) throws -> [String: Any] {
        let result = try JSONSerialization.jsonObject(with: try #require(json, "\(finished)")) as? [String: Any]
        return try #require(result?[key] as? [String: Any], "\(finished)")
    }
}

/// What a test did not expect, with what it knew then.
struct Unexpected: Error, CustomStringConvertible {
    var description: String
}

/// How far a run is that is not over.
struct Progress: Sendable {
    let directory: String
    /// The file of what it says on the way.
    let errors: String
    /// The file with the number of its process.
    let process: String

    /// Sends it TERM.
    func interrupt() throws {
        let text = try String(contentsOfFile: process, encoding: .utf8)
        kill(try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))), SIGTERM)
    }

    /// Waits until a second of the run has passed that belongs to a phase.
    func untilItIsIn(_ phase: String) async throws {
        try await wait("a second of the phase '\(phase)'") {
            (try? String(contentsOfFile: errors, encoding: .utf8))?.contains("  \(phase)  ") ?? false
        }
    }

    /// Waits until the run has brought a part of its trace to the disk, so that it is in the middle of its work.
    func untilItIsTraced() async throws {
        try await wait("a trace that grows") {
            let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
            return names.contains { name in
                guard name.hasSuffix(".trace"), !name.hasPrefix("latest") else { return false }
                let size = try? FileManager.default.attributesOfItem(atPath: directory + "/" + name)[.size] as? Int
                return (size ?? 0) > 1_000
            }
        }
    }
}

/// Waits for a condition, long enough for a slow machine.
func wait(_ what: String, until holds: () throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(90)
    while try !holds() {
        guard ContinuousClock.now < limit else { throw Unexpected(description: "There was never \(what).") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
