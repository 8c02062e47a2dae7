internal import Glibc

/// A file that lines are added to, each with one call of the system.
final class LineFile {
    private let path: String
    private let descriptor: CInt

    /// - Throws: ``HarnessError`` where it cannot be made.
    init(_ path: String) throws(HarnessError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// Adds whole lines.
    /// - Throws: ``HarnessError`` where the disk does not take them.
    func write(_ text: String) throws(HarnessError) {
        var text = text
        let isWritten = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return true
        }
        guard isWritten else { throw Self.failure(path) }
    }

    private static func failure(_ path: String) -> HarnessError {
        HarnessError(.failure, "\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
