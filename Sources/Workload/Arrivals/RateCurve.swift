internal import Glibc

/// A rate that changes with time: stages of constant or evenly rising and falling rates. The last rate holds on behind the last stage.
///
/// What is kept is how many messages are due from the beginning to each stage; the time of the nth is found by inverting that.
struct RateCurve: Equatable, Sendable {
    /// A stretch of time in which the rate changes evenly. Messages and times in nanoseconds, of one client.
    private struct Piece: Equatable, Sendable {
        var start: Double
        /// Messages that are due before it.
        var before: Double
        /// Messages in a nanosecond at its beginning, and by how much that grows in a nanosecond.
        var rate: Double
        var growth: Double
        /// Its end, and messages that are due before that; infinite for the last.
        var end: Double
        var beforeEnd: Double
    }

    private let pieces: [Piece]
    /// The piece in which the latest answer was.
    private var present = 0

    /// - Parameter sharers: how many clients share the rates evenly.
    init(_ stages: [Profile.Stage], sharers: Int) {
        var pieces: [Piece] = []
        var (start, before) = (0.0, 0.0)
        for stage in stages {
            let length = Double(stage.length.wholeNanoseconds)
            let (from, to) = (stage.from.perNanosecond / Double(max(1, sharers)), stage.to.perNanosecond / Double(max(1, sharers)))
            let messages = (from + to) / 2 * length
            pieces.append(
                Piece(
                    start: start, before: before, rate: from, growth: length > 0 ? (to - from) / length : 0, end: start + length,
                    beforeEnd: before + messages))
            start += length
            before += messages
        }
        let last = (stages.last?.to.perNanosecond ?? 0) / Double(max(1, sharers))
        pieces.append(Piece(start: start, before: before, rate: last, growth: 0, end: .infinity, beforeEnd: .infinity))
        self.pieces = pieces
    }

    /// When so many messages have become due, in nanoseconds from the beginning; `nil` for never. Calls go on from one to the next: `count` never falls.
    mutating func time(of count: Double) -> UInt64? {
        // What is due at the very end of a stage belongs to it, unless nothing was due in it.
        while present < pieces.count - 1, count > pieces[present].beforeEnd || pieces[present].beforeEnd == pieces[present].before {
            present += 1
        }
        let piece = pieces[present]
        let missing = max(0, count - piece.before)
        let time: Double
        if missing == 0 {
            time = 0
        } else if piece.growth == 0 {
            guard piece.rate > 0 else { return nil }
            time = missing / piece.rate
        } else {
            // growth/2 · t² + rate · t = missing, in the form that does not cancel.
            let root = (piece.rate * piece.rate + 2 * piece.growth * missing).squareRoot()
            guard root.isFinite, piece.rate + root > 0 else { return UInt64(piece.end) }
            time = 2 * missing / (piece.rate + root)
        }
        let sum = min(piece.start + time, piece.end)
        return sum < 0x1p63 ? UInt64(sum) : nil
    }
}
