import Foundation
import Testing

/// The formats themselves are tested where they are made; here is what the command makes of files, slices and damage.
@Suite struct ExportTests {
    private func export(_ fixture: TraceFixture, _ arguments: String...) async throws -> Finished {
        try await withTemporaryDirectory { directory in
            try await fixture.write(to: directory + "/run")
            return try await Tool.run(["export", "run"] + arguments, directory: directory)
        }
    }

    /// Two lines an event: what it is, and its process with its clock.
    private func events(_ log: String) throws -> [(text: String, host: String, clock: [String: Int])] {
        let lines = log.split(separator: "\n").map(String.init)
        return try stride(from: 0, to: lines.count, by: 2).map { index in
            let parts = lines[index + 1].split(separator: " ", maxSplits: 1)
            let clock = try #require(try JSONSerialization.jsonObject(with: Data(String(parts[1]).utf8)) as? [String: Int])
            return (lines[index], String(parts[0]), clock)
        }
    }

    @Test func shivizMergesTheFilesThoughOneClockIsBehind() async throws {
        let finished = try await export(TraceFixture(skew: 900_000), "--format", "shiviz")
        #expect(finished.code == 0, "\(finished.error)")
        let events = try events(finished.output)
        #expect(events.map(\.host).count { $0 == "p-0" } == 9 && events.map(\.host).count { $0 == "s-0" } == 6)
        // The first delivery: connected and subscribed before it, and two events of the publisher in its past.
        let delivery = try #require(events.first { $0.text.hasPrefix("delivered t/0 #1 of p-0") })
        #expect(delivery.clock == ["p-0": 2, "s-0": 3])
    }

    @Test func aSliceAroundAWitnessBeginsAtOne() async throws {
        let fixture = TraceFixture(published: 20, delivered: (1...20).filter { $0 != 12 })
        let finished = try await export(fixture, "--format", "shiviz", "--around", "lost-1")
        #expect(finished.code == 0, "\(finished.error)")
        let events = try events(finished.output)
        #expect(
            events.contains { $0.text == "published t/0 #12 (QoS 1)" } && events.contains { $0.text.hasPrefix("delivered t/0 #13 of p-0") })
        #expect(!events.contains { $0.text.contains("#10 ") || $0.text.contains("#15 ") })
        for host in ["p-0", "s-0"] {
            let own = events.filter { $0.host == host }.map { $0.clock[host] ?? 0 }
            #expect(!own.isEmpty && own == Array(1...own.count))
        }
    }

    @Test func aSpanOfTimeIsCutFromEveryFormat() async throws {
        // Messages are 10 ms apart, and the first event is at 1 ms.
        let lines = try await export(TraceFixture(published: 9, delivered: []), "--from", "38ms", "--to", "60ms")
        #expect(lines.output.split(separator: "\n").count { $0.contains("\"event\":\"published\"") } == 3, "\(lines.output)")
        let rows = try await export(TraceFixture(published: 9, delivered: []), "--from", "38ms", "--to", "60ms", "--format", "csv")
        #expect(rows.output.hasPrefix("event,time,") && rows.output.split(separator: "\n").count { $0.hasPrefix("published,") } == 3)
        let chrome = try await export(TraceFixture(published: 9), "--to", "19200us", "--format", "chrome")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(chrome.output.utf8)) as? [String: Any])
        let events = try #require(object["traceEvents"] as? [[String: Any]])
        #expect(events.count { $0["ph"] as? String == "X" } == 2)
        #expect(events.count { $0["ph"] as? String == "f" } == 1)
    }

    @Test func filesAndRunsAreNotMixed() async throws {
        try await withTemporaryDirectory { directory in
            let one = try await TraceFixture(run: 1).write(to: directory + "/one")
            let other = try await TraceFixture(run: 2).write(to: directory + "/other")
            let files = try await Tool.run(["export"] + one)
            #expect(files.code == 0 && files.output.split(separator: "\n").count == 16, "\(files)")
            for mix in [[one[0], other[1]], [directory + "/one", directory + "/other"]] {
                let finished = try await Tool.run(["export"] + mix)
                #expect(finished.code == 104 && finished.output.isEmpty && finished.error.split(separator: "\n").count == 1, "\(finished)")
            }
        }
    }

    @Test(arguments: ["jsonl", "csv", "shiviz", "chrome"])
    func damageIsToldAndTheRestIsWritten(format: String) async throws {
        try await withTemporaryDirectory { directory in
            let paths = try await TraceFixture().write(to: directory + "/run")
            // Without its end chunk the file was not closed.
            let bytes = try Data(contentsOf: URL(filePath: paths[1]))
            try bytes.dropLast(56).write(to: URL(filePath: paths[1]))
            let finished = try await Tool.run(["export", "run", "--format", format], directory: directory)
            #expect(finished.code == 121 && finished.error.contains("subscriber.trace: it was not closed"), "\(finished.error)")
            #expect(finished.output.contains("delivered"))
        }
    }
}
