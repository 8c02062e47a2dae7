internal import Glibc
internal import Printing
internal import Synchronization

/// The standard output and the standard error: everything that a command prints goes through here.
///
/// A reader that has gone, a full disk or a closed descriptor ends no command. What the standard output could not take makes the exit code 1 where it
/// would have been 0; what the standard error cannot take is left out.
final class StandardStream: Sendable {
    static let output = StandardStream(STDOUT_FILENO)
    static let error = StandardStream(STDERR_FILENO)

    private let descriptor: CInt
    /// `errno` of the first write that failed, 0 before.
    private let firstFailure = Atomic<CInt>(0)

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Why something could not be written, as `errno`; `nil` where everything was.
    var failure: CInt? {
        let code = firstFailure.load(ordering: .relaxed)
        return code == 0 ? nil : code
    }

    /// Whether it leads to a terminal.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The columns of its terminal; `nil` where it is none or has no size.
    var columns: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes a text, and waits as long as its reader takes. After the first failure nothing more is written.
    /// - Returns: whether all of it was written.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8).span.bytes, patience: nil) }

    /// Writes a text if the reader takes it in time, and leaves it out if not: a terminal that was stopped and a pipe that nobody reads hold up no run.
    /// - Parameter patience: how long the reader may take, in milliseconds.
    func offer(_ text: String, patience: Int32 = 0) { write(Array(text.utf8).span.bytes, patience: patience) }

    /// Writes a sentence that says what went wrong. What somebody else wrote may be in it.
    func complain(_ text: String) { offer("waybill: \(VisibleText.lines(text))\n", patience: 1_000) }

    /// Writes bytes as ``write(_:)`` does.
    @discardableResult
    func write(_ bytes: RawSpan, patience: Int32? = nil) -> Bool {
        // The standard error may be writable again the next time: the disk has room, the terminal goes on.
        if patience == nil, failure != nil { return false }
        return bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                if let patience, !isReady(patience) { return fail(EAGAIN) }
                // A pipe that is ready takes so much at once and does not hold the writer.
                let most = patience == nil ? bytes.count - written : min(Self.pipeUnit, bytes.count - written)
                let count = Glibc.write(descriptor, bytes.baseAddress! + written, most)
                if count > 0 {
                    written += count
                } else if count == 0 {
                    return fail(EIO)
                } else if errno == EAGAIN {
                    // Somebody who shares the descriptor made it non-blocking.
                    _ = isReady(patience ?? -1)
                } else if errno != EINTR {
                    return fail(errno)
                }
            }
            return true
        }
    }

    private static let pipeUnit = 4_096

    private func isReady(_ patience: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, patience) != 0
    }

    private func fail(_ code: CInt) -> Bool {
        _ = firstFailure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
        return false
    }

    /// Gives the descriptors 0, 1 and 2 something to stand for where the caller closed them: the next file that is opened would get their number,
    /// and then what is printed, into the middle of a trace for example. A write to what they get fails, so what could not be printed is told.
    static func occupyClosedDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // It gets the lowest free number, which is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
