import Foundation
import Testing
import Trace

@Suite struct CheckTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL.path

    private func object(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any], "\(finished)")
    }

    @Test func bareFilesAreJudgedTogether() async throws {
        try await withTemporaryDirectory { directory in
            let paths = try await TraceFixture().write(to: directory)
            let together = try await Tool.run(["check"] + paths)
            #expect(together.code == 0 && together.output.hasPrefix("PASS"), "\(together)")
            // The subscriber's file alone names a publisher that nobody knows, and does not say that the run came to rest.
            let alone = try await Tool.run(["check", paths[1]])
            #expect(alone.code == 121 && alone.output.hasPrefix("INCONCLUSIVE"), "\(alone)")
            // Named twice it is still one file.
            let twice = try await Tool.run(["check", "publisher.trace", "./publisher.trace", "subscriber.trace"], directory: directory)
            #expect(twice.code == 0, "\(twice)")
        }
    }

    @Test func filesOfDifferentRunsAreOneError() async throws {
        try await withTemporaryDirectory { directory in
            let one = try await TraceFixture(run: 1).write(to: directory + "/one")
            let other = try await TraceFixture(run: 2).write(to: directory + "/other")
            let check = try await Tool.run(["check", one[0], other[1]])
            #expect(check.code == 104 && check.output.isEmpty, "\(check)")
            #expect(check.error.split(separator: "\n").count == 1 && check.error.contains("different runs (1 and 2)"), "\(check.error)")
        }
    }

    @Test func eachOfSeveralRunsIsJudgedOnItsOwnAndTheWorstCounts() async throws {
        try await withTemporaryDirectory { directory in
            // All of one run number: were they judged together, everything would be there several times.
            try await TraceFixture().write(to: directory + "/good")
            try await TraceFixture(delivered: [1, 3, 4]).write(to: directory + "/bad")
            try await TraceFixture(isQuiescent: false).write(to: directory + "/open")
            func codes(_ runs: String...) async throws -> Finished { try await Tool.run(["check"] + runs, directory: directory) }
            #expect(try await codes("good", "good").code == 0)
            #expect(try await codes("good", "open").code == 121)
            let all = try await codes("open", "bad", "good")
            #expect(all.code == 120, "\(all)")
            let overview = all.output.components(separatedBy: "3 runs\n").last ?? ""
            #expect(
                overview.split(separator: "\n").map(String.init) == [
                    "  INCONCLUSIVE  open: no rule was seen broken, but 1 doubt remains", "  VIOLATION  bad: 1 lost",
                    "  PASS  good: every rule held", "Exit code 120: correctness violated",
                ])
            let json = try object(try await Tool.run(["check", "open", "bad", "--format", "json"], directory: directory))
            #expect(json["exit_code"] as? Int == 120)
            let runs = try #require(json["runs"] as? [[String: Any]])
            #expect(runs.map { $0["exit_code"] as? Int } == [121, 120])
            #expect(runs.map { $0["paths"] as? [String] } == [["open"], ["bad"]])
            #expect(runs.map { ($0["report"] as? [String: Any])?["verdict"] as? String } == ["inconclusive", "violation"])
        }
    }

    @Test func oneBadPathIsOneSentence() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture().write(to: directory + "/good")
            try FileManager.default.createDirectory(atPath: directory + "/empty", withIntermediateDirectories: true)
            try "name: x".write(toFile: directory + "/no.trace", atomically: true, encoding: .utf8)
            for (paths, says) in [
                (["good", "nowhere"], "nowhere is not there"), (["empty"], "empty is no run"),
                (["good", "no.trace"], "no.trace is no trace"),
            ] {
                let check = try await Tool.run(["check"] + paths, directory: directory)
                #expect(check.code == 104 && check.output.isEmpty, "\(check)")
                #expect(check.error.split(separator: "\n").count == 1 && check.error.contains(says), "\(check.error)")
            }
        }
    }

    @Test func aWitnessIsExplainedInFull() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture(delivered: [1, 3, 4]).write(to: directory + "/run")
            let text = try await Tool.run(["check", "run", "--explain", "lost"], directory: directory)
            #expect(text.code == 120, "\(text)")
            for line in [
                "VIOLATION  1 lost", "lost: 1",
                "1  t/0 message 2 of p-0 (QoS 1, acknowledged) never reached s-0, although its message 3 did.",
                "+0.000 ms  published at p-0 publisher.trace:", "+0.300 ms  acked at p-0 publisher.trace:",
                "+10.000 ms  published at p-0, its publish publisher.trace:", "+10.400 ms  delivered at s-0 subscriber.trace:",
                "process=1 sequence=2 attempt=1 topic=t/0 qos=1 retain=false", "intended=19995000", "stamp {p-0: 2}", "stamp {p-0: 3}",
                "process=2 publisher=1 sequence=3 attempt=1 topic=t/0 qos=1 retain=false packet_id=3",
            ] {
                #expect(text.output.contains(line), "'\(line)' is missing in\n\(text.output)")
            }
            let json = try object(
                try await Tool.run(["check", "run", "--explain", "lost", "--format", "json", "--draw", "out"], directory: directory))
            #expect(json["class"] as? String == "lost" && json["count"] as? Int == 1)
            let witness = try #require((json["witnesses"] as? [[String: Any]])?.first)
            #expect(witness["drawing"] as? String == "out/lost-1.svg")
            let events = try #require(witness["events"] as? [[String: Any]])
            #expect(events.map { $0["what"] as? String } == ["published", "acked", "published", "delivered"])
            #expect(events.map { $0["since_first"] as? Int } == [0, 300_000, 10_000_000, 10_400_000])
            #expect(events.map { $0["added"] as? Bool } == [false, false, true, false])
            let stamp = try #require((events[2]["stamp"] as? [[String: Any]])?.first)
            #expect(stamp["client"] as? String == "p-0" && stamp["count"] as? Int == 3)
            #expect((events[3]["event"] as? [String: Any])?["packet_id"] as? Int == 3)

            // The offsets lead to the events.
            let offset = try #require(events[0]["offset"] as? Int)
            let exported = try await Tool.run(["export", "run"], directory: directory)
            #expect(
                exported.output.split(separator: "\n").contains { $0.contains("\"offset\":\(offset),") && $0.contains("\"sequence\":2,") })
        }
    }

    @Test func aClassThatIsNoneOrDidNotOccur() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture().write(to: directory + "/run")
            let unknown = try await Tool.run(["check", "run", "--explain", "losst"], directory: directory)
            #expect(unknown.code == 104 && unknown.output.isEmpty)
            #expect(unknown.error.split(separator: "\n").count == 1 && unknown.error.contains("lost, ") && unknown.error.contains("stuck"))
            let absent = try await Tool.run(["check", "run", "--explain", "lost"], directory: directory)
            #expect(absent.code == 0 && absent.output.contains("There is no violation of class lost in run."), "\(absent)")
        }
    }

    @Test func everyWitnessIsDrawn() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture(delivered: [4, 3]).write(to: directory + "/one")
            try await TraceFixture(delivered: [1, 3, 4]).write(to: directory + "/other")
            let check = try await Tool.run(["check", "one", "--draw", "a/b"], directory: directory)
            #expect(check.code == 120 && check.output.contains("drawings in a/b"), "\(check)")
            let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/a/b").sorted()
            #expect(names == ["lost-1.svg", "lost-2.svg", "reorder-1.svg"])
            let drawing = try String(contentsOfFile: directory + "/a/b/reorder-1.svg", encoding: .utf8)
            #expect(drawing.hasPrefix("<svg xmlns=") && drawing.hasSuffix("</svg>\n"))
            _ = try await Tool.run(["check", "one", "other", "--draw", "c"], directory: directory)
            let several = try FileManager.default.contentsOfDirectory(atPath: directory + "/c").sorted()
            #expect(several == ["run1-lost-1.svg", "run1-lost-2.svg", "run1-reorder-1.svg", "run2-lost-1.svg"])
            let refused = try await Tool.run(["check", "one", "--draw", "/dev/null/x"], directory: directory)
            #expect(refused.code == 104 && refused.error.contains("--draw /dev/null/x"), "\(refused)")
        }
    }

    /// A drawing of an earlier check would be taken for one of this check; other files stay.
    @Test func staleDrawingsAreRemoved() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture(delivered: [4, 3]).write(to: directory + "/bad")
            try await TraceFixture().write(to: directory + "/good")
            _ = try await Tool.run(["check", "bad", "--draw", "d"], directory: directory)
            for name in ["notes.svg", "run7-lost-3.svg", "lost-of-mine.svg"] {
                try "mine".write(toFile: directory + "/d/" + name, atomically: true, encoding: .utf8)
            }
            let check = try await Tool.run(["check", "good", "--draw", "d"], directory: directory)
            #expect(check.code == 0, "\(check)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/d").sorted() == ["lost-of-mine.svg", "notes.svg"])
        }
    }

    /// A named file tells what to expect; otherwise a run's own profile does.
    @Test func expectationsComeFromTheFileOrTheProfile() async throws {
        try await withTemporaryDirectory { directory in
            let mosquitto = Self.repository + "/Profiles/expectations/mosquitto.yaml"
            let paths = try await TraceFixture(delivered: [1, 4], dropped: [7, 9]).write(to: directory + "/run")
            let bare = try await Tool.run(["check"] + paths)
            #expect(bare.code == 120)
            let told = try await Tool.run(["check", "--expectations", mosquitto] + paths)
            #expect(told.code == 0, "\(told)")
            #expect(told.output.contains("documented-limit: 2 lost (queue-cap); the broker counted 2 as broker.dropped"), "\(told.output)")
            try FileManager.default.copyItem(atPath: mosquitto, toPath: directory + "/run/limits.yaml")
            let profile = """
                name: short
                groups:
                  - {name: makers, count: 1, publish: {topic: t/%i, qos: 1, rate: 50/s}}
                  - {name: takers, count: 1, subscribe: {filters: ["t/#"], qos: 1}}
                phases: {hold: 1s}
                expectations: {file: limits.yaml}

                """
            try profile.write(toFile: directory + "/run/profile.yaml", atomically: true, encoding: .utf8)
            let own = try await Tool.run(["check", "run", "--format", "json"], directory: directory)
            #expect(own.code == 0, "\(own)")
            let limit = try #require((try object(own)["limits"] as? [[String: Any]])?.first)
            #expect(limit["charged"] as? Int == 2 && limit["admitted"] as? Int == 2 && limit["name"] as? String == "queue-cap")
            let nowhere = try await Tool.run(["check", "run", "--expectations", "nowhere.yaml"], directory: directory)
            #expect(nowhere.code == 104 && nowhere.error.contains("nowhere.yaml: cannot be read"), "\(nowhere)")
        }
    }

    /// A run of the past stays judgeable: what a profile may hold no more is passed over, and said.
    @Test func aStoredProfileMayHaveValuesThatThereAreNoMore() async throws {
        try await withTemporaryDirectory { directory in
            try await TraceFixture().write(to: directory + "/run")
            // The stall is one that is refused today.
            let profile = """
                name: short
                groups:
                  - {name: makers, count: 1, engine: libmosquitto, publish: {topic: t/%i, qos: 1, rate: 50/s}}
                  - name: takers
                    count: 1
                    keepalive: 5s
                    engine: own
                    subscribe: {filters: ["t/#"], qos: 1, stall: {after: 100ms, for: 14s}}
                phases: {hold: 1s}

                """
            try profile.write(toFile: directory + "/run/profile.yaml", atomically: true, encoding: .utf8)
            let check = try await Tool.run(["check", "run"], directory: directory)
            #expect(check.code == 0 && check.output.hasPrefix("PASS"), "\(check)")
            let lines = check.error.split(separator: "\n")
            #expect(
                lines
                    == [
                        "waybill: run/profile.yaml:7: groups[1].engine: there is no engine 'own' any more. The run is over, so it is passed over."
                    ], "\(check.error)")
            // What the profile says otherwise still counts.
            let other = profile.replacingOccurrences(of: "takers", with: "others")
            try other.write(toFile: directory + "/run/profile.yaml", atomically: true, encoding: .utf8)
            let doubted = try await Tool.run(["check", "run"], directory: directory)
            #expect(doubted.code == 121 && doubted.output.contains("Group 'others'"), "\(doubted)")
            // A profile that is to be run is refused as before.
            let run = try await Tool.run(["run", "run/profile.yaml"], directory: directory)
            #expect(run.code == 104 && run.error.contains("groups[1].engine: expected wire or libmosquitto, found 'own'"), "\(run)")
        }
    }

    /// A workflow is the run's own or that of the option, and without one its events are a doubt.
    @Test func aWorkflowIsTakenFromTheOptionOrTheRun() async throws {
        try await withTemporaryDirectory { directory in
            let trace = directory + "/service.trace"
            let writer = try TraceWriter(path: trace, run: 1, writer: 1, name: "service")
            writer.define(process: 1, name: "packaging-1", group: "packaging")
            for (number, state) in ["placed", "rejected"].enumerated() {
                writer.entered(process: 1, at: UInt64(number) + 100, machine: "order", entity: "7", state: state)
            }
            writer.moved(
                process: 1, at: 200, quantity: "stock", account: "apple", from: "", to: "on_hand", amount: 5, entity: "")
            writer.mark(at: 300, .quiescent, text: "")
            try await writer.close()
            let none = try await Tool.run(["check", directory])
            #expect(none.code == 121 && none.output.contains("no workflow"), "\(none)")
            let orders = Self.repository + "/Profiles/workflows/orders.yaml"
            let stuck = try await Tool.run(["check", directory, "--workflow", orders])
            #expect(stuck.code == 120 && stuck.output.hasPrefix("VIOLATION  1 stuck"), "\(stuck)")
            #expect(stuck.output.contains("order 7 entered placed at packaging-1 and was still rejected"), "\(stuck)")
            #expect(stuck.output.contains("  stock  1 account, 1 move"), "\(stuck)")
            // The profile in the run's directory names the same file, which has to be there.
            try FileManager.default.copyItem(atPath: orders, toPath: directory + "/orders.yaml")
            let profile = """
                name: service
                groups: [{ name: load, count: 1, publish: { topic: t, qos: 0, rate: 1/s } }]
                phases: { hold: 1s }
                workflow: orders.yaml
                """
            try profile.write(toFile: directory + "/profile.yaml", atomically: true, encoding: .utf8)
            let own = try await Tool.run(["check", directory, "--format", "json"])
            #expect(own.code == 120)
            let report = try object(own)
            let machines = (report["workflow"] as? [String: Any])?["machines"] as? [[String: Any]]
            #expect(machines?.first?["entities"] as? Int == 1 && machines?.first?["transitions"] as? Int == 2)
        }
    }
}
