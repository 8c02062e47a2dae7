internal import Foundation
internal import Glibc
internal import Subprocess
internal import SystemPackage
internal import Trace

/// A mosquitto of the run's own, on a loopback port, which lives as long as a scope and never longer than this process.
package struct EmbeddedBroker: Sendable {
    /// Its process id.
    package let process: Int32
    /// The port it listens on at 127.0.0.1.
    package let port: UInt16

    /// Whether the broker's process still runs.
    package var isRunning: Bool {
        // "pid (name) state …": a zombie has ended.
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let state = status.split(separator: ") ").dropFirst().first?.first
        else { return false }
        return state != "Z" && state != "X"
    }

    /// Stops the broker without warning, as a crash would.
    package func kill() {
        _ = Glibc.kill(process, SIGKILL)
    }

    /// Stops the broker's process in its tracks, or lets it go on: it keeps its connections and answers nothing.
    package func freeze(_ frozen: Bool) {
        _ = Glibc.kill(process, frozen ? SIGSTOP : SIGCONT)
    }

    /// Starts mosquitto, runs `body`, and stops mosquitto.
    /// - Parameters:
    ///   - directory: where its configuration, log and persistence are written.
    ///   - port: the port, or `nil` for a free one.
    ///   - settings: lines of mosquitto.conf, in order.
    ///   - interruption: ends the waiting for mosquitto to listen.
    /// - Throws: ``HarnessError`` where mosquitto is missing, refuses its settings or does not answer, ``Interrupted``; what `body` throws.
    package static func with<Value: Sendable>(
        settings: [String] = [], directory: String, port: UInt16? = nil, interruption: Interruption = Interruption(),
        _ body: (EmbeddedBroker) async throws -> Value
    ) async throws -> Value {
        var attempts = 0
        while true {
            attempts += 1
            do {
                return try await start(settings: settings, directory: directory, port: port ?? freePort(), interruption, body)
            } catch is PortTaken where port == nil && attempts < 5 {
                // Another process was faster between finding the port and listening on it.
            } catch is PortTaken {
                throw HarnessError(.failure, "Port \(port ?? 0) of 127.0.0.1 is in use: stop what listens there.")
            }
        }
    }

    /// The version of the installed mosquitto, as `2.0.11`.
    package static func version() async throws -> String {
        let result = try await run(.path(FilePath(executable())), arguments: ["-h"], output: .string(limit: 65_536), error: .discarded)
        let words = result.standardOutput.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "version"), index + 1 < words.count else { return "unknown" }
        return String(words[index + 1])
    }

    private struct PortTaken: Error {}

    private static func start<Value: Sendable>(
        settings: [String], directory: String, port: UInt16, _ interruption: Interruption, _ body: (EmbeddedBroker) async throws -> Value
    ) async throws -> Value {
        let configuration = directory + "/mosquitto.conf"
        let log = directory + "/broker.log"
        let identity = directory + "/broker.pid"
        let executable = try executable()
        // Asked first: once mosquitto is started, another that listens there would be taken for it.
        if Loopback.accepts(port: port) { throw PortTaken() }
        try? FileManager.default.removeItem(atPath: identity)
        do {
            try configure(settings, port: port, log: log, directory: directory).write(
                toFile: configuration, atomically: false, encoding: .utf8)
        } catch {
            throw HarnessError(
                .badInput, "\(configuration) cannot be written: \(systemReason(of: error)). Choose another directory with --out.")
        }
        // The shell ends mosquitto when its input ends, which it does even when this process is killed.
        // One that is frozen is woken to hear of it. A session of its own keeps Ctrl-C in the terminal from the broker: the run has to outlive it.
        let script =
            #"trap : TERM; "$0" -c "$1" >>"$2" 2>&1 & echo $! >"$3.new" && mv "$3.new" "$3"; cat >/dev/null; kill $! 2>/dev/null; kill -CONT $! 2>/dev/null; wait $!"#
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let outcome = try await run(
            .path("/bin/sh"), arguments: ["-c", script, executable, configuration, log, identity],
            platformOptions: options, input: .inputWriter, output: .discarded, error: .discarded
        ) { execution in
            let result: Result<Value, any Error>
            do {
                let broker = try await interruption.cutting { try await waitUntilItListens(port: port, identity: identity, log: log) }
                result = .success(try await body(broker))
            } catch {
                result = .failure(error)
            }
            try? await execution.standardInputWriter.finish()
            return result
        }
        return try outcome.closureResult.get()
    }

    private static func executable() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // It is a daemon: on many systems it is where only root's PATH leads.
        let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        for directory in directories where access(directory + "/mosquitto", X_OK) == 0 { return directory + "/mosquitto" }
        throw HarnessError(
            .failure, "mosquitto is not installed: 'apt-get install mosquitto', or name a broker that runs with --broker mqtt://host:port.")
    }

    private static func configure(_ settings: [String], port: UInt16, log: String, directory: String) -> String {
        var lines = [
            "listener \(port) 127.0.0.1",
            "log_dest file \(log)",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
            "persistence_location \(directory)/",
        ]
        // Started by root, mosquitto would become a user who may not write here.
        if geteuid() == 0 { lines.append("user root") }
        if !settings.contains(where: { $0.hasPrefix("allow_anonymous ") }) { lines.append("allow_anonymous true") }
        return (lines + settings).joined(separator: "\n") + "\n"
    }

    private static func waitUntilItListens(port: UInt16, identity: String, log: String) async throws -> EmbeddedBroker {
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(10)
        while clock.now < limit {
            try await Task.sleep(for: .milliseconds(10))
            guard let text = try? String(contentsOfFile: identity, encoding: .utf8), let process = Int32(text.dropLast()) else { continue }
            let broker = EmbeddedBroker(process: process, port: port)
            guard broker.isRunning else {
                let lines = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n") ?? []
                if lines.contains(where: { $0.contains("Address already in use") }) { throw PortTaken() }
                // The directory goes with the run that could not begin.
                let said = reason(lines)?.replacingOccurrences(of: String(log.dropLast("broker.log".count)), with: "")
                throw HarnessError(.badInput, "mosquitto ended at once: \(said ?? "it gave no reason. Its whole log is \(log).")")
            }
            if Loopback.accepts(port: port) { return broker }
        }
        throw HarnessError(.failure, "mosquitto did not listen on port \(port) within 10 s; its log is \(log).")
    }

    /// What its log gives as errors, without the times.
    private static func reason(_ log: [Substring]) -> String? {
        let errors = log.compactMap { line in line.range(of: "Error").map { line[$0.lowerBound...] } }
        return errors.isEmpty ? nil : errors.map { $0.hasSuffix(".") ? String($0) : $0 + "." }.joined(separator: " ")
    }

    private static func freePort() throws -> UInt16 {
        guard let port = Loopback.freePort() else {
            throw HarnessError(.failure, "No free port on 127.0.0.1: \(String(cString: strerror(errno))).")
        }
        return port
    }
}
