import Foundation
import Testing

/// A profile with `matrix` and `repeat`: runs in turn, an index, a table, and the worst exit code.
@Suite struct SeriesCommandTests {
    private let profile = """
        name: levels
        groups:
          - { name: pub, count: 2, publish: { topic: t/%i, qos: 1, rate: 50/s } }
          - { name: sub, count: 1, subscribe: { filters: ["t/#"], qos: 2 } }
        phases: { hold: 300ms, drain: { quiet: 200ms, limit: 20s } }

        """

    private func series(_ directory: String) throws -> (path: String, json: [String: Any]) {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/out").filter { $0 != "latest" }
        #expect(names.count == 1)
        let path = "\(directory)/out/\(names.first ?? "")"
        let data = try Data(contentsOf: URL(filePath: path + "/series.json"))
        return (path, try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]))
    }

    @Test func runsAreMadeInTurn() async throws {
        try await withTemporaryDirectory { directory in
            try (profile + "matrix: { groups.pub.publish.qos: [0, 2] }\nrepeat: 2\n").write(
                toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "p.yaml", "--out", "out"], directory: directory)
            #expect(run.code == 0, "\(run)")
            #expect(run.output.hasPrefix("qos  verdict  runs"), "\(run.output)")
            #expect(run.output.contains("medians") && run.output.contains("PASS"))
            let order = run.error.split(separator: "\n").filter { $0.hasPrefix("cell ") }
            #expect(
                order == [
                    "cell 1 of 2, run 1 of 2: groups.pub.publish.qos=0", "cell 2 of 2, run 1 of 2: groups.pub.publish.qos=2",
                    "cell 1 of 2, run 2 of 2: groups.pub.publish.qos=0", "cell 2 of 2, run 2 of 2: groups.pub.publish.qos=2",
                ])
            let (path, json) = try series(directory)
            #expect(json["complete"] as? Bool == true && json["exit_code"] as? Int == 0 && json["repeats"] as? Int == 2)
            let cells = try #require(json["cells"] as? [[String: Any]])
            for (index, qos) in [0, 2].enumerated() {
                #expect(
                    (cells[index]["parameters"] as? [[String: String]])?.first == ["path": "groups.pub.publish.qos", "value": "\(qos)"])
                let runs = try #require(cells[index]["runs"] as? [[String: Any]])
                #expect(runs.map { $0["directory"] as? String } == ["cell-\(index + 1)-run-1", "cell-\(index + 1)-run-2"])
                for run in runs {
                    // Each is a whole run, with the value in its profile.
                    let place = "\(path)/\(run["directory"] as? String ?? "")"
                    let result = try #require(
                        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: place + "/result.json"))) as? [String: Any])
                    let groups = try #require(result["groups"] as? [[String: Any]])
                    #expect(groups.map { $0["qos"] as? Int } == [qos] && run["verdict"] as? String == "pass")
                    let figures = try #require(run["figures"] as? [String: Any])
                    #expect(
                        figures["published_per_second"] as? Double == (result["throughput_per_second"] as? [String: Double])?["published"])
                    #expect((figures["broker_microseconds_per_message"] as? Double ?? 0) > 0)
                }
            }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: directory + "/out/latest").hasSuffix("-levels/cell-2-run-2"))
            let check = try await Tool.shell("\"$WAYBILL\" check out/*-levels/*", directory: directory)
            #expect(check.code == 0 && check.output.contains("4 runs"), "\(check)")
        }
    }

    /// One cell breaks a rule, one cannot be made, one is fine: all are in the index, and the worst counts.
    @Test func theWorstRunDecides() async throws {
        try await withTemporaryDirectory { directory in
            let matrix = """
                matrix:
                  target.embedded.settings: [{}, { clientid_prefixes: nobody- }]
                  thresholds.throughput: [~, [">1000000/s"]]

                """
            try (profile + matrix).write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "p.yaml", "--out", "out", "--quiet", "--format", "json"], directory: directory)
            #expect(run.code == 1, "\(run)")
            let (_, json) = try series(directory)
            #expect(json["exit_code"] as? Int == 1 && json["complete"] as? Bool == true)
            let cells = try #require(json["cells"] as? [[String: Any]])
            let runs = cells.compactMap { ($0["runs"] as? [[String: Any]])?.first }
            #expect(runs.map { $0["exit_code"] as? Int } == [0, 99, 1, 1])
            #expect((runs[2]["error"] as? String)?.contains("not authorized") == true && runs[2]["verdict"] is NSNull, "\(runs[2])")
            let printed = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
            #expect(printed?["exit_code"] as? Int == 1)
        }
    }

    @Test func whatIsWrongWithACellIsToldBeforeAnythingRuns() async throws {
        try await withTemporaryDirectory { directory in
            try (profile + "matrix: { groups.pub.publish.qos: [0, 3] }\n").write(
                toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "p.yaml", "--out", "out"], directory: directory)
            #expect(run.code == 104 && run.error.contains("p.yaml:6: groups[0].publish.qos: expected 0, 1 or 2"), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: directory + "/out"))
        }
    }

    /// The first signal ends the run that is being made and makes no other.
    @Test func anInterruptedSeriesKeepsWhatWasMade() async throws {
        try await withTemporaryDirectory { directory in
            try (profile.replacing("hold: 300ms", with: "hold: 1m") + "repeat: 5\n").write(
                toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.shell(
                "set -m; \"$WAYBILL\" run p.yaml --out out >summary 2>errors & while kill -0 $! 2>/dev/null && [ \"$(cat out/*/*/*.trace 2>/dev/null | wc -c)\" -lt 1000 ]; "
                    + "do sleep 0.05; done; kill -INT $!; wait $!", directory: directory)
            #expect(run.code == 105, "\(run)")
            let (_, json) = try series(directory)
            #expect(json["exit_code"] as? Int == 105 && json["complete"] as? Bool == false)
            let cells = try #require(json["cells"] as? [[String: Any]])
            #expect((cells[0]["runs"] as? [[String: Any]])?.map { $0["exit_code"] as? Int } == [105])
            #expect(try String(contentsOfFile: directory + "/summary", encoding: .utf8).contains("Not every run was made: 1 of 5."))
        }
    }
}
