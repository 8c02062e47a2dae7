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

    /// Whatever keeps a run from beginning leaves nothing behind.
    @Test(arguments: [
        ("\"$WAYBILL\" run p.yaml --broker mqtt://127.0.0.1:9", 1), ("ulimit -n 64; \"$WAYBILL\" run many.yaml", 1),
        ("\"$WAYBILL\" run broken.yaml", 104), ("\"$WAYBILL\" run denied.yaml", 1),
    ])
    func aFailedStartLeavesNoDirectory(line: String, code: Int32) async throws {
        try await withTemporaryDirectory { directory in
            for (name, text) in [
                ("p", shortProfile), ("many", shortProfile.replacingOccurrences(of: "count: 3", with: "count: 30")),
                ("broken", shortProfile + "target: {embedded: {settings: {max_queued_mesages: 10}}}\n"),
                ("denied", shortProfile + "target: {embedded: {settings: {clientid_prefixes: nobody-}}}\n"),
            ] { try text.write(toFile: "\(directory)/\(name).yaml", atomically: true, encoding: .utf8) }
            let finished = try await Tool.shell(line, directory: directory)
            #expect(finished.code == code && finished.error.contains("waybill: "), "\(finished)")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: directory + "/runs")) ?? []
            #expect(left.isEmpty, "\(left): \(finished)")
        }
    }

    /// Every complaint begins alike, the parser's too, and a sign in front of a number is told as such.
    @Test(arguments: [
        (["run", "p.yaml", "--seed", "-1"], "--seed must be a whole number from 0 to 18446744073709551615, not '-1'."),
        (["run", "p.yaml", "--seed", "x"], "--seed must be a whole number"),
        (["run", "p.yaml", "--reactors", "-4"], "--reactors must be a whole number from 1 to 64, not '-4'."),
        (["selftest", "--runs", "-1"], "--runs must be a whole number from 1"), (["fly"], "waybill: "), (["run"], "waybill: "),
        (["check", "x", "--format", "xml"], "waybill: "), (["selftest", "--runs", "1", "--keep", "/dev/null/x"], "waybill: /dev/null/x"),
    ])
    func complaintsBeginAlike(arguments: [String], expected: String) async throws {
        let finished = try await Tool.run(arguments)
        #expect(finished.error.hasPrefix("waybill: ") && finished.error.contains(expected), "\(finished)")
        for bad in ["Error:", "Error Domain"] { #expect(!finished.error.contains(bad), "\(finished)") }
        #expect(finished.code == (arguments.contains("--keep") ? 1 : 104), "\(finished)")
    }

    /// The exit codes stand in every help text.
    @Test(arguments: [
        [], ["run"], ["load"], ["pub"], ["sub"], ["conn"], ["find-limit"], ["check"], ["export"], ["service"], ["shop"], ["selftest"],
    ])
    func helpListsTheExitCodes(command: [String]) async throws {
        let finished = try await Tool.run(command + ["--help"])
        #expect(finished.code == 0)
        for code in ["Exit codes:", "104", "105"] { #expect(finished.output.contains(code), "\(finished.output)") }
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

    @Test func aSettingThatNoProfileMayMake() async throws {
        let yaml = shortProfile + "target: {embedded: {settings: {max_queued_mesages: 10}}}\n"
        let finished = try await run(yaml, ["--out", "out"])
        expect(finished, code: 104, says: "max_queued_mesages")
    }

    /// Names of files, and what is in them, are shown as text wherever they are complained about.
    @Test func whatWouldActOnATerminalIsShown() async throws {
        try await withTemporaryDirectory { directory in
            let name = "p\u{1B}[2J\u{202E}.yaml"
            let missing = try await Tool.run(["run", name], directory: directory)
            expect(missing, code: 104, says: #"p\u{1B}[2J\u{202E}.yaml"#)
            let yaml = shortProfile.replacingOccurrences(of: "name: short", with: "name: \"a\\e[31m\\nwaybill: all is well\"")
            try yaml.write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
            let wrong = try await Tool.run(["run", name], directory: directory)
            expect(wrong, code: 104, says: #"a\u{1B}[31m\u{A}waybill: all is well"#)
            let nothing = try await Tool.run(["check", "runs\u{1B}[2J"], directory: directory)
            expect(nothing, code: 104, says: #"runs\u{1B}[2J"#)
            for finished in [missing, wrong, nothing] {
                #expect(!finished.error.contains("\u{1B}") && !finished.error.contains("\nwaybill: all is well"), "\(finished)")
            }
        }
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
