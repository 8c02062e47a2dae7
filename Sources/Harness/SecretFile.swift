internal import Glibc

/// Files with a password in their first line, so that none stands in a command line, where everybody on the machine could read it.
package enum SecretFile {
    /// Reads the first line.
    /// - Parameter what: what the file is to contain, for the sentence that says that it does not.
    /// - Throws: ``HarnessError`` where the file cannot be read or its first line is empty.
    package static func read(_ path: String, _ what: String) throws(HarnessError) -> String {
        func refuse(_ reason: String) -> HarnessError {
            HarnessError(.badInput, "\(path) should have \(what) in its first line: \(reason).")
        }
        guard let file = fopen(path, "re") else { throw refuse(String(cString: strerror(errno))) }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let length = getline(&line, &capacity, file)
        guard length > 0 || ferror(file) == 0 else { throw refuse(String(cString: strerror(errno))) }
        guard length > 0, let line else { throw refuse("the file is empty") }
        let bytes = UnsafeBufferPointer(start: line, count: length).map { UInt8(bitPattern: $0) }
        let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        guard end > 0 else { throw refuse("the line is empty") }
        guard let text = String(validating: bytes[..<end], as: UTF8.self), !text.utf8.contains(0) else {
            throw refuse("it is no UTF-8 text")
        }
        return text
    }
}
