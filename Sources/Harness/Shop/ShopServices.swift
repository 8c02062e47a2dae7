internal import Foundation
internal import Glibc
internal import MQTT
internal import Shop
internal import Trace
internal import Workload

/// The services of a run, wherever they run.
protocol ShopServices: Sendable {
    /// Which of them the run has to keep running.
    var own: [ServiceName] { get }
    /// Where they leave their traces.
    var traces: String { get }
    /// Whether trace files are the run's own, so that they can be moved and need not be copied.
    var ownsTraces: Bool { get }
    /// Runs one of ``own`` until the task is cancelled, and then has it come to its end properly.
    /// - Throws: ``HarnessError`` where the service ends before that.
    func run(_ service: ServiceName) async throws
    /// Kills one of ``own`` as a crash would, and starts it again at once.
    func kill(_ service: ServiceName) async throws
}

extension ShopServices {
    /// Runs all of ``own`` for as long as `body` takes.
    /// - Throws: what `body` throws, or why a service ended before; the first of them cancels the rest.
    func during<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for service in own {
                group.addTask {
                    try await run(service)
                    return nil
                }
            }
            group.addTask { try await body() }
            while let ended = try await group.next() {
                guard let value = ended else { continue }
                group.cancelAll()
                // How a service ends once all is over is no matter of the run.
                while (try? await group.next()) != nil {}
                return value
            }
            throw CancellationError()
        }
    }

    /// The trace files of services that were ended, by their names below ``traces``; of those that run elsewhere nobody knows.
    var filesLeft: [String] {
        guard ownsTraces else { return [] }
        let names = FileManager.default.enumerator(atPath: traces)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".trace") }.sorted()
    }

    /// Where a trace file is: below ``traces``, or there in a directory of its service's name, where each service writes into a volume of its own.
    private func place(of file: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        let service = own.isEmpty ? ServiceName.allCases.first { name.hasPrefix($0.rawValue + "-") } : nil
        let apart = service.map { "\(traces)/\($0.rawValue)/\(file)" }
        return apart.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil } ?? "\(traces)/\(file)"
    }

    /// Brings the services' trace files into the run's directory.
    /// - Parameter files: their names below ``traces``.
    /// - Throws: ``HarnessError`` where one is not there, or is no regular file there.
    func collect(_ files: [String], into directory: RunDirectory) throws(HarnessError) {
        for file in files {
            let source = place(of: file)
            let target = "\(directory.path)/\(source.split(separator: "/").last ?? "")"
            guard isOwnFile(source) else {
                throw HarnessError(
                    .failure,
                    "A service says that its trace is \(file), but \(source) is not a regular file there. Is that the directory where the services leave their traces?"
                )
            }
            do {
                if ownsTraces {
                    try FileManager.default.moveItem(atPath: source, toPath: target)
                } else {
                    try FileManager.default.copyItem(atPath: source, toPath: target)
                }
            } catch {
                throw HarnessError(
                    .failure,
                    "A service says that its trace is \(file), but \(source) cannot be brought into the run: \(systemReason(of: error)). Is that the directory where the services leave their traces?"
                )
            }
        }
        guard ownsTraces else { return }
        // Empty now; where they are not, what is left there is worth keeping.
        for file in files { rmdir("\(traces)/\(file.split(separator: "/").dropLast().joined(separator: "/"))") }
        rmdir(traces)
    }

    /// Whether a path leads to a regular file inside ``traces``, and by no link.
    private func isOwnFile(_ path: String) -> Bool {
        func real(_ path: String) -> String? {
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        guard let root = real(traces), let found = real(path), found == root + path.dropFirst(traces.count) else { return false }
        var status = stat()
        return lstat(found, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// Services that run already, a stack of containers for example.
struct RunningServices: ShopServices {
    let traces: String
    var own: [ServiceName] { [] }
    var ownsTraces: Bool { false }

    func run(_ service: ServiceName) async throws {}

    func kill(_ service: ServiceName) async throws {
        throw HarnessError(
            .badInput, "The \(service.rawValue) service runs elsewhere and cannot be killed from here: leave shop.kills out.")
    }
}

/// How the services of a run are started that the run starts itself.
struct ServiceSettings: Sendable {
    let shop: Profile.Shop
    let directory: RunDirectory
    let credentials: SessionConfiguration.Credentials?
    let tls: SessionConfiguration.TLS?
    /// Where each service connects to.
    let endpoints: [ServiceName: BrokerEndpoint]
    /// Parts that a test takes away.
    let defects: Set<ShopDefect>

    /// Where services leave their traces until the run collects them.
    var traces: String { directory.path + "/services" }
    /// Where a service stores what it must not forget.
    func store(_ service: ServiceName) -> String { "\(directory.path)/\(service.rawValue).sqlite" }
    /// Where a service's log goes.
    func log(_ service: ServiceName) -> String { "\(directory.path)/\(service.rawValue).log" }

    /// The last line of a service's log, for the sentence that says why it ended.
    func lastLogLine(_ service: ServiceName) -> String {
        let text = (try? String(contentsOfFile: log(service), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
}
