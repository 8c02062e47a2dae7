internal import Foundation
internal import Glibc
internal import MQTT

/// A file with a user and a password for each client of a group: a line each, `user:password`, in the order of the clients. The password goes from the first
/// colon to the end of the line and may be empty.
enum CredentialsFile {
    /// Reads the users of `count` clients.
    /// - Throws: ``HarnessError`` where the file cannot be read or does not have them. Nothing of what it says is repeated.
    static func read(_ path: String, count: Int, group: String) throws(HarnessError) -> [SessionConfiguration.Credentials] {
        func refuse(_ reason: String) -> HarnessError {
            HarnessError(
                .badInput, "\(path), the credentials_file of group '\(group)', should have a line user:password for each client: \(reason)."
            )
        }
        guard access(path, R_OK) == 0, let bytes = FileManager.default.contents(atPath: path) else {
            throw refuse("it cannot be read, \(String(cString: strerror(errno)))")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else { throw refuse("it is no UTF-8 text") }
        var found: [SessionConfiguration.Credentials] = []
        // By bytes: a carriage return before the end of a line is one character with it.
        for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if line.isEmpty { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw refuse("line \(index + 1) has no user before a colon")
            }
            found.append(.init(user: String(line[..<colon]) ?? "", password: String(line[line.index(after: colon)...]) ?? ""))
        }
        guard found.count >= count else {
            throw refuse("it has \(found.count) and the group has \(count) clients")
        }
        return found
    }
}
