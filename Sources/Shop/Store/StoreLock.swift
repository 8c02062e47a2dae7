internal import Foundation
internal import Glibc
internal import Trace

/// The right to be the one service of a store, which ends with the process at the latest.
///
/// A file of its own beside the store: who closes a descriptor of the database gives up the locks that SQLite holds in it.
final class StoreLock: Sendable {
    private let descriptor: CInt

    /// - Throws: ``ShopError`` where another has it, or the file cannot be made.
    init(store: String) throws(ShopError) {
        let path = store + ".lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw ShopError("The lock \(path) of the store cannot be made: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(descriptor)
            close(descriptor)
            throw ShopError("The store \(store) is in use by another service\(holder): give each a store of its own with --store.")
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit { close(descriptor) }

    /// Which process wrote its number into the file, for the sentence.
    private static func holder(_ descriptor: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)).map { ", process \($0)" } ?? ""
    }
}
