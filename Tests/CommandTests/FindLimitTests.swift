import Foundation
import Testing

/// `waybill find-limit` at a mosquitto whose limit is known: its queue.
@Suite struct FindLimitTests {
    private func queue() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Profiles/limit-queue.yaml")
            .standardizedFileURL
        return try String(contentsOf: file, encoding: .utf8)
    }

    private func find(_ yaml: String, _ arguments: [String], _ body: (Finished, [String: Any], String) throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.run(
                ["find-limit", "p.yaml", "--out", "out", "--quiet", "--format", "json"] + arguments, directory: directory)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/out").filter { $0.hasSuffix("-limit") }
            let json = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
            try body(finished, try #require(json, "\(finished)"), "\(directory)/out/\(try #require(names.first))")
        }
    }

    /// A subscriber reads nothing for a second, and the broker keeps 120 messages for it.
    @Test func theLimitOfAQueueIsFound() async throws {
        try await find(queue(), ["--searches", "3", "--precision", "8", "--set", "groups.publisher.publish.rate=100/s"]) {
            finished, json, directory in
            #expect(finished.code == 0, "\(finished)")
            #expect(json["answer"] as? String == "limit")
            let low = try #require(json["low_per_second"] as? Double)
            let high = try #require(json["high_per_second"] as? Double)
            #expect(low <= 122 && high >= 118 && high / low < 1.5, "\(low) to \(high)")
            let trials = try #require(json["trials"] as? [[String: Any]])
            #expect(trials.contains { ($0["why"] as? String)?.hasPrefix("lost ") == true })
            // Each trial is a whole run, and the curve has a row for each.
            let csv = try String(contentsOfFile: directory + "/curve.csv", encoding: .utf8).split(separator: "\n")
            #expect(csv.count == trials.count + 1)
            for trial in trials {
                let place = "\(directory)/\(trial["directory"] as? String ?? "")/result.json"
                #expect(FileManager.default.fileExists(atPath: place), "\(place)")
            }
            let rates = trials.compactMap { $0["rate_per_second"] as? Double }
            for share in [0.2, 0.4, 0.6, 0.8] {
                let wanted = (json["limit_per_second"] as? Double ?? 0) * share
                #expect(rates.contains { abs($0 - wanted) < 1e-6 * wanted })
            }
        }
    }

    @Test func whatDoesNotHoldAtAllIsNoMatterOfTheRate() async throws {
        let arguments = ["--from", "40/s", "--to", "60/s", "--set", "target.embedded.settings.max_queued_messages=1"]
        try await find(queue(), arguments) { finished, json, _ in
            #expect(finished.code == 120 && json["answer"] as? String == "below_range", "\(finished)")
            #expect((json["sentence"] as? String)?.contains("hardly a matter of the rate") == true)
        }
    }

    @Test func whatHoldsThroughoutIsAboveTheRange() async throws {
        try await find(queue(), ["--to", "55/s"]) { finished, json, _ in
            #expect(finished.code == 121 && json["answer"] as? String == "above_range" && json["limit_per_second"] is NSNull, "\(finished)")
        }
    }

    @Test(arguments: [
        (["--from", "fast"], "--from fast: expected a rate, as 100/s."), (["--from", "9/s", "--to", "3/s"], "--from is not below --to"),
        (["--precision", "0"], "--precision is 0.0; expected 1 to 50"), (["--searches", "1"], "--searches is 1; expected 2 to 50"),
        (["--confidence", "100"], "--confidence is 100.0"), (["--set", "repeat=2"], "p.yaml has matrix or repeat"),
        (["--set", "groups.publisher.publish.rate=unlimited"], "groups[0].publish.rate: is unlimited, and a trial is of a rate"),
        (["--set", "groups.publisher.publish.messages=5"], "groups[0].publish.messages: would make a trial the shorter"),
    ])
    func whatCannotBeSearchedIsRefused(arguments: [String], says: String) async throws {
        try await withTemporaryDirectory { directory in
            try try queue().write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.run(["find-limit", "p.yaml", "--quiet"] + arguments, directory: directory)
            #expect(finished.code == 104 && finished.error.contains(says), "\(finished)")
            #expect(!FileManager.default.fileExists(atPath: directory + "/runs"))
        }
    }
}
