import Foundation
import MQTT
import Measurement
import Synchronization
import Testing
import Verification
import Workload

@testable import Harness

/// A broker of the run's own: who it is, and whom it lets in.
@Suite struct OwnBrokerTests {
    private static let anna = SessionConfiguration.Credentials(user: "anna", password: "pass word")

    /// The numbers of the users that a process runs as: real, effective, saved and for files.
    private func users(of process: Int32) throws -> [String] {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Uid:") })
        return line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
    }

    /// Also below a directory into which only root may look, and where it stores and reads there.
    @Test func mosquittoIsNotRoot() async throws {
        try await withTemporaryDirectory { directory in
            try #require(chmod(directory, 0o700) == 0)
            try FileManager.default.createDirectory(atPath: directory + "/run", withIntermediateDirectories: false)
            for round in 1...2 {
                try await EmbeddedBroker.with(
                    settings: ["persistence true"], directory: directory + "/run", credentials: [Self.anna]
                ) { broker in
                    let users = try users(of: broker.process)
                    // Where the tests run as somebody else, mosquitto is that user.
                    #expect(geteuid() == 0 ? !users.contains("0") : users.allSatisfy { $0 == "\(geteuid())" }, "\(users)")
                    let writer = try Bystander("writer", port: broker.port, credentials: Self.anna)
                    try await writer.connect()
                    if round == 1 { try await writer.publish("kept", to: "a/b", retain: true) }
                    let retained = try await writer.retained("a/#")
                    #expect(round == 1 || retained == ["a/b"])
                    await writer.leave()
                }
            }
            let home = directory + "/run/broker"
            #expect(try FileManager.default.contentsOfDirectory(atPath: home) == ["mosquitto.db"])
            #expect(try FileManager.default.attributesOfItem(atPath: home)[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test(arguments: [nil, SessionConfiguration.Credentials(user: "anna", password: "guess"), .init(user: "bob", password: "pass word")])
    func nobodyElseIsLetIn(_ credentials: SessionConfiguration.Credentials?) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory, credentials: [Self.anna]) { broker in
                let stranger = try Bystander("stranger", port: broker.port, credentials: credentials)
                await #expect(throws: MQTTError.self) { try await stranger.connect() }
                await stranger.leave()
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/broker"))
        }
    }

    /// Each run has a user of its own, in no file that it leaves and no command line.
    @Test(arguments: [false, true])
    func aRunIsAloneAtItsBroker(bridged: Bool) async throws {
        let (ports, continuation) = AsyncStream<[UInt16]>.makeStream()
        try await withTemporaryDirectory { directory in
            let yaml =
                bridged
                ? "name: own\nshop: { customers: 2, orders: 40, rate: 20/s, stock: 1000, bridged: true }\n"
                : "name: own\ngroups:\n  - { name: pub, count: 1, publish: { topic: a, qos: 1, rate: 20/s, messages: 40 } }\n"
                    + "  - { name: sub, count: 1, subscribe: { filters: [a], qos: 1 } }\n"
            let profile = try Profile.parse(yaml: yaml, file: "own.yaml")
            let told = Told()
            let progress: @Sendable (ProgressSample) -> Void = { _ in
                if let found = told.once(in: directory) { continuation.yield(found) }
            }
            async let outcome =
                bridged
                ? ShopRun(profile: profile, output: directory, progress: progress).execute()
                : LoadRun(profile: profile, output: directory, reactors: 1, progress: progress).execute()
            let found = await ports.first { _ in true } ?? []
            #expect(found.count == (bridged ? 5 : 1))
            for port in found {
                let stranger = try Bystander("stranger", port: port)
                await #expect(throws: MQTTError.self) { try await stranger.connect() }
                await stranger.leave()
            }
            #expect(try await outcome.check.verdict == .pass)
            #expect(told.secrets.count == found.count, "each broker's directory was there")
            for file in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? [] {
                guard let data = FileManager.default.contents(atPath: directory + "/" + file) else { continue }
                for secret in told.passwords { #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)") }
            }
            #expect(bridged == !told.passwords.isEmpty)
        }
    }

    @Test func aPacketBeyondTheBoundIsNotTaken() async throws {
        try await Scenario(
            """
            name: great
            groups:
              - { name: pub, count: 1, publish: { topic: a, qos: 1, size: 3MiB, rate: 20/s, messages: 3 } }
              - { name: sub, count: 1, subscribe: { filters: [a], qos: 1 } }
            """
        ).run { outcome in
            // What the profile itself asks for fits.
            #expect(outcome.check.verdict == .pass && outcome.connections.lostByGroup.isEmpty)
        }
        try await withTemporaryDirectory { directory in
            let profile = try Profile.parse(
                yaml: "name: x\ngroups: [{ name: a, count: 1, publish: { topic: a, qos: 0, rate: 1/s, messages: 1 } }]", file: "x")
            let lines = BrokerTarget.lines(of: profile, [], defaults: [])
            #expect(lines.contains("max_packet_size 1048576"))
            try await EmbeddedBroker.with(settings: lines, directory: directory) { broker in
                let stranger = try Bystander("stranger", port: broker.port)
                try await stranger.connect()
                try await stranger.publish(String(repeating: "x", count: 2 << 20), to: "a")
                _ = try? await stranger.retained("b")
                await stranger.leave()
            }
            let log = try String(contentsOfFile: directory + "/broker.log", encoding: .utf8)
            #expect(log.contains("oversize packet") || log.contains("packet too large"), "\(log)")
        }
    }
}

/// What the first look at a run in progress tells.
private final class Told: Sendable {
    private let found = Mutex<(ports: [UInt16], passwords: Set<String>, secrets: [String])?>(nil)

    /// The ports of the brokers, at the first call.
    func once(in directory: String) -> [UInt16]? {
        found.withLock { found in
            guard found == nil else { return nil }
            var ports: [UInt16] = []
            var passwords: Set<String> = []
            var secrets: [String] = []
            for file in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? []
            where !file.hasPrefix("latest") {
                let path = directory + "/" + file
                if file.hasSuffix("broker/passwords") { secrets.append(file) }
                guard file.hasSuffix("mosquitto.conf"), let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: " ").map(String.init)
                    if words.first == "listener", words.count > 1, let port = UInt16(words[1]) { ports.append(port) }
                    if words.first == "remote_password", words.count > 1 { passwords.insert(words[1]) }
                }
            }
            found = (ports, passwords, secrets)
            return ports
        }
    }

    var passwords: Set<String> { found.withLock { $0?.passwords ?? [] } }
    var secrets: [String] { found.withLock { $0?.secrets ?? [] } }
}
