import Measurement
import Testing

@testable import Harness

@Suite struct LoadStatisticsTests {
    private static let limit = LoadStatistics.lateAfter
    private var statistics: LoadStatistics = {
        var statistics = LoadStatistics(groups: 2)
        statistics.span = .init(begin: 1_000, end: 2_000_000_000)
        return statistics
    }()

    @Test mutating func aSendIsLateOnlyBeyondTheLimit() {
        statistics.sent(group: 0, qos: 1, intended: 5_000, at: 5_000 + Self.limit, blocked: false)
        #expect(statistics.counts.sent == 1 && statistics.counts.late == 0)
        statistics.sent(group: 0, qos: 1, intended: 5_000, at: 5_001 + Self.limit, blocked: false)
        #expect(statistics.counts.sent == 2 && statistics.counts.late == 1 && statistics.late == 1 && statistics.lateByGenerator == 1)
    }

    /// What waited for credit waited for the broker, and the generator is not to blame.
    @Test mutating func aBlockedSendIsLateAndNotTheGeneratorsFault() {
        statistics.sent(group: 0, qos: 1, intended: 5_000, at: 5_001 + Self.limit, blocked: true)
        #expect(statistics.late == 1 && statistics.lateByGenerator == 0)
    }

    @Test mutating func outsideTheHoldNothingIsMeasured() {
        statistics.sent(group: 0, qos: 1, intended: 0, at: 999, blocked: false)
        statistics.sent(group: 0, qos: 1, intended: 999, at: 1_000 + 2 * Self.limit, blocked: false)
        #expect(statistics.counts.late == 1 && statistics.late == 0)
        statistics.received(group: 0, qos: 1, intended: 999, sent: 999, at: 1_500, isRetained: false)
        #expect(statistics.parts[1]?.received == 1)
        #expect(statistics.parts[1]?.fromIntended.summary.count == 0)
        statistics.received(group: 0, qos: 1, intended: 1_000, sent: 1_200, at: 3_000_000_000, isRetained: false)
        #expect(statistics.parts[1]?.received == 1)
        #expect(statistics.parts[1]?.fromIntended.summary.count == 1)
        #expect(statistics.counts.received == 2)
    }

    @Test mutating func latencyCountsFromBothTimes() throws {
        statistics.received(group: 1, qos: 2, intended: 2_000, sent: 500_002_000, at: 800_002_000, isRetained: false)
        let part = try #require(statistics.parts[5])
        #expect(abs((part.fromIntended.summary.max ?? 0) - 0.8) < 0.001)
        #expect(abs((part.fromSend.summary.max ?? 0) - 0.3) < 0.001)
        #expect(statistics.parts.count { $0 != nil } == 1)
    }

    /// It was sent before anybody asked for it, so its age is no latency.
    @Test mutating func aRetainedMessageHasNoLatency() {
        statistics.received(group: 0, qos: 0, intended: 2_000, sent: 2_000, at: 3_000, isRetained: true)
        #expect(statistics.counts.received == 1 && statistics.parts.allSatisfy { $0 == nil })
    }

    @Test mutating func reactorsAddUp() {
        var other = statistics
        for qos in [0, 2] as [UInt8] {
            statistics.sent(group: 0, qos: qos, intended: 2_000, at: 2_000, blocked: false)
            other.sent(group: 1, qos: qos, intended: 2_000, at: 3_000 + Self.limit, blocked: false)
        }
        other.sent(group: 0, qos: 2, intended: 2_000, at: 2_000, blocked: false)
        statistics += other
        #expect(statistics.parts.map { $0?.sent ?? 0 } == [1, 0, 2, 1, 0, 1])
        #expect(statistics.counts.sent == 5 && statistics.late == 2)
    }

    /// Late is what was sent late; what never left is another matter, and stands among the latencies.
    @Test mutating func whatNeverLeftIsUnsentAndStandsInTheLatencies() throws {
        for _ in 0..<3 {
            statistics.sent(group: 0, qos: 1, intended: 2_000, at: 2_000, blocked: false)
            statistics.received(group: 0, qos: 1, intended: 2_000, sent: 2_000, at: 3_000, isRetained: false)
        }
        statistics.unsent(group: 0, qos: 1, intended: 2_000, until: 2_000_002_000, isExcused: false)
        statistics.unsent(group: 0, qos: 1, intended: 10, until: 2_000_002_000, isExcused: true)
        #expect(statistics.counts.unsent == 2 && statistics.excusedUnsent == 1 && statistics.unsentInSpan == 1)
        #expect(statistics.counts.late == 0 && statistics.late == 0 && statistics.lateByGenerator == 0)
        let part = try #require(statistics.parts[1])
        #expect(part.latency.count == 4 && part.latency.bounds == 1)
        #expect(try #require(part.latency.maximum) > 1.9)
        #expect(part.fromSend.count == 3, "what never left has no time from its send")
    }

    /// Where each message goes to many, one that never left would have gone to as many.
    @Test mutating func whatNeverLeftWeighsAsMuchAsWhatLeft() throws {
        statistics.sent(group: 0, qos: 0, intended: 2_000, at: 2_000, blocked: false)
        for _ in 0..<100 { statistics.received(group: 0, qos: 0, intended: 2_000, sent: 2_000, at: 3_000, isRetained: false) }
        statistics.unsent(group: 0, qos: 0, intended: 2_000, until: 1_000_002_000, isExcused: false)
        let latency = try #require(statistics.parts[0]).latency
        #expect(latency.count == 200 && latency.bounds == 100)
        #expect(try #require(latency.percentile(75)) > 0.9)
    }
}
