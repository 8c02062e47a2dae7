package import Foundation
internal import Glibc
internal import Synchronization
internal import Trace

/// Where a run leaves what it made: `<parent>/<time>-<name>/`.
package struct RunDirectory: Sendable {
    /// Its path.
    package let path: String
    /// What the link `latest` beside it leads to, and where the link is.
    private var link: (directory: String, target: String)?
    private let begun = Begun()

    /// Whether the run has begun to send.
    private final class Begun: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// The profile as resolved, with every default and override in it.
    package var profile: String { path + "/profile.yaml" }
    /// What came out.
    package var result: String { path + "/result.json" }

    /// What happened in each second.
    package var series: String { path + "/series.csv" }
    /// The latencies of each second.
    package var latencyLog: String { path + "/latency.hlog" }
    /// The distribution of the latencies of the hold.
    package var latencyDistribution: String { path + "/latency.hgrm" }

    /// A run that exists.
    /// - Throws: ``HarnessError`` where it is no directory with a trace.
    package init(existing path: String) throws(HarnessError) {
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
        if access(path, R_OK | X_OK) != 0 {
            throw HarnessError(.badInput, "\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        if traces.isEmpty {
            throw HarnessError(
                .badInput, "\(path) is no run: it has no file that ends in .trace. Name a directory that 'waybill run' made.")
        }
    }

    /// Makes the directory of a new run below `parent`, which is made as well where it is missing.
    /// - Parameters:
    ///   - parent: the directory in which it is made.
    ///   - name: the end of its name, behind the time.
    ///   - place: its name in the directory of a series, which is `parent`; `nil` for a run by itself.
    /// - Throws: ``HarnessError`` where it cannot be written.
    package init(below parent: String, name: String, startedAt: Date, place: String? = nil) throws(HarnessError) {
        if let place {
            path = "\(parent)/\(place)"
            if let reason = Self.make(path) { throw Self.unwritable(path, reason) }
            let parts = parent.split(separator: "/", omittingEmptySubsequences: false)
            link = parts.last.map { (parts.dropLast().joined(separator: "/"), "\($0)/\(place)") }
            return
        }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        let base = "\(parent)/\(formatter.string(from: startedAt))-\(name)"
        if let reason = Self.make(parent) { throw Self.unwritable(parent, reason) }
        var attempt = 1
        while true {
            let path = attempt == 1 ? base : "\(base)-\(attempt)"
            if mkdir(path, 0o755) == 0 {
                self.path = path
                link = path.split(separator: "/").last.map { (parent, String($0)) }
                return
            }
            // Two runs of one second are told apart by a number.
            guard errno == EEXIST, attempt < 1_000 else { throw Self.unwritable(path, errno) }
            attempt += 1
        }
    }

    /// Makes the directory of a series of runs.
    /// - Throws: ``HarnessError`` where it cannot be written.
    package static func series(below parent: String, name: String, startedAt: Date) throws(HarnessError) -> RunDirectory {
        try RunDirectory(below: parent, name: name, startedAt: startedAt)
    }

    /// What a series came to.
    package var seriesFile: String { path + "/series.json" }

    /// The trace files, by name.
    package var traces: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".trace") }.sorted().map { path + "/" + $0 }
    }

    /// How much the traces are, in words.
    var sizeOfTraces: String {
        let bytes = traces.reduce(0) { sum, file in
            var status = stat()
            return stat(file, &status) == 0 ? sum + Int(status.st_size) : sum
        }
        return bytes < 1 << 20 ? "\(bytes >> 10) KiB of traces" : "\(bytes >> 20) MiB of traces"
    }

    /// The file of one reactor's trace.
    func trace(_ reactor: Int) -> String { "\(path)/reactor-\(reactor).trace" }

    /// Writes a small file.
    /// - Throws: ``HarnessError`` that names it.
    package func write(_ text: String, to file: String) throws(HarnessError) {
        do {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw HarnessError(
                .failure, "\(file) cannot be written: \(systemReason(of: error)). What was recorded before is in \(path).")
        }
    }

    // MARK: - Whether there is a run

    /// Whether the run has begun to send.
    var hasBegun: Bool { begun.value.load(ordering: .relaxed) }

    /// The run begins to send: from here on its directory stays, whatever comes, and the link `latest` beside it leads there.
    func begin() {
        begun.value.store(true, ordering: .relaxed)
        guard let (directory, target) = link else { return }
        let link = directory + "/latest"
        // Made beside it and moved there, so that there is a whole link at any time. Something else of that name is left alone.
        let new = "\(path)/latest"
        guard symlink(target, new) == 0 else { return }
        var status = stat()
        let isFree = lstat(link, &status) != 0 || status.st_mode & S_IFMT == S_IFLNK
        if !isFree || rename(new, link) != 0 { unlink(new) }
    }

    /// Runs `body`, and removes the directory where that fails before the run has begun, unless the failure's sentence sends the reader there.
    func keptOnceBegun<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            if !hasBegun, !"\(error)".contains(path) { try? FileManager.default.removeItem(atPath: path) }
            throw error
        }
    }

    // MARK: - Making directories

    /// Makes a directory and those around it.
    /// - Returns: `errno` where it cannot be made.
    static func make(_ path: String) -> CInt? {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                let reason = errno
                // Above the first directory that may be written, one cannot be made because it is there.
                var status = stat()
                if stat(made, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR { return reason }
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { return errno }
        return status.st_mode & S_IFMT == S_IFDIR ? nil : ENOTDIR
    }

    /// Makes a directory inside that of a run.
    /// - Throws: ``HarnessError`` where it cannot be made.
    static func makeInside(_ path: String) throws(HarnessError) {
        guard let reason = make(path) else { return }
        throw HarnessError(.badInput, "\(path) cannot be made: \(String(cString: strerror(reason))). Choose another directory with --out.")
    }

    private static func unwritable(_ path: String, _ reason: CInt) -> HarnessError {
        HarnessError(
            .badInput, "The run cannot be written to \(path): \(String(cString: strerror(reason))). Choose another directory with --out.")
    }
}
