internal import Foundation
internal import Trace

/// The trace files of a service in one run: two for each of its lives.
struct RunFiles: Sendable {
    let directory: String
    let service: ServiceName

    /// - Throws: ``ShopError`` where the directory cannot be made.
    init(traces: String, run: UInt64, service: ServiceName) throws(ShopError) {
        directory = "\(traces)/\(String(run, radix: 16))"
        self.service = service
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw ShopError(
                "The directory \(directory) for the traces of \(service.rawValue) cannot be made: \(systemReason(of: error)). Give --traces a directory that this user may write."
            )
        }
    }

    /// The file of what the service received, did and published.
    func events(life: Int) -> String { "\(directory)/\(service.rawValue)-\(life).trace" }
    /// The file of its locks.
    func locks(life: Int) -> String { "\(directory)/\(service.rawValue)-\(life)-locks.trace" }

    /// The number of a writer, unique in the run.
    func writer(life: Int, isLocks: Bool) -> UInt32 { service.process << 20 | UInt32(life) << 1 | (isLocks ? 1 : 0) }

    /// All files of the service, relative to the directory of all traces.
    func names() -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let run = (directory as NSString).lastPathComponent
        return all.filter { $0.hasPrefix("\(service.rawValue)-") && $0.hasSuffix(".trace") }.sorted().map { "\(run)/\($0)" }
    }

    /// Removes what an earlier run of the same number left.
    func clear() {
        for name in names() { try? FileManager.default.removeItem(atPath: (directory as NSString).deletingLastPathComponent + "/" + name) }
    }

    /// Completes the files of a life that was killed.
    /// - Parameter tail: the records of its latest batch, as the store has them.
    /// - Throws: `TraceError` where a file is damaged in the middle or the disk fails.
    func complete(life: Int, tail: TraceChunk?) throws(TraceError) {
        for (path, chunk) in [(events(life: life), tail), (locks(life: life), nil)] where FileManager.default.fileExists(atPath: path) {
            if case .neverBegun = try TraceRecovery.complete(path, committed: chunk) { try? FileManager.default.removeItem(atPath: path) }
        }
    }
}
