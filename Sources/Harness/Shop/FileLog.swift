internal import Foundation
internal import Glibc
internal import Logging
internal import Printing

/// The log of a service that runs as a task: a file with one line for each event.
struct FileLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    private let file: File

    /// - Throws: ``HarnessError`` where the file cannot be made.
    init(path: String) throws(HarnessError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw HarnessError(.failure, "The log \(path) cannot be written: \(String(cString: strerror(errno))).")
        }
        file = File(descriptor: descriptor)
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { _, new in new } }
        let fields = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = VisibleText.line("\(Date().formatted(.iso8601)) \(event.level) \(event.message)\(fields)") + "\n"
        // One write for a line, so that lines of several threads do not mix; a log that cannot be written stops no run.
        _ = line.withCString { write(file.descriptor, $0, strlen($0)) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// An open file that is closed when nobody logs into it any more.
    private final class File: Sendable {
        let descriptor: CInt
        init(descriptor: CInt) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }
}
