import Foundation
import Testing

/// Outputs that are closed, full or gone end no run and make no success of a failure.
@Suite struct OutputTests {
    private static let profile = shortProfile.replacingOccurrences(of: "hold: 1s", with: "hold: 1200ms")

    /// Runs a line of the shell in a directory with a profile, and tells whether a run left its result.
    private func run(_ line: String) async throws -> (finished: Finished, result: String?) {
        try await withTemporaryDirectory { directory in
            try Self.profile.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.shell(line, directory: directory)
            return (finished, try? String(contentsOfFile: directory + "/out/latest/result.json", encoding: .utf8))
        }
    }

    @Test(arguments: [
        (#""$WAYBILL" run p.yaml --out out 2>&-"#, 0), (#""$WAYBILL" run p.yaml --out out 2>/dev/full"#, 0),
        (#""$WAYBILL" run p.yaml --out out 2>&1 >/dev/null | head -1 >/dev/null; exit ${PIPESTATUS[0]}"#, 0),
        // Nobody ever reads, and what is written fills the pipe.
        (#"mkfifo p; exec 3<>p; head -c 65536 /dev/zero >&3; "$WAYBILL" run p.yaml --out out 2>&3"#, 0),
        (#""$WAYBILL" run p.yaml --out out >&- 2>/dev/null"#, 1), (#""$WAYBILL" run p.yaml --out out <&- >&- 2>&-"#, 1),
        (#""$WAYBILL" run p.yaml --out out --quiet >/dev/full"#, 1),
    ])
    func aRunGoesOnAndItsResultIsWritten(line: String, code: Int32) async throws {
        let (finished, result) = try await run(line)
        #expect(finished.code == code, "\(finished)")
        let json = try #require(result, "\(finished)")
        #expect(json.contains("\"verdict\" : \"pass\"") && json.contains("\"exit_code\" : 0"))
        if line.hasSuffix(" >/dev/full") {
            #expect(finished.error.contains("waybill: The standard output cannot be written: No space left on device.\n"), "\(finished)")
            #expect(finished.error.contains("waybill: The result is in out/"), "\(finished)")
        }
    }

    /// What is wrong counts more than that it could not be printed.
    @Test func aWorseCodeStays() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture(delivered: [1, 3, 4]).write(to: directory + "/bad")
            try await TraceFixture().write(to: directory + "/good")
            for (line, code) in [
                ("check bad >/dev/full", 120), ("check bad >&-", 120), ("check good >/dev/full", 1), ("check good >&- 2>&-", 1),
                ("check nowhere 2>&-", 104), ("check nowhere >&- 2>&-", 104), ("--help >/dev/full", 1), ("fly 2>/dev/full", 104),
                ("export good >/dev/full", 1), ("selftest --runs 1 --fault drop-first >/dev/full", 1),
                ("check good --explain lost >/dev/full", 1),
            ] as [(String, Int32)] {
                let finished = try await Tool.shell("\"$WAYBILL\" \(line)", directory: directory)
                #expect(finished.code == code, "\(line): \(finished)")
                #expect(!finished.error.contains("Fatal"), "\(line): \(finished)")
            }
            // Who reads only the beginning has what it wanted: no word about it.
            let export = try await Tool.shell("\"$WAYBILL\" export bad bad bad | head -c 1", directory: directory)
            #expect(export.error.isEmpty, "\(export)")
        }
    }

    /// The number of a closed descriptor is not given to a file, into which the next message would then go.
    @Test func closedDescriptorsStayUnused() async throws {
        let (finished, _) = try await run(#""$WAYBILL" run p.yaml --out out <&- >&- 2>&-; "$WAYBILL" check out/latest"#)
        #expect(finished.code == 0 && finished.output.hasPrefix("PASS"), "\(finished)")
    }
}
