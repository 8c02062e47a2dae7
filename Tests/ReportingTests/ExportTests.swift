import Foundation
import Testing
import Trace

@testable import Reporting

/// Logs for other programs, held against the rules of those programs and against plain reachability.
@Suite("Exports")
struct ExportTests {
    private func shiviz(_ files: [TraceFile], _ slice: TraceSlice) -> String {
        var log = ""
        _ = ShiVizLog(files, slice).write { log += $0 + "\n" }
        return log
    }

    private struct Entry {
        var host: String
        var clock: [String: Int]
    }

    /// Reads a log as ShiViz does: by the regular expression alone.
    private func parse(_ log: String) throws -> [Entry] {
        let parser = try NSRegularExpression(pattern: ShiVizLog.parser.replacing("{.*}", with: "\\{.*\\}"))
        return try parser.matches(in: log, range: NSRange(log.startIndex..., in: log)).map { match in
            func part(_ name: String) throws -> String { String(log[try #require(Range(match.range(withName: name), in: log))]) }
            let clock = try #require(try JSONSerialization.jsonObject(with: Data(try part("clock").utf8)) as? [String: Int])
            return Entry(host: try part("host"), clock: clock)
        }
    }

    /// What ShiViz refuses a log for, and that no clock names what is not in the log before it.
    private func checkRules(_ log: [Entry], _ comment: Comment) {
        var last: [String: [String: Int]] = [:]
        var count: [String: Int] = [:]
        for entry in log {
            count[entry.host, default: 0] += 1
            #expect(entry.clock[entry.host] == count[entry.host], comment)
            for (host, value) in last[entry.host] ?? [:] { #expect(entry.clock[host] ?? 0 >= value, comment) }
            for (host, value) in entry.clock { #expect(value >= 1 && value <= count[host] ?? 0, comment) }
            last[entry.host] = entry.clock
        }
    }

    @Test(arguments: RandomRun.seeds(400))
    func everyClockSaysWhatReallyCameBefore(seed: UInt64) async throws {
        let run = RandomRun(seed: seed)
        try await withTemporaryDirectory { directory in
            let files = try await run.write(to: directory)
            var random = SplitMix(state: seed &+ 77)
            let times = RunClock(files)
            let last = run.steps.indices.map { times.nanoseconds(run.time($0), file: run.file(run.steps[$0].process)) }.max() ?? 0
            let from = Bool.random(using: &random) ? 0 : UInt64.random(in: 0...last, using: &random)
            let to = Bool.random(using: &random) ? UInt64.max : UInt64.random(in: from...max(from, last), using: &random)
            let log = try parse(shiviz(files, TraceSlice(files, from: from, to: to)))
            let comment: Comment = "WAYBILL_SEED=\(seed)"
            checkRules(log, comment)

            // The steps of the slice, process by process: the nth entry of a process is the nth of its steps.
            let inside = run.steps.indices.filter { step in
                let time = times.nanoseconds(run.time(step), file: run.file(run.steps[step].process))
                return from <= time && time <= to
            }
            #expect(log.count == inside.count, comment)
            for entry in log {
                let own = inside.filter { "p_\(run.steps[$0].process)" == entry.host }
                let past = run.past(of: own[(entry.clock[entry.host] ?? 1) - 1])
                for process in 1...run.processes {
                    let known = inside.count { run.steps[$0].process == process && past.contains($0) }
                    #expect(entry.clock["p_\(process)"] ?? 0 == known, comment)
                }
            }
        }
    }

    /// The order of a merged trace keeps each file's order and puts nothing before its cause, whatever the clocks say.
    @Test(arguments: RandomRun.seeds(200))
    func mergingKeepsCausesBeforeEffects(seed: UInt64) async throws {
        let run = RandomRun(seed: seed)
        try await withTemporaryDirectory { directory in
            let files = try await run.write(to: directory)
            var merged = MergedTrace(files)
            var offsets: [Int: Int] = [:]
            var published: Set<[UInt64]> = []
            var count = 0
            while let element = merged.next() {
                count += 1
                #expect(offsets[element.file] ?? -1 < element.offset, "WAYBILL_SEED=\(seed)")
                offsets[element.file] = element.offset
                switch element.event {
                case .published(let event): published.insert([UInt64(event.process), event.sequence])
                case .delivered(let event):
                    #expect(published.contains([UInt64(event.publisher), event.sequence]), "WAYBILL_SEED=\(seed)")
                default: break
                }
            }
            #expect(count == run.steps.count && merged.damages.isEmpty)
        }
    }

    private func chrome(_ files: [TraceFile], _ slice: TraceSlice) throws -> [[String: Any]] {
        var text = ""
        _ = ChromeTrace(files, slice).write { text += $0 }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        return try #require(object["traceEvents"] as? [[String: Any]])
    }

    /// What the viewers demand: numbers and names in their places, ends with beginnings, arrows that begin and end at slices.
    private func checkChrome(_ events: [[String: Any]], _ comment: Comment) throws {
        func text(_ event: [String: Any], _ key: String) -> String { event[key] as? String ?? "" }
        func track(_ event: [String: Any]) -> [Int] { [event["pid"] as? Int ?? -1, event["tid"] as? Int ?? 0] }
        func time(_ event: [String: Any]) -> Double { (event["ts"] as? NSNumber)?.doubleValue ?? .nan }
        let named = Set(events.filter { text($0, "name") == "thread_name" }.map(track))
        let groups = Set(events.filter { text($0, "name") == "process_name" }.compactMap { $0["pid"] as? Int })
        var open: [String: Double] = [:]
        for event in events where text(event, "ph") != "M" {
            #expect(time(event) >= 0 && !text(event, "name").isEmpty && !text(event, "cat").isEmpty, comment)
            #expect(groups.contains(track(event)[0]), comment)
            if track(event)[0] != 0 { #expect(named.contains(track(event)), comment) }
            let key = "\(text(event, "cat")) \(text(event, "id")) \(track(event))"
            switch text(event, "ph") {
            case "b": #expect(open.updateValue(time(event), forKey: key) == nil, comment)
            case "e":
                let begin = open.removeValue(forKey: key)
                #expect(try #require(begin) <= time(event), comment)
            case "s", "f":
                let isBound = events.contains {
                    ["X", "i"].contains(text($0, "ph")) && track($0) == track(event) && time($0) == time(event)
                }
                #expect(isBound, comment)
            case "i", "C": break
            case "X": #expect((event["dur"] as? NSNumber)?.doubleValue ?? 0 > 0, comment)
            default: Issue.record("an event of kind \(text(event, "ph"))")
            }
        }
        #expect(open.isEmpty, comment)
        let starts = events.filter { text($0, "ph") == "s" }.map { text($0, "id") }
        let ends = events.filter { text($0, "ph") == "f" }
        #expect(Set(starts).count == starts.count && Set(starts) == Set(ends.map { text($0, "id") }) && starts.count == ends.count, comment)
        #expect(ends.allSatisfy { text($0, "bp") == "e" }, comment)
    }

    @Test(arguments: RandomRun.seeds(60))
    func everyArrowHasItsEnds(seed: UInt64) async throws {
        let run = RandomRun(seed: seed)
        try await withTemporaryDirectory { directory in
            let files = try await run.write(to: directory)
            let comment: Comment = "WAYBILL_SEED=\(seed)"
            let events = try chrome(files, TraceSlice(files))
            try checkChrome(events, comment)
            #expect(events.count { $0["ph"] as? String == "f" } == run.steps.count { $0.delivers != nil }, comment)
            #expect(events.count { $0["ph"] as? String == "X" } == run.steps.count { $0.publishes != nil }, comment)
            try checkChrome(try chrome(files, TraceSlice(files, from: 4_000, to: 9_000)), comment)
        }
    }

    @Test func locksAndOutcomesAreSpans() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let path = directory.appending(path: "a.trace").path
            let writer = try TraceWriter(path: path, run: 3, writer: 1, name: "w")
            writer.define(process: 1, name: "till \"1\"\n", group: "tills")
            writer.mark(at: 1_000, .hold, text: "")
            writer.acquired(process: 1, at: 5_250, lock: "till", token: 1, read: 0, delta: 1, invoked: 4_000)
            writer.released(process: 1, at: 9_000, lock: "till", token: 1, written: 1, invoked: 8_000)
            writer.acquired(process: 1, at: 9_500, lock: "till", token: 2, read: 0, delta: 1, invoked: 9_400)
            writer.counted(process: 1, at: 9_600, counter: "till", value: 1)
            writer.connectionRefused(process: 2, at: 9_700, reason: 5)
            for (at, granted) in [(9_610, 1), (9_620, 0x80), (9_630, TraceEvent.Subscribed.unanswered)] as [(UInt64, UInt8)] {
                writer.subscribed(process: 2, at: at, filter: "a", requested: 1, granted: granted)
            }
            try await writer.close()
            let files = [try TraceFile(path: path)]
            let all = try chrome(files, TraceSlice(files))
            func events(_ phase: String, _ name: String) -> [Double] {
                all.filter { $0["ph"] as? String == phase && $0["name"] as? String == name }.compactMap {
                    ($0["ts"] as? NSNumber)?.doubleValue
                }
            }
            #expect(events("b", "wait for till") == [3, 8.4] && events("e", "wait for till") == [4.25, 8.5])
            #expect(events("b", "hold till") == [4.25, 8.5] && events("e", "hold till") == [8, 8.7])
            #expect(events("C", "till") == [8.6])
            #expect(events("i", "hold") == [0])
            // A process without a name has a track of the run.
            #expect(events("i", "connection refused") == [8.7])
            #expect(events("i", "subscribed to a (QoS 1 asked, 1 granted)") == [8.61])
            #expect(events("i", "subscribed to a (QoS 1 asked, refused)") == [8.62])
            #expect(events("i", "subscribed to a (QoS 1 asked, no answer)") == [8.63])
            #expect(all.contains { ($0["args"] as? [String: Any])?["name"] as? String == "till \"1\"\n" })
        }
    }

    @Test func namesThatAreAlikeAreToldApart() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let path = directory.appending(path: "a.trace").path
            let writer = try TraceWriter(path: path, run: 3, writer: 1, name: "w")
            for process in 1...3 as ClosedRange<UInt32> {
                writer.define(process: process, name: process == 3 ? "a_b" : "a b", group: "g")
                writer.connected(process: process, at: 1_000, sessionPresent: false, clean: true)
            }
            try await writer.close()
            let files = [try TraceFile(path: path)]
            let log = try parse(shiviz(files, TraceSlice(files)))
            #expect(Set(log.map(\.host)).count == 3 && log.allSatisfy { $0.clock == [$0.host: 1] })
        }
    }
}
