import Glibc

/// A whole file mapped into memory for reading. The only file that reads through a raw pointer.
///
/// The file must not be cut shorter while it is mapped; a trace only ever grows.
final class MappedFile: Sendable {
    // Sound to share: the mapping is read-only, `base` and `count` never change, and it is unmapped only when the last reference goes.
    nonisolated(unsafe) private let base: UnsafeRawPointer?
    let count: Int

    init(path: String) throws(TraceError) {
        func failure() -> TraceError {
            TraceError("The trace \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw TraceError("The trace \(path) cannot be read: it is not a file.") }
        count = Int(status.st_size)
        guard count > 0 else {
            base = nil
            return
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else { throw failure() }
        madvise(address, count, MADV_SEQUENTIAL)
        base = UnsafeRawPointer(address)
    }

    deinit {
        if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
    }

    /// Says that a part was read and is not needed soon, so that a long trace does not count as memory in use. Whoever reads it again
    /// gets it from the file: the mapping is read-only and nothing is lost.
    func release(_ range: Range<Int>) {
        guard let base, range.count >= 1 << 14 else { return }
        let page = 4096
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard start < end else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
    }

    /// Lends the bytes of the file.
    @inline(__always)
    func withBytes<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        let bytes = UnsafeBufferPointer(start: base?.assumingMemoryBound(to: UInt8.self), count: count)
        return try body(bytes.span)
    }
}
