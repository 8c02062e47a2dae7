/// One row of `series.csv`: what happened in one second of a run. docs/results.md says what each column means.
package struct SeriesRow: Equatable, Sendable {
    /// Seconds from the start of the load to the end of this row.
    package var time: Double
    /// How many seconds the row covers.
    package var interval: Double
    /// The part of the run.
    package var stage: RunStage
    /// Since the row before, a second.
    package var intended, sent, acked, delivered: Double?
    /// In seconds, of what arrived since the row before.
    package var p50, p90, p99, longest: Double?
    /// Messages sent late since the row before.
    package var late: Int
    /// As they are at the end of the row, or have come to be since the start.
    package var counts: RunCounts
    /// Of this process and of a broker of the run's own.
    package var generator, broker: ProcessLoad

    /// What a process used in the time of a row.
    package struct ProcessLoad: Equatable, Sendable {
        /// CPU seconds a second; 1 is one core.
        package var cores: Double?
        /// Resident memory in bytes at the end of the row.
        package var memoryBytes: Int?

        /// Makes one; without arguments, that of a process that cannot be measured.
        package init(cores: Double? = nil, memoryBytes: Int? = nil) {
            self.cores = cores
            self.memoryBytes = memoryBytes
        }
    }

    /// The columns, in their order.
    private static let columns: [(name: String, text: @Sendable (SeriesRow) -> String)] = [
        ("time_seconds", { decimal($0.time, 3) }),
        ("interval_seconds", { decimal($0.interval, 3) }),
        ("phase", { $0.stage.rawValue }),
        ("intended_per_second", { rate($0.intended) }),
        ("sent_per_second", { rate($0.sent) }),
        ("acked_per_second", { rate($0.acked) }),
        ("delivered_per_second", { rate($0.delivered) }),
        ("latency_p50_seconds", { seconds($0.p50) }),
        ("latency_p90_seconds", { seconds($0.p90) }),
        ("latency_p99_seconds", { seconds($0.p99) }),
        ("latency_max_seconds", { seconds($0.longest) }),
        ("in_flight_messages", { "\($0.counts.inFlight)" }),
        ("waiting_messages", { "\($0.counts.waiting)" }),
        ("late_messages", { "\($0.late)" }),
        ("unsent_messages_total", { "\($0.counts.unsent)" }),
        ("refused_messages_total", { "\($0.counts.refused)" }),
        ("connections_open", { "\($0.counts.connectionsOpen)" }),
        ("connections_lost_total", { "\($0.counts.connectionsLost)" }),
        ("connections_resumed_total", { "\($0.counts.connectionsResumed)" }),
        ("generator_cpu_cores", { cores($0.generator.cores) }),
        ("generator_memory_bytes", { bytes($0.generator.memoryBytes) }),
        ("broker_cpu_cores", { cores($0.broker.cores) }),
        ("broker_memory_bytes", { bytes($0.broker.memoryBytes) }),
    ]

    /// The first line of the file.
    package static var header: String { columns.map(\.name).joined(separator: ",") + "\n" }

    /// The row as a line; what was not measured is empty.
    package var line: String { Self.columns.map { $0.text(self) }.joined(separator: ",") + "\n" }

    private static func rate(_ value: Double?) -> String { value.map { decimal($0, 1) } ?? "" }
    private static func seconds(_ value: Double?) -> String { value.map { decimal($0, 9) } ?? "" }
    private static func cores(_ value: Double?) -> String { value.map { decimal($0, 3) } ?? "" }
    private static func bytes(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
}

/// Turns counts that only grow into one ``SeriesRow`` per reading.
package struct SeriesMeter: Sendable {
    /// What processes had used at a moment.
    package struct Usage: Sendable {
        /// CPU seconds since it started; `nil` where it cannot be measured.
        package var generatorSeconds, brokerSeconds: Double?
        /// Resident memory.
        package var generatorBytes, brokerBytes: Int?

        /// Takes down what this process and another use now.
        /// - Parameter process: the other; `nil` for none.
        package init(beside process: Int32?) {
            generatorSeconds = ProcessUsage.cpuSeconds()
            generatorBytes = ProcessUsage.memoryBytes()
            brokerSeconds = process.flatMap { ProcessUsage.cpuSeconds(ofProcess: $0) }
            brokerBytes = process.flatMap { ProcessUsage.memoryBytes(ofProcess: $0) }
        }

        /// Makes one of given figures.
        package init(generatorSeconds: Double?, generatorBytes: Int?, brokerSeconds: Double?, brokerBytes: Int?) {
            (self.generatorSeconds, self.generatorBytes) = (generatorSeconds, generatorBytes)
            (self.brokerSeconds, self.brokerBytes) = (brokerSeconds, brokerBytes)
        }
    }

    private let start: UInt64
    private var previousTime: UInt64
    private var previous = RunCounts()
    private var previousUsage: Usage

    /// Starts with all counts at 0.
    /// - Parameters:
    ///   - start: the monotonic time at which the load starts, in nanoseconds.
    ///   - usage: what was used before it.
    package init(start: UInt64, usage: Usage) {
        self.start = start
        previousTime = start
        previousUsage = usage
    }

    /// Takes a reading; see ``ProgressMeter/read(at:in:_:latency:)``.
    package mutating func read(
        at time: UInt64, in stage: RunStage, _ counts: RunCounts, latency: LatencySummary, usage: Usage
    ) -> SeriesRow {
        let interval = Double(time - min(previousTime, time)) / 1e9
        func rate(_ count: KeyPath<RunCounts, Int>) -> Double? {
            perSecond(counts[keyPath: count] - previous[keyPath: count], from: previousTime, to: time)
        }
        func load(_ seconds: KeyPath<Usage, Double?>, _ bytes: Int?) -> SeriesRow.ProcessLoad {
            guard interval > 0, let before = previousUsage[keyPath: seconds], let now = usage[keyPath: seconds] else {
                return .init(memoryBytes: bytes)
            }
            return .init(cores: max(0, now - before) / interval, memoryBytes: bytes)
        }
        defer { (previousTime, previous, previousUsage) = (max(time, previousTime), counts, usage) }
        return SeriesRow(
            time: Double(time - min(start, time)) / 1e9, interval: interval, stage: stage, intended: rate(\.intended), sent: rate(\.sent),
            acked: rate(\.acked), delivered: rate(\.received), p50: latency.p50, p90: latency.p90,
            p99: latency.p99, longest: latency.max, late: counts.late - previous.late, counts: counts,
            generator: load(\.generatorSeconds, usage.generatorBytes), broker: load(\.brokerSeconds, usage.brokerBytes))
    }
}
