internal import Foundation
internal import Measurement
internal import Reactor

/// What a run writes down once a second while it goes on: `series.csv` and `latency.hlog`. Each row is on its way to the disk when the call returns, so a
/// run that is killed keeps what it has written.
struct RunSeries {
    private let rows: LineFile
    private let log: LineFile
    /// What latencies are divided into.
    private let groups: [String]
    private var meter: SeriesMeter
    private let broker: Int32?
    private var previousTime: UInt64
    private let start: UInt64

    /// Begins both files.
    /// - Parameters:
    ///   - start: when the load starts, in nanoseconds of the monotonic clock.
    ///   - broker: the process of a broker of the run's own.
    /// - Throws: ``HarnessError`` where they cannot be written.
    init(in directory: RunDirectory, groups: [String], start: UInt64, broker: Int32?) throws(HarnessError) {
        rows = try LineFile(directory.series)
        log = try LineFile(directory.latencyLog)
        self.groups = groups
        self.start = start
        self.broker = broker
        meter = SeriesMeter(start: start, usage: .init(beside: broker))
        previousTime = start
        try rows.write(SeriesRow.header)
        let ahead = Double(Int64(bitPattern: start &- MonotonicClock.now)) / 1e9
        try log.write(HistogramLog.header(start: Date().timeIntervalSince1970 + ahead))
    }

    /// Writes what happened since the call before.
    /// - Parameters:
    ///   - all: the latencies of all groups.
    ///   - summary: its figures; to find them takes a walk through all of it for each.
    /// - Throws: ``HarnessError`` where it cannot be written.
    mutating func write(_ reading: RunReading, _ all: LatencyHistogram, _ summary: LatencySummary, at now: UInt64, in stage: RunStage)
        throws(HarnessError)
    {
        // A run that ends before its load begins has nothing to tell.
        guard now > previousTime else { return }
        try rows.write(meter.read(at: now, in: stage, reading.counts, latency: summary, usage: .init(beside: broker)).line)
        let (begin, length) = (Double(previousTime - start) / 1e9, Double(now - previousTime) / 1e9)
        try log.write(HistogramLog.line(tag: nil, begin: begin, length: length, all))
        // The tags of one group alone would say the same again.
        for (group, latency) in zip(groups, reading.latencies) where groups.count > 1 && latency.count > 0 {
            try log.write(HistogramLog.line(tag: group, begin: begin, length: length, latency))
        }
        previousTime = now
    }
}
