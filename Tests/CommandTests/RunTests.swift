import Foundation
import Testing

@Suite struct RunTests {
    /// A part of a line of the shell: waits until the run in the background has brought a part of its trace to the disk, or is over.
    private let untilItIsTraced =
        "while kill -0 $! 2>/dev/null && [ \"$(cat out/*/*.trace 2>/dev/null | wc -c)\" -lt 1000 ]; do sleep 0.05; done;"

    @Test func aRunPassesAndACheckAgrees() async throws {
        try await withTemporaryDirectory { directory in
            try shortProfile.write(toFile: directory + "/short.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "short.yaml", "--out", "out", "--format", "json", "--seed", "9"], directory: directory)
            #expect(run.code == 0, "\(run)")
            let result = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect(result["verdict"] as? String == "pass")
            #expect(result["exit_code"] as? Int == 0)
            #expect(result["profile"] as? String == "short")
            #expect(result["seed"] as? Int == 9)
            var totals = try #require(result["totals"] as? [String: Int])
            #expect(totals["lost"] == 0)
            #expect(try #require(totals["published"]) > 100)
            #expect((result["broker"] as? [String: Any])?["name"] as? String == "mosquitto")
            #expect((result["groups"] as? [[String: Any]])?.count == 3)

            // The progress went elsewhere, and the same result is in the run's directory.
            #expect(run.error.contains("sent/s") && run.error.contains("phase") && run.error.contains("  hold  "), "\(run.error)")
            #expect(run.error.hasPrefix("short: 5 clients at a mosquitto of its own; 1 s of load, then a drain of at most 20 s\n"))
            #expect(run.error.contains("  checking  "))
            let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/out").sorted()
            #expect(names.count == 2)
            let path = "\(directory)/out/\(try #require(names.first))"
            #expect(path.hasSuffix("-short"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/out/latest") == names.first)
            let file = try String(contentsOfFile: path + "/result.json", encoding: .utf8)
            #expect(file.trimmingCharacters(in: .whitespacesAndNewlines) == run.output.trimmingCharacters(in: .whitespacesAndNewlines))

            let check = try await Tool.run(["check", path, "--format", "json"])
            #expect(check.code == 0, "\(check)")
            let report = try #require(try JSONSerialization.jsonObject(with: Data(check.output.utf8)) as? [String: Any])
            #expect(report["verdict"] as? String == "pass")
            // Only who made the load knows of these.
            #expect(totals.removeValue(forKey: "unsent") == 0 && totals.removeValue(forKey: "connections_lost") == 0)
            #expect(report["totals"] as? [String: Int] == totals)

            let events = try await Tool.run(["export", path])
            #expect(events.code == 0 && events.error.isEmpty)
            var seen: [String: Int] = [:]
            for line in events.output.split(separator: "\n") {
                let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                seen[try #require(event["event"] as? String), default: 0] += 1
            }
            #expect(seen["published"] == totals["published"])
            #expect(seen["delivered"] == totals["delivered"])
            #expect(seen["connected"] == 5 && seen["disconnected"] == 5 && seen["subscribed"] == 2)

            let text = try await Tool.run(["check", path])
            #expect(text.code == 0)
            #expect(text.output.hasPrefix("PASS"))
        }
    }

    @Test func quietSaysNothingOnTheWay() async throws {
        try await withTemporaryDirectory { directory in
            try shortProfile.write(toFile: directory + "/short.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "short.yaml", "--out", "out", "--quiet"], directory: directory)
            #expect(run.code == 0, "\(run)")
            #expect(run.error.isEmpty)
            #expect(run.output.hasPrefix("PASS"))
            #expect(run.output.contains("generator-limited") || run.output.contains("generator kept up"))
        }
    }

    @Test func aMissedThresholdIs99() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile.replacingOccurrences(of: "loss: [\"==0\"]", with: "throughput: [\">1000000/s\"]")
            try yaml.write(toFile: directory + "/short.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "short.yaml", "--out", "out", "--quiet"], directory: directory)
            #expect(run.code == 99, "\(run)")
            #expect(run.output.contains("✗"))
        }
    }

    /// What a profile requires has to happen, however green the rest is.
    @Test func whatIsRequiredAndDidNotHappenIs99() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile + "require: { connections_lost: \">0\", delivered: \">0\" }\n"
            try yaml.write(toFile: directory + "/short.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "short.yaml", "--out", "out", "--quiet"], directory: directory)
            #expect(run.code == 99, "\(run)")
            #expect(run.output.contains("required connections_lost >0, found 0"), "\(run)")
            #expect(run.output.contains("✗ connections_lost >0") && run.output.contains("✓ delivered >0"), "\(run)")
        }
    }

    @Test func controlCClosesTheRunProperly() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile.replacingOccurrences(of: "hold: 1s", with: "hold: 10m")
            try yaml.write(toFile: directory + "/long.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.shell(
                #"set -m; "$WAYBILL" run long.yaml --out out --quiet >summary 2>errors & \#(untilItIsTraced) kill -INT $!; wait $!"#,
                directory: directory)
            #expect(run.code == 105, "\(run)")
            let summary = try String(contentsOfFile: directory + "/summary", encoding: .utf8)
            #expect(summary.hasPrefix("PASS"), "\(summary)")
            #expect(summary.contains("interrupted"))
        }
    }

    @Test func whatAKilledRunLeftCanBeChecked() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile.replacingOccurrences(of: "hold: 1s", with: "hold: 10m")
            try yaml.write(toFile: directory + "/long.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.shell(
                #"set -m; "$WAYBILL" run long.yaml --out out --quiet & \#(untilItIsTraced) kill -KILL $!; wait $!; cat out/latest/broker.pid"#,
                directory: directory)
            // The broker must not outlive the run, however that ended.
            let broker = try #require(Int32(run.output.split(separator: "\n").last ?? ""))
            var lives = true
            for _ in 0..<100 where lives {
                lives = kill(broker, 0) == 0
                if lives { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(!lives)
            let check = try await Tool.shell("\"$WAYBILL\" check out/latest", directory: directory)
            #expect(check.code == 121, "\(check)")
            #expect(check.output.hasPrefix("INCONCLUSIVE"), "\(check)")
            // What had come to the disk is judged.
            #expect(check.output.contains("published"), "\(check)")
            // What is whole is written, what is not is told.
            let export = try await Tool.shell("\"$WAYBILL\" export out/latest --format csv", directory: directory)
            #expect(export.code == 121, "\(export.error)")
            #expect(export.output.hasPrefix("event,time,file,offset,") && export.output.contains("\npublished,"))
            #expect(export.error.contains("there is no end chunk"), "\(export.error)")
        }
    }
}
