import Foundation
import Testing

/// Every one of these ends with one clear sentence and the exit code of its kind.
@Suite struct BadInputTests {
    private func expect(
        _ finished: Finished, code: Int32, says parts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(finished.code == code, "\(finished)", sourceLocation: sourceLocation)
        #expect(finished.output.isEmpty, sourceLocation: sourceLocation)
        for part in parts { #expect(finished.error.contains(part), "\(finished.error)", sourceLocation: sourceLocation) }
        let lines = finished.error.split(separator: "\n")
        #expect(lines.count == 1, "\(finished.error)", sourceLocation: sourceLocation)
        for trace in ["Fatal error", "Stack dump", "Thread 0"] { #expect(!finished.error.contains(trace), sourceLocation: sourceLocation) }
    }

    private func run(_ yaml: String, _ arguments: [String]) async throws -> Finished {
        try await withTemporaryDirectory { directory in
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            return try await Tool.run(["run", "p.yaml", "--quiet"] + arguments, directory: directory)
        }
    }

    @Test func nobodyListens() async throws {
        let finished = try await run(shortProfile, ["--out", "out", "--broker", "mqtt://127.0.0.1:9"])
        expect(finished, code: 1, says: "127.0.0.1:9", "Connection refused")
    }

    @Test func aBrokerThatIsNoURL() async throws {
        let finished = try await run(shortProfile, ["--out", "out", "--broker", "localhost"])
        expect(finished, code: 104, says: "--broker", "mqtt://")
    }

    @Test func aMisspeltKey() async throws {
        let finished = try await run(shortProfile.replacingOccurrences(of: "rate:", with: "rat:"), ["--out", "out"])
        expect(finished, code: 104, says: "p.yaml:4", "rat", "rate")
    }

    @Test func aProfileThatIsNotThere() async throws {
        let finished = try await Tool.run(["run", "/nowhere/profile.yaml"])
        expect(finished, code: 104, says: "/nowhere/profile.yaml")
    }

    @Test func aDirectoryThatCannotBeWritten() async throws {
        let finished = try await run(shortProfile, ["--out", "/dev/null/runs"])
        expect(finished, code: 104, says: "/dev/null/runs", "--out")
    }

    @Test func tooFewDescriptors() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile.replacingOccurrences(of: "count: 3", with: "count: 30")
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.shell("ulimit -n 64; \"$WAYBILL\" run p.yaml --quiet --out out", directory: directory)
            expect(finished, code: 1, says: "the limit is 64", "ulimit -n")
        }
    }

    @Test func aSettingThatMosquittoRefuses() async throws {
        let yaml = shortProfile + "target: {embedded: {settings: {max_queued_mesages: 10}}}\n"
        let finished = try await run(yaml, ["--out", "out"])
        expect(finished, code: 104, says: "max_queued_mesages")
    }

    @Test func aWorkflowThatIsNone() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture().write(to: directory + "/run")
            let missing = try await Tool.run(["check", "run", "--workflow", "nowhere.yaml"], directory: directory)
            expect(missing, code: 104, says: "nowhere.yaml", "Profiles/workflows/orders.yaml")
            try "machines: [{ name: a, states: [b], initial: [c], terminal: [b], transitions: [] }]".write(
                toFile: directory + "/w.yaml", atomically: true, encoding: .utf8)
            let wrong = try await Tool.run(["check", "run", "--workflow", "w.yaml"], directory: directory)
            expect(wrong, code: 104, says: "w.yaml:1: machines[0].initial[0]", "there are b")
        }
    }

    @Test func aDirectoryThatIsNoRun() async throws {
        try await withTemporaryDirectory { directory in
            expect(try await Tool.run(["check", directory]), code: 104, says: directory)
        }
    }

    @Test(arguments: [
        (["--around", "lost-2"], "there are lost-1"), (["--around", "lost"], "there is no such witness"),
        (["--from", "2s", "--to", "1s"], "before"), (["--from", "2"], "duration"), (["--format", "xml"], "--format"),
        (["--around", "lost-1", "--to", "1s"], "--around"),
    ])
    func anExportThatCannotBeMeant(arguments: [String], says: String) async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture(delivered: [1, 3, 4]).write(to: directory + "/run")
            let finished = try await Tool.run(["export", "run"] + arguments, directory: directory)
            #expect(finished.code == 104 && finished.output.isEmpty && finished.error.contains(says), "\(finished)")
        }
    }

    @Test(arguments: [["run"], ["run", "a", "b"], ["fly"], ["run", "x.yaml", "--format", "xml"], ["run", "x.yaml", "--reactors", "0"]])
    func usageErrorsAreNeverZero(arguments: [String]) async throws {
        let finished = try await Tool.run(arguments)
        #expect(finished.code == 104, "\(finished)")
        #expect(finished.output.isEmpty)
        #expect(!finished.error.isEmpty)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["check", "--help"], ["--version"]])
    func helpIsNoError(arguments: [String]) async throws {
        let finished = try await Tool.run(arguments)
        #expect(finished.code == 0)
        #expect(!finished.output.isEmpty)
        #expect(finished.error.isEmpty)
    }
}
