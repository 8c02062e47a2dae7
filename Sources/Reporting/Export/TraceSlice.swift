package import Trace

/// Which events of a run an export has: all, or those of a span of time.
package struct TraceSlice: Sendable {
    private let clock: RunClock
    private let from: UInt64
    private let to: UInt64

    /// - Parameters:
    ///   - files: the files of the run.
    ///   - from: nanoseconds since the run's first event.
    ///   - to: the same; what happens then is still in it.
    package init(_ files: [TraceFile], from: UInt64 = 0, to: UInt64 = .max) {
        clock = RunClock(files)
        self.from = from
        self.to = to
    }

    /// The span of a witness with so much before and after it.
    package init(_ files: [TraceFile], around evidence: Evidence, margin: UInt64) {
        let clock = RunClock(files)
        let times = evidence.events.compactMap { event -> UInt64? in
            let file = files.firstIndex { $0.path == event.file } ?? files.firstIndex { $0.name == event.file }
            return file.map { clock.nanoseconds(event.time, file: $0) }
        }
        let first = times.min() ?? 0
        let last = (times.max() ?? .max).addingReportingOverflow(margin)
        self.init(files, from: first - min(first, margin), to: last.overflow ? .max : last.partialValue)
    }

    /// Nanoseconds since the run's first event.
    package func time(_ event: TraceEvent, file: Int) -> UInt64 { clock.nanoseconds(event.at, file: file) }

    /// Whether an event is in it.
    package func contains(_ event: TraceEvent, file: Int) -> Bool {
        let time = time(event, file: file)
        return from <= time && time <= to
    }
}
