// Dispatch sources may be used from any thread; the module does not say so yet.
@preconcurrency internal import Dispatch
internal import Glibc

/// SIGINT and SIGTERM as a sequence, so that a run closes properly instead of dying.
package enum Interrupts {
    /// The interrupts from now on. While the sequence is read, the signals do nothing else.
    package static func stream() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number)
                source.setEventHandler { continuation.yield() }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
                for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
            }
        }
    }
}
