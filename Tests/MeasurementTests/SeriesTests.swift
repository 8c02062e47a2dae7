import Glibc
import Testing

@testable import Measurement

@Suite struct SeriesTests {
    private func columns(_ row: SeriesRow) -> [String: String] {
        let names = SeriesRow.header.dropLast().split(separator: ",").map(String.init)
        let values = row.line.dropLast().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        #expect(names.count == values.count && row.line.hasSuffix("\n"))
        return Dictionary(uniqueKeysWithValues: zip(names, values))
    }

    private func usage(_ generator: Double?, _ broker: Double?) -> SeriesMeter.Usage {
        .init(generatorSeconds: generator, generatorBytes: 4_096, brokerSeconds: broker, brokerBytes: broker.map { _ in 8_192 })
    }

    /// Rates are of the time since the row before, and totals of the run.
    @Test func aRowSaysWhatHappenedSinceTheOneBefore() {
        var meter = SeriesMeter(start: 1_000_000_000, usage: usage(2, 1))
        var counts = RunCounts()
        (counts.intended, counts.sent, counts.acked, counts.received, counts.late) = (1_200, 1_000, 900, 3_000, 4)
        (counts.unsent, counts.connectionsLost, counts.connectionsResumed, counts.connectionsOpen) = (1, 2, 1, 49)
        _ = meter.read(at: 3_000_000_000, in: .warmUp, counts, latency: LatencySummary(), usage: usage(3, 1.5))
        counts.sent += 250
        counts.late += 1
        (counts.inFlight, counts.waiting) = (7, 11)
        var latency = LatencyHistogram()
        for value in 1...100 as ClosedRange<Int64> { latency.record(value * 1_000) }
        let row = columns(meter.read(at: 3_500_000_000, in: .hold, counts, latency: latency.summary, usage: usage(3.25, 2)))
        let expected = [
            "time_seconds": "2.500", "interval_seconds": "0.500", "phase": "hold", "intended_per_second": "0.0", "sent_per_second": "500.0",
            "acked_per_second": "0.0", "delivered_per_second": "0.0", "latency_p50_seconds": "0.000050015",
            "latency_p90_seconds": "0.000090047", "latency_p99_seconds": "0.000099007", "latency_max_seconds": "0.000100000",
            "in_flight_messages": "7", "waiting_messages": "11", "late_messages": "1", "unsent_messages_total": "1",
            "refused_messages_total": "0", "connections_open": "49", "connections_lost_total": "2", "connections_resumed_total": "1",
            "generator_cpu_cores": "0.500", "generator_memory_bytes": "4096", "broker_cpu_cores": "1.000", "broker_memory_bytes": "8192",
        ]
        for (name, value) in expected { #expect(row[name] == value, "\(name)") }
        #expect(row.count == expected.count)
    }

    /// What was not measured is empty, and never 0.
    @Test func whatWasNotMeasuredIsEmpty() {
        var meter = SeriesMeter(start: 0, usage: usage(1, nil))
        let row = columns(meter.read(at: 1_000_000_000, in: .hold, RunCounts(), latency: LatencySummary(), usage: usage(1, nil)))
        for name in ["latency_p50_seconds", "latency_max_seconds", "broker_cpu_cores", "broker_memory_bytes"] { #expect(row[name] == "") }
        #expect(row["sent_per_second"] == "0.0" && row["generator_cpu_cores"] == "0.000")
    }

    @Test func memoryIsThatOfTheProcess() throws {
        let own = try #require(ProcessUsage.memoryBytes())
        #expect(own > 1 << 20 && own <= (ProcessUsage.peakMemoryBytes() ?? 0) + 1 << 24)
        #expect(ProcessUsage.memoryBytes(ofProcess: getpid()) != nil)
        #expect(ProcessUsage.memoryBytes(ofProcess: .max) == nil)
    }
}
