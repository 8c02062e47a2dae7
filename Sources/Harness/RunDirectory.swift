package import Foundation
internal import Glibc

/// Where a run leaves what it made: `<parent>/<time>-<name>/`.
package struct RunDirectory: Sendable {
    /// Its path.
    package let path: String

    /// The profile as resolved, with every default and override in it.
    package var profile: String { path + "/profile.yaml" }
    /// What came out.
    package var result: String { path + "/result.json" }

    /// A run that exists.
    /// - Throws: ``HarnessError`` where it is no directory with a trace.
    package init(existing path: String) throws(HarnessError) {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
        if traces.isEmpty {
            throw HarnessError(
                .badInput, "\(path) is no run: it has no file that ends in .trace. Name a directory that 'waybill run' made.")
        }
    }

    /// Makes the directory of a new run below `parent`, which is made as well where it is missing.
    /// - Throws: ``HarnessError`` where it cannot be written.
    package init(below parent: String, name: String, startedAt: Date) throws(HarnessError) {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        let base = "\(parent)/\(formatter.string(from: startedAt))-\(name)"
        guard Self.makeParents(parent) else { throw Self.unwritable(parent) }
        var attempt = 1
        while true {
            let path = attempt == 1 ? base : "\(base)-\(attempt)"
            if mkdir(path, 0o755) == 0 {
                self.path = path
                return
            }
            // Two runs of one second are told apart by a number.
            guard errno == EEXIST, attempt < 1_000 else { throw Self.unwritable(path) }
            attempt += 1
        }
    }

    /// The trace files, by name.
    package var traces: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".trace") }.sorted().map { path + "/" + $0 }
    }

    /// The file of one reactor's trace.
    func trace(_ reactor: Int) -> String { "\(path)/reactor-\(reactor).trace" }

    /// Writes a small file.
    /// - Throws: ``HarnessError`` that names it.
    package func write(_ text: String, to file: String) throws(HarnessError) {
        do {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw HarnessError(.failure, "\(file) cannot be written: is the disk full? What was recorded before is in \(path).")
        }
    }

    private static func makeParents(_ path: String) -> Bool {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return true
        } catch {
            return false
        }
    }

    private static func unwritable(_ path: String) -> HarnessError {
        let reason = access(path, F_OK) == 0 ? "it is not a directory that this user may write" : String(cString: strerror(errno))
        return HarnessError(.badInput, "The run cannot be written to \(path): \(reason). Choose another directory with --out.")
    }
}
