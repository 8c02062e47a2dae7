import Testing

@testable import Measurement

@Suite("Progress")
struct ProgressTests {
    @Test("Each reading covers the time since the one before")
    func readings() {
        var meter = ProgressMeter(start: 5_000_000_000)
        var counts = RunCounts()
        counts.sent = 1_000
        counts.acked = 900
        counts.received = 2_000
        counts.late = 3
        counts.inFlight = 100
        let first = meter.read(at: 7_000_000_000, in: .hold, counts, latency: LatencySummary(count: 7))
        #expect(
            first
                == ProgressSample(
                    time: 2, stage: .hold, sentPerSecond: 500, ackedPerSecond: 450, receivedPerSecond: 1_000,
                    latency: LatencySummary(count: 7), late: 3,
                    inFlight: 100))

        counts.sent += 50
        counts.late += 1
        counts.inFlight = 20
        let second = meter.read(at: 7_500_000_000, in: .hold, counts, latency: LatencySummary())
        #expect(
            second
                == ProgressSample(
                    time: 2.5, stage: .hold, sentPerSecond: 100, ackedPerSecond: 0, receivedPerSecond: 0, latency: LatencySummary(),
                    late: 1, inFlight: 20
                ))
    }

    @Test("A reading at the time of the one before has no rates")
    func noTime() {
        var meter = ProgressMeter(start: 1_000)
        var counts = RunCounts()
        counts.sent = 5
        let sample = meter.read(at: 1_000, in: .hold, counts, latency: LatencySummary())
        #expect(sample.sentPerSecond == 0)
        #expect(sample.time == 0)
    }

    @Test("A span without length has no rate")
    func rates() {
        #expect(perSecond(10, from: 1_000_000_000, to: 5_000_000_000) == 2.5)
        #expect(perSecond(10, from: 5, to: 5) == nil)
        #expect(perSecond(10, from: 6, to: 5) == nil)
    }

    @Test("Counts of parts add up")
    func addition() {
        var one = RunCounts()
        one.sent = 1
        one.acked = 2
        one.received = 3
        one.late = 4
        one.inFlight = 5
        var sum = one
        sum += one
        #expect([sum.sent, sum.acked, sum.received, sum.late, sum.inFlight] == [2, 4, 6, 8, 10])
    }
}
