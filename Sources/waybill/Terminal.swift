internal import Foundation
internal import Measurement
internal import Printing
internal import Reporting
internal import Synchronization

/// What the terminal can do that the user sees the output in.
enum Terminal {
    /// The widest that a summary gets, as in a file.
    static let width = 100
    /// Narrower than this nothing is laid out.
    static let leastWidth = 60

    /// Whether the standard output shows colours: a terminal that has them, whose user has not asked for plain text (https://no-color.org).
    static var isColoured: Bool {
        StandardStream.output.isTerminal && !isDumb && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    }

    /// A terminal that takes text and nothing else.
    static var isDumb: Bool { ["", "dumb"].contains(ProcessInfo.processInfo.environment["TERM", default: ""]) }

    /// The columns that a text on the standard output may have.
    static var outputWidth: Int { min(width, columns(StandardStream.output)) }

    /// The columns that a progress row may have. The terminal can be resized at any time.
    static var progressWidth: Int { columns(StandardStream.error) }

    private static func columns(_ stream: StandardStream) -> Int { max(leastWidth, stream.columns ?? width) }
}

/// Prints progress on the standard error, so that the standard output is the result alone.
final class ProgressPrinter: Sendable {
    private let lines = Mutex(ProgressLine())
    private let quiet: Bool

    init(quiet: Bool) { self.quiet = quiet }

    /// A line of words.
    func say(_ text: String) {
        guard !quiet else { return }
        StandardStream.error.offer(VisibleText.lines(text) + "\n")
    }

    /// A row of figures.
    func print(_ sample: ProgressSample) {
        say(lines.withLock { $0.next(sample, width: Terminal.progressWidth) })
    }

    /// What a part of the run does that has no figures.
    func print(_ stage: RunStage, _ text: String) {
        say(lines.withLock { $0.next(stage, text, width: Terminal.progressWidth) })
    }
}
