/// Times of a run whose files may be of several hosts, in nanoseconds since the run's first event.
///
/// Within one monotonic clock the differences are exact. Several clocks are put side by side by the wall clocks that stand in the heads of
/// the files, so between hosts the times are as far off as those clocks are: good for a picture, and never for an order.
public struct RunClock: Sendable {
    /// What to add to a file's times to get wall-clock time; the same for all files of one clock. Wraps around.
    private let shifts: [UInt64]
    /// The wall-clock time of the first event.
    private let start: UInt64

    /// - Parameter files: the files of one run.
    public init(_ files: [TraceFile]) {
        let shifts = files.map { file in
            let anchor = files.first { $0.header.sharesClock(with: file.header) }?.header.anchor ?? file.header.anchor
            return anchor.wall &- anchor.monotonic
        }
        self.shifts = shifts
        // The first event of a chunk need not be the earliest, as times of one batch may step back; it is close enough to be the origin.
        start = zip(files, shifts).compactMap { file, shift in file.chunks.map(\.baseTime).min().map { $0 &+ shift } }.min() ?? 0
    }

    /// When an event of a file happened, in nanoseconds since the run's first event. What stepped back behind it is at 0.
    public func nanoseconds(_ time: UInt64, file: Int) -> UInt64 {
        let wall = time &+ shifts[file]
        return wall > start ? wall - start : 0
    }
}
