import Foundation
import Testing

/// Traces that a self-test kept are judged again by what stands beside them, and what is no run is passed over.
@Suite struct KeptTraceTests {
    @Test func keptTracesAreJudgedAgain() async throws {
        try await withTemporaryDirectory { directory in
            let kept = directory + "/kept"
            let faults = ["legal-workflow", "legal-overlap-once", "sold-twice", "forbidden-redelivery", "pubacks-swapped", "drop-at-cap"]
            let test = try await Tool.run(
                ["selftest", "--seed", "5", "--runs", "1", "--keep", kept] + faults.flatMap { ["--fault", $0] })
            #expect(test.code == 0, "\(test)")
            let wanted: [String: (code: Int32, text: String)] = [
                "legal-workflow": (0, "PASS"), "legal-overlap-once": (0, "PASS"), "sold-twice": (120, "oversold"),
                "forbidden-redelivery": (120, "redelivered"), "pubacks-swapped": (120, "ack-order"), "drop-at-cap": (0, "within queue"),
            ]
            for (fault, (code, text)) in wanted {
                let check = try await Tool.run(["check", "\(kept)/\(fault)-5"])
                #expect(check.code == code && check.output.contains(text), "\(fault): \(check)")
            }
        }
    }

    @Test func aListNamesEveryCase() async throws {
        let list = try await Tool.run(["selftest", "--list"])
        #expect(list.code == 0 && list.error.isEmpty, "\(list)")
        let lines = list.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.first == ["fault", "must", "be", "reported", "as"])
        for row in [["qos-lowered", "wrong-qos"], ["legal-calm", "pass"], ["torn-end", "inconclusive"]] { #expect(lines.contains(row)) }
        let one = try await Tool.run(["selftest", "--list", "--fault", "drop-last"])
        #expect(one.output.split(separator: "\n").count == 2 && one.output.contains("unseen"), "\(one)")
    }

    @Test func whatIsNoRunIsSkippedAmongOthers() async throws {
        try await withTemporaryDirectory { directory in
            _ = try await TraceFixture().write(to: directory + "/good")
            try FileManager.default.createDirectory(atPath: directory + "/empty", withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: URL(filePath: directory + "/notes.json"))
            let check = try await Tool.shell("$WAYBILL check *", directory: directory)
            #expect(check.code == 0 && check.output.hasPrefix("PASS"), "\(check)")
            #expect(
                check.error.split(separator: "\n") == [
                    "waybill: empty is no run and no trace, and is skipped.",
                    "waybill: notes.json is no run and no trace, and is skipped.",
                ])
            let nothing = try await Tool.run(["check", "empty", "notes.json"], directory: directory)
            #expect(
                nothing.code == 104 && nothing.output.isEmpty && nothing.error.contains("None of empty, notes.json is a run"), "\(nothing)")
        }
    }
}
