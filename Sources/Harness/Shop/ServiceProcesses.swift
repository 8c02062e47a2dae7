internal import Foundation
internal import Glibc
internal import MQTT
internal import Shop
internal import Subprocess
internal import Synchronization
internal import SystemPackage
internal import Workload

/// Services in processes of their own: this executable with `service` as its first argument. They end with the run, and even with this process.
final class ServiceProcesses: ShopServices {
    let own = ServiceName.allCases
    let ownsTraces = true
    var traces: String { settings.traces }

    private let settings: ServiceSettings
    private let executable: String
    private let processes = Mutex<[ServiceName: Running]>([:])

    /// One life of a service.
    private struct Running {
        var process: Int32
        /// It was killed on purpose.
        var isKilled = false
    }

    init(_ settings: ServiceSettings, executable: String) {
        self.settings = settings
        self.executable = executable
    }

    func run(_ service: ServiceName) async throws {
        var life = 0
        while true {
            life += 1
            let end = try await live(service, life: life)
            if Task.isCancelled { return }
            let wasKilled = processes.withLock { $0.removeValue(forKey: service)?.isKilled ?? false }
            if !wasKilled {
                throw HarnessError(
                    .failure,
                    "The \(service.rawValue) service ended with \(end) in the middle of the run. Its last line: \(settings.lastLogLine(service)) Its whole log is \(settings.log(service))."
                )
            }
        }
    }

    func kill(_ service: ServiceName) async throws {
        // Between two lives there is nothing to kill yet.
        while true {
            let isKilled = processes.withLock { processes in
                guard let running = processes[service], !running.isKilled else { return false }
                processes[service]?.isKilled = true
                return Glibc.kill(running.process, SIGKILL) == 0
            }
            if isKilled { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The shell ends the service when its input ends, which it does even when this process is killed; and it passes SIGTERM on. It ends itself
    /// with the service and with its exit code. A session of its own keeps Ctrl-C in the terminal from the service: the run has to outlive it.
    private static let script = #"""
        log=$0; identity=$1; shift; exec 3<&0
        "$@" </dev/null 3<&- >>"$log" 2>&1 & service=$!
        trap 'kill $service 2>/dev/null' TERM
        (trap - TERM; cat <&3; kill $service) >/dev/null 2>&1 & guard=$!
        exec 3<&-
        echo $service >"$identity.new" && mv "$identity.new" "$identity"
        wait $service; code=$?
        while kill -0 $service 2>/dev/null; do wait $service; code=$?; done
        kill $guard 2>/dev/null
        exit $code
        """#

    /// Runs one life of a service to its end.
    /// - Returns: how it ended, in words.
    private func live(_ service: ServiceName, life: Int) async throws -> String {
        let identity = "\(settings.directory.path)/\(service.rawValue).pid"
        try? FileManager.default.removeItem(atPath: identity)
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        let outcome = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", Self.script, settings.log(service), identity] + command(service)),
            environment: .inherit.updating(secrets), platformOptions: options, input: .inputWriter, output: .sequence, error: .discarded
        ) { execution in
            await noteProcess(service, identity)
            // The shell says nothing; its output ends with it.
            do { for try await _ in execution.standardOutput {} } catch {}
            try? await execution.standardInputWriter.finish()
        }
        try? FileManager.default.removeItem(atPath: identity)
        switch outcome.terminationStatus {
        case .exited(let code): return code > 128 ? "signal \(code - 128)" : "exit code \(code)"
        case .signaled(let signal): return "signal \(signal)"
        }
    }

    private func noteProcess(_ service: ServiceName, _ identity: String) async {
        for _ in 0..<1_000 where !Task.isCancelled {
            if let text = try? String(contentsOfFile: identity, encoding: .utf8), let process = Int32(text.dropLast()) {
                processes.withLock { $0[service] = Running(process: process) }
                return
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func command(_ service: ServiceName) -> [String] {
        let endpoint = settings.endpoints[service] ?? BrokerEndpoint(host: "127.0.0.1", port: 1883)
        // With TLS the certificate is held against the name.
        let address = settings.tls == nil ? endpoint.addresses.first ?? endpoint.host : endpoint.host
        let host = address.contains(":") ? "[\(address)]" : address
        let url = "\(settings.tls == nil ? "mqtt" : "mqtts")://\(host):\(endpoint.port)"
        return [
            executable, "service", service.rawValue, "--broker", url, "--store", settings.store(service),
            "--traces", settings.traces, "--instance", service.rawValue, "--qos", "\(settings.shop.qos[service])", "--protocol",
            settings.shop.protocolVersion.rawValue, "--workers", "\(settings.shop.workers)", "--durability",
            settings.shop.durability.rawValue,
        ] + encryption + settings.defects.map(\.rawValue).sorted().flatMap { ["--defect", $0] }
    }

    private var encryption: [String] {
        let files = [
            ("--ca-file", settings.tls?.authorities), ("--cert-file", settings.tls?.certificate), ("--key-file", settings.tls?.key),
        ]
        return files.flatMap { option, file in file.map { [option, $0] } ?? [] }
    }

    /// What must not stand in a command line, where everybody on the machine could read it.
    private var secrets: [Environment.Key: String?] {
        // What this process was told that way is not meant for the services of a broker of the run's own.
        [
            "WAYBILL_USER": settings.credentials?.user, "WAYBILL_PASSWORD": settings.credentials?.password, "WAYBILL_PASSWORD_FILE": nil,
            "WAYBILL_BROKER": nil, "WAYBILL_CA_FILE": nil, "WAYBILL_CERT_FILE": nil, "WAYBILL_KEY_FILE": nil,
            "WAYBILL_KEY_PASSWORD": settings.tls?.keyPassword,
        ]
    }
}
