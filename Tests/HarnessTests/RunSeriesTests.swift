import Foundation
import Measurement
import Testing
import Verification

@testable import Harness

/// The files that a run writes once a second.
@Suite struct RunSeriesTests {
    private static let profile = """
        name: series
        groups:
          - { name: readers, count: 2, subscribe: { filters: ["s/#"], qos: 1 } }
          - { name: fast, count: 2, publish: { topic: s/%i, qos: 1, size: 128, rate: 200/s, rate_per: group } }
          - { name: slow, count: 1, publish: { topic: s/x, qos: 0, size: 128, rate: 20/s } }
        phases: { warm_up: 1s, hold: 2s, drain: { quiet: 300ms } }
        """

    private func rows(_ outcome: RunOutcome) throws -> [[String: String]] {
        let text = try String(contentsOfFile: try RunDirectory(existing: outcome.directory).series, encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    /// What the rows add up to is what the trace tells.
    private func sum(_ rows: [[String: String]], _ column: String) throws -> Double {
        try rows.reduce(0) { sum, row in
            sum + (try #require(row[column].flatMap(Double.init))) * (try #require(row["interval_seconds"].flatMap(Double.init)))
        }
    }

    @Test func rowsAddUpToTheRun() async throws {
        try await Scenario(Self.profile, reactors: 2).run { outcome in
            let rows = try rows(outcome)
            let totals = outcome.check.totals
            #expect(rows.count >= 3)
            // Lengths stand there in milliseconds, so a sum may be off by half of one for each row.
            func near(_ sum: Double, _ count: Int) -> Bool { abs(sum - Double(count)) < 0.01 * Double(count) }
            #expect(near(try sum(rows, "intended_per_second"), totals.published))
            #expect(near(try sum(rows, "sent_per_second"), totals.published))
            #expect(near(try sum(rows, "acked_per_second"), totals.acked))
            #expect(near(try sum(rows, "delivered_per_second"), totals.delivered))
            #expect(rows.allSatisfy { $0["connections_open"] == "5" && $0["broker_memory_bytes"] != "" })
            let phases = rows.compactMap { $0["phase"] }
            #expect(phases.first == "warm-up" && phases.contains("hold") && phases.last == "drain")
            #expect(rows.last?["in_flight_messages"] == "0" && rows.last?["waiting_messages"] == "0")
            let distribution = try String(
                contentsOfFile: try RunDirectory(existing: outcome.directory).latencyDistribution, encoding: .utf8)
            #expect(
                distribution.contains(
                    "Total count    = \(String(repeating: " ", count: 12 - "\(outcome.latency.count)".count))\(outcome.latency.count)]"))
        }
    }

    /// The log has each message once without a tag, and once with that of its group.
    @Test(.enabled(if: PythonReader.isThere, PythonReader.missing))
    func theLogHasEveryMessage() async throws {
        try await Scenario(Self.profile).run { outcome in
            let text = try PythonReader.run(
                """
                import sys
                from collections import Counter
                from hdrh.histogram import HdrHistogram
                from hdrh.log import HistogramLogReader
                reader = HistogramLogReader(sys.argv[1], HdrHistogram(1, 3600000000000, 3))
                counts = Counter()
                while True:
                    h = reader.get_next_interval_histogram()
                    if h is None: break
                    counts[h.get_tag()] += h.get_total_count()
                for tag in sorted(counts, key=str): print(tag, counts[tag])
                """, try RunDirectory(existing: outcome.directory).latencyLog)
            let groups = Dictionary(grouping: outcome.check.parts, by: \.group).mapValues { $0.reduce(0) { $0 + $1.totals.delivered } }
            #expect(
                text.split(separator: "\n") == [
                    "None \(outcome.check.totals.delivered)", "fast \(groups["fast"] ?? 0)", "slow \(groups["slow"] ?? 0)",
                ])
        }
    }

    /// What is due at a publisher that waits for a broker is intended and waiting, second by second, and in the end unsent.
    @Test func whatWaitsIsIntended() async throws {
        let profile = """
            name: stalled
            groups:
              - { name: all, count: 1, subscribe: { filters: [t], qos: 1, stall: { after: 500ms, for: 10s } }, publish: { topic: t, qos: 1, size: 64, rate: 500/s, window: 10 } }
            phases: { hold: 3s, drain: { quiet: 200ms, limit: 1s } }
            """
        try await Scenario(profile).run { outcome in
            let rows = try rows(outcome)
            let waiting = rows.compactMap { $0["waiting_messages"].flatMap(Int.init) }
            #expect((waiting.max() ?? 0) > 500 && waiting.last == 0)
            #expect(abs(try sum(rows, "intended_per_second") - 1_500) < 20)
            // Second by second, and not when it is given up.
            for row in rows where row["phase"] == "hold" {
                #expect(abs((row["intended_per_second"].flatMap(Double.init) ?? 0) - 500) < 100)
            }
            #expect(rows.last?["unsent_messages_total"] == "\(outcome.shortfall.unsent)" && outcome.shortfall.unsent > 1_000)
        }
    }
}
