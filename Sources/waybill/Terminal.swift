internal import Foundation
internal import Glibc
internal import Measurement
internal import Reporting
internal import Synchronization

/// What the standard output is.
enum Terminal {
    /// A terminal whose user has not asked for plain text (https://no-color.org).
    static var isColoured: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    }
}

/// Prints progress lines on the standard error, so that the standard output is the result alone.
final class ProgressPrinter: Sendable {
    private let lines = Mutex(ProgressLine())
    private let quiet: Bool

    init(quiet: Bool) { self.quiet = quiet }

    func print(_ sample: ProgressSample) {
        guard !quiet else { return }
        let text = lines.withLock { $0.next(sample) }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
