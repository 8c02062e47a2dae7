import Foundation
import Harness
import Testing

/// Brokers that a run does not start, and that others may use too.
enum ForeignBroker {
    /// Runs `body` while a mosquitto listens, on a port that stays the same when it is killed and started again.
    static func mosquitto<Value: Sendable>(
        settings: [String] = [], port: UInt16? = nil, _ body: (EmbeddedBroker) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(settings: settings, directory: directory, port: port, body)
        }
    }

    /// Runs `body` while a nats-server listens for MQTT on a port.
    static func nats<Value: Sendable>(_ body: (UInt16) async throws -> Value) async throws -> Value {
        let path = try #require(
            ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"].map { $0 + "/nats-server" }
                .first(where: FileManager.default.isExecutableFile),
            "nats-server is not installed: scripts/test installs it")
        return try await withTemporaryDirectory { directory in
            // Free a moment ago: the brokers that listened there have ended.
            let mqtt = try await mosquitto { $0.port }
            let own = try await mosquitto { $0.port }
            let configuration = """
                host: 127.0.0.1
                port: \(own)
                server_name: cases
                jetstream { store_dir: "\(directory)/store" }
                mqtt { host: 127.0.0.1, port: \(mqtt) }

                """
            try configuration.write(toFile: directory + "/nats.conf", atomically: true, encoding: .utf8)
            let server = Process()
            server.executableURL = URL(filePath: path)
            server.arguments = ["-c", directory + "/nats.conf", "-l", directory + "/nats.log"]
            try server.run()
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            try await wait("a nats-server that listens") {
                try #require(server.isRunning, "\((try? String(contentsOfFile: directory + "/nats.log", encoding: .utf8)) ?? "")")
                return (try? Stranger(port: mqtt, clientID: "first")) != nil
            }
            return try await body(mqtt)
        }
    }
}
