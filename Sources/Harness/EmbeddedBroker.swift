internal import Foundation
internal import Glibc
package import MQTT
internal import Subprocess
internal import SystemPackage
internal import Trace

/// A mosquitto of the run's own, on a loopback port, which lives as long as a scope and never longer than this process.
package struct EmbeddedBroker: Sendable {
    /// Its process id.
    package let process: Int32
    /// The port it listens on at 127.0.0.1.
    package let port: UInt16
    /// Where its log and its end are written.
    private let directory: String

    /// The lines of the log that a report of its end repeats.
    private static let lastLines = 3

    /// How it ended, in a sentence, for one that does not run any more.
    func end() async -> String {
        var status: String?
        // The shell writes it a moment after the end.
        for _ in 0..<50 where status == nil {
            status = try? String(contentsOfFile: directory + "/broker.exit", encoding: .utf8).filter(\.isNumber)
            if status == nil { try? await Task.sleep(for: .milliseconds(20)) }
        }
        let code = status.flatMap { Int($0) }
        // A shell gives a signal as 128 and its number.
        let how = code.map { $0 > 128 ? "by signal \($0 - 128)" : "with exit code \($0)" } ?? "in an unknown way"
        let log = directory + "/broker.log"
        let lines = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").suffix(Self.lastLines) ?? []
        let last = lines.isEmpty ? "It logged nothing." : "Its last lines: \(lines.map { "'\($0)'" }.joined(separator: ", "))."
        return "The broker of the run ended \(how) before the run did. \(last) Its whole log is \(log)."
    }

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
    ///   - credentials: the only users that may connect; none where the settings say who may, or else anybody.
    ///   - interruption: ends the waiting for mosquitto to listen.
    /// - Throws: ``HarnessError`` where mosquitto is missing, refuses its settings or does not answer, ``Interrupted``; what `body` throws.
    package static func with<Value: Sendable>(
        settings: [String] = [], directory: String, credentials: [SessionConfiguration.Credentials] = [], port: UInt16? = nil,
        interruption: Interruption = Interruption(), _ body: (EmbeddedBroker) async throws -> Value
    ) async throws -> Value {
        var attempts = 0
        while true {
            attempts += 1
            do {
                return try await start(
                    settings: settings, directory: directory, credentials: credentials, port: port ?? freePort(), interruption, body)
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
        settings: [String], directory: String, credentials: [SessionConfiguration.Credentials], port: UInt16, _ interruption: Interruption,
        _ body: (EmbeddedBroker) async throws -> Value
    ) async throws -> Value {
        let log = directory + "/broker.log"
        let identity = directory + "/broker.pid"
        let exit = directory + "/broker.exit"
        let executable = try executable()
        // Asked first: once mosquitto is started, another that listens there would be taken for it.
        if Loopback.accepts(port: port) { throw PortTaken() }
        for file in [identity, exit] { try? FileManager.default.removeItem(atPath: file) }
        let home = try BrokerHome(below: directory)
        defer { home.close() }
        // What mosquitto opens while it is root still, it opens by its whole path.
        let configuration = home.path.dropLast("/broker".count) + "/mosquitto.conf"
        let lines = try configure(settings, port: port, home, credentials)
        // A bridge's password stands in it.
        try BrokerHome.writeSecret(lines.joined(separator: "\n") + "\n", to: String(configuration))
        defer { forget(lines, in: String(configuration)) }
        // The shell ends mosquitto when its input ends, which it does even when this process is killed.
        // How it ended goes to a file. One that is frozen is woken to hear of it. A session of its own keeps Ctrl-C in the terminal from the broker: the run has to outlive it.
        let script = #"""
            identity=$3; exec 3<&0; trap : TERM
            (trap - TERM; cd "$5" && exec "$0" -c "$1") </dev/null 3<&- >>"$2" 2>&1 & broker=$!
            (trap - TERM; cat <&3; kill $broker; kill -CONT $broker) >/dev/null 2>&1 & guard=$!
            exec 3<&-
            echo $broker >"$identity.new" && mv "$identity.new" "$identity"
            wait $broker; code=$?
            while kill -0 $broker 2>/dev/null; do wait $broker; code=$?; done
            echo $code >"$4.new" && mv "$4.new" "$4"
            kill $guard 2>/dev/null
            """#
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let outcome = try await run(
            .path("/bin/sh"), arguments: ["-c", script, executable, String(configuration), log, identity, exit, home.path],
            environment: .inherit.updating(withoutSecrets), platformOptions: options, input: .inputWriter, output: .discarded,
            error: .discarded
        ) { execution in
            let result: Result<Value, any Error>
            do {
                let broker = try await interruption.cutting {
                    try await waitUntilItListens(port: port, identity: identity, log: log, directory: directory)
                }
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

    /// What this process was told and mosquitto need not know.
    private static let withoutSecrets: [Environment.Key: String?] = [
        "WAYBILL_BROKER": nil, "WAYBILL_USER": nil, "WAYBILL_PASSWORD": nil, "WAYBILL_PASSWORD_FILE": nil, "WAYBILL_KEY_PASSWORD": nil,
    ]

    private static func configure(
        _ settings: [String], port: UInt16, _ home: BrokerHome, _ credentials: [SessionConfiguration.Credentials]
    ) throws -> [String] {
        var lines = [
            "listener \(port) 127.0.0.1",
            // To the shell, which has the log open: as the user that it becomes, mosquitto may not be able to open it.
            "log_dest stderr",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
            "persistence_location ./",
        ]
        if let user = home.user { lines.append("user \(user)") }
        if !credentials.isEmpty {
            let passwords = credentials.compactMap(PasswordFile.line)
            guard passwords.count == credentials.count else {
                throw HarnessError(
                    .failure,
                    "libmosquitto has no OpenSSL, which the password of the run's own broker needs: install one that was built with TLS.")
            }
            try home.write(passwords.joined(), to: BrokerHome.passwords)
            lines += ["allow_anonymous false", "password_file \(BrokerHome.passwords)"]
        } else if !settings.contains(where: { $0.hasPrefix("allow_anonymous ") }) {
            lines.append("allow_anonymous true")
        }
        return lines + settings
    }

    /// Takes passwords out of the configuration of a broker that has ended.
    private static func forget(_ lines: [String], in configuration: String) {
        let secret = "remote_password "
        guard lines.contains(where: { $0.hasPrefix(secret) }) else { return }
        let left = lines.map { $0.hasPrefix(secret) ? "# remote_password is forgotten" : $0 }
        try? BrokerHome.writeSecret(left.joined(separator: "\n") + "\n", to: configuration)
    }

    private static func waitUntilItListens(
        port: UInt16, identity: String, log: String, directory: String
    ) async throws -> EmbeddedBroker {
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(10)
        while clock.now < limit {
            try await Task.sleep(for: .milliseconds(10))
            guard let text = try? String(contentsOfFile: identity, encoding: .utf8), let process = Int32(text.dropLast()) else { continue }
            let broker = EmbeddedBroker(process: process, port: port, directory: directory)
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
