import Measurement
import Testing

@testable import Harness
@testable import Workload

/// What ends a run is what its profile says, and not before that.
@Suite struct AbortWatchTests {
    private static let second: UInt64 = 1_000_000_000

    private func watch(_ conditions: String) throws -> AbortWatch {
        let profile = try Profile.parse(
            yaml: """
                name: p
                groups: [{ name: g, count: 1, publish: { topic: t, qos: 1, rate: 1/s } }]
                phases: { warm_up: 2s, hold: 10s }
                abort: { \(conditions) }
                """, file: "p.yaml")
        let times = PhaseTimes(start: 100 * Self.second, hold: 102 * Self.second, end: 112 * Self.second)
        return AbortWatch(profile.abort, times)
    }

    private func reading(_ latency: Int64? = nil, _ change: (inout RunCounts) -> Void = { _ in }) -> RunReading {
        var reading = RunReading()
        if let latency {
            var histogram = LatencyHistogram()
            histogram.record(latency)
            reading.latencies = [histogram]
        }
        change(&reading.counts)
        return reading
    }

    @Test func latencyIsThatOfTheHold() throws {
        var watch = try watch("latency: [max<1ms]")
        // What was slow in the warm-up is none, nor what a reading has of both.
        for time in [101, 102, 103] as [UInt64] {
            let slow: Int64? = time < 103 ? 5_000_000_000 : nil
            #expect(watch.look(reading(slow), standstill: 0, at: time * Self.second) == nil)
        }
        #expect(watch.look(reading(2_000_000), standstill: 0, at: 104 * Self.second)?.atSeconds == 4)
    }

    @Test func nothingEndsARunBeforeTheDelay() throws {
        var watch = try watch("after: 5s, connections_lost: [<2]")
        let lost = reading { $0.connectionsLost = 2 }
        #expect(watch.look(lost, standstill: 0, at: 104 * Self.second) == nil)
        #expect(
            watch.look(lost, standstill: 0, at: 105 * Self.second)
                == .init(condition: "connections_lost <2", value: 2, isTime: false, atSeconds: 5))
    }

    /// What the profile itself asks for ends no run.
    @Test(
        arguments: [
            ("unsent: [<5]", 4, nil), ("unsent: [<5]", 5, "unsent <5"), ("unknown: [==0]", 0, nil), ("unknown: [==0]", 1, "unknown ==0"),
            ("late: [<=3]", 3, nil), ("late: [<=3]", 4, "late <=3"), ("refused: [==0], late: [==0]", 1, "refused ==0"),
        ] as [(String, Int, String?)])
    func countsEndIt(conditions: String, count: Int, ended: String?) throws {
        var watch = try watch(conditions)
        let reading = reading {
            ($0.waiting, $0.excusedWaiting) = (count + 7, 7)
            ($0.unknown, $0.excusedUnknown) = (count + 3, 3)
            ($0.late, $0.refused) = (count, count)
        }
        #expect(watch.look(reading, standstill: 0, at: 101 * Self.second)?.condition == ended)
    }

    @Test func aStandstillEndsIt() throws {
        var watch = try watch("standstill: [<3s]")
        #expect(watch.look(reading(), standstill: 2.9, at: 103 * Self.second) == nil)
        #expect(watch.look(reading(), standstill: 3, at: 104 * Self.second)?.isTime == true)
    }
}
