/// One reading of a run, over the time since the reading before it.
package struct ProgressSample: Equatable, Sendable {
    /// Seconds from the start of the run to this reading.
    package var time: Double
    /// The part of the run that most of this time belongs to.
    package var stage: RunStage
    /// Messages sent per second.
    package var sentPerSecond: Double
    /// Publishes acknowledged per second.
    package var ackedPerSecond: Double
    /// Messages received per second.
    package var receivedPerSecond: Double
    /// Latencies of the messages that arrived since the reading before.
    package var latency: LatencySummary
    /// Messages sent late since the reading before.
    package var late: Int
    /// Publishes in flight at this moment.
    package var inFlight: Int
    /// What should be 0, since the start of the run.
    package var trouble: Trouble

    /// What should be 0 in a run, counted from its start.
    package struct Trouble: Equatable, Sendable {
        /// Messages that the broker refused, or would not have taken.
        package var refused = 0
        /// Messages that left and whose session ended before they were answered.
        package var unknown = 0
        /// Messages that were due and were never sent.
        package var unsent = 0
        /// Connections that ended although nobody asked for it.
        package var connectionsLost = 0

        /// Nothing of it.
        package init() {}
    }

    /// Makes a sample.
    package init(
        time: Double, stage: RunStage, sentPerSecond: Double, ackedPerSecond: Double, receivedPerSecond: Double, latency: LatencySummary,
        late: Int, inFlight: Int, trouble: Trouble = Trouble()
    ) {
        self.time = time
        self.stage = stage
        self.sentPerSecond = sentPerSecond
        self.ackedPerSecond = ackedPerSecond
        self.receivedPerSecond = receivedPerSecond
        self.latency = latency
        self.late = late
        self.inFlight = inFlight
        self.trouble = trouble
    }
}

/// Turns counts that only grow into one ``ProgressSample`` per reading.
package struct ProgressMeter: Sendable {
    private let start: UInt64
    private var previousTime: UInt64
    private var previous = RunCounts()

    /// Starts with all counts at 0.
    ///
    /// - Parameter start: the monotonic time at which the run starts, in nanoseconds.
    package init(start: UInt64) {
        self.start = start
        previousTime = start
    }

    /// Takes a reading.
    ///
    /// - Parameters:
    ///   - time: the monotonic time of the reading, in nanoseconds.
    ///   - stage: the part of the run that the time since the reading before belongs to.
    ///   - counts: what the whole run has done so far.
    ///   - latency: the latencies since the reading before; the caller resets its histogram afterwards.
    package mutating func read(at time: UInt64, in stage: RunStage, _ counts: RunCounts, latency: LatencySummary) -> ProgressSample {
        func rate(_ count: KeyPath<RunCounts, Int>) -> Double {
            perSecond(counts[keyPath: count] - previous[keyPath: count], from: previousTime, to: time) ?? 0
        }
        var trouble = ProgressSample.Trouble()
        (trouble.refused, trouble.unknown, trouble.unsent, trouble.connectionsLost) =
            (counts.refused, counts.unknown, counts.unsent, counts.connectionsLost)
        let sample = ProgressSample(
            time: Double(time - Swift.min(start, time)) / 1e9, stage: stage, sentPerSecond: rate(\.sent),
            ackedPerSecond: rate(\.acked), receivedPerSecond: rate(\.received), latency: latency, late: counts.late - previous.late,
            inFlight: counts.inFlight, trouble: trouble)
        previous = counts
        previousTime = time
        return sample
    }
}

/// A count over a span of time, per second.
///
/// - Parameters:
///   - count: how many.
///   - begin: the monotonic time of the span's begin, in nanoseconds.
///   - end: that of its end.
/// - Returns: `nil` when the span has no length.
package func perSecond(_ count: Int, from begin: UInt64, to end: UInt64) -> Double? {
    end > begin ? Double(count) * 1e9 / Double(end - begin) : nil
}
