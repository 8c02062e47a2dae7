import Foundation
import MQTT
import Testing
import Workload

@testable import Harness

@Suite struct ProvisioningTests {
    @Test func theBrokerEndsWithItsScope() async throws {
        try await withTemporaryDirectory { directory in
            let broker = try await EmbeddedBroker.with(directory: directory) { broker in
                #expect(broker.isRunning)
                return broker
            }
            #expect(!broker.isRunning)
            #expect(FileManager.default.fileExists(atPath: directory + "/broker.log"))
        }
    }

    @Test func aSettingThatMosquittoRefusesIsTold() async throws {
        try await withTemporaryDirectory { directory in
            let error = await #expect(throws: HarnessError.self) {
                try await EmbeddedBroker.with(settings: ["no_such_option 1"], directory: directory) { _ in }
            }
            #expect(error?.kind == .badInput)
            #expect(error?.description.contains("no_such_option") == true)
        }
    }

    @Test func aPortInUseIsTold() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { first in
                try await withTemporaryDirectory { other in
                    let error = await #expect(throws: HarnessError.self) {
                        try await EmbeddedBroker.with(directory: other, port: first.port) { _ in }
                    }
                    #expect(error?.description.contains("\(first.port)") == true)
                }
            }
        }
    }

    @Test func aPortWhereNobodyListensIsTold() throws {
        let port = try #require(Loopback.freePort())
        let error = #expect(throws: HarnessError.self) { try BrokerEndpoint.find(host: "localhost", port: port) }
        #expect(error?.kind == .failure)
        #expect(error?.description.hasPrefix("No broker at localhost:\(port): Connection refused.") == true)
    }

    @Test func theAddressThatAcceptsIsFound() async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                // The name may lead to ::1 first, where this broker does not listen.
                let found = try BrokerEndpoint.find(host: "localhost", port: broker.port)
                #expect(found.addresses.first == "127.0.0.1")
                // A certificate is for the name.
                #expect(found.host == "localhost")
            }
        }
    }

    @Test func anUnknownHostIsTold() {
        let error = #expect(throws: HarnessError.self) { try BrokerEndpoint.find(host: "no-such-host.invalid", port: 1_883) }
        #expect(error?.description.contains("no-such-host.invalid") == true)
    }

    @Test(arguments: [
        ("mosquitto version 2.0.11", "mosquitto", "2.0.11"), ("EMQX 5.1", "EMQX", "5.1"), ("5.1", "unknown", "5.1"),
        ("some broker 1.2 (build 7)", "some broker", "1.2"),
    ])
    func versionsAreSplit(text: String, name: String, version: String) {
        let identity = BrokerIdentity.split(text)
        #expect(identity.name == name)
        #expect(identity.version == version)
    }

    @Test func aBrokerThatSaysNothingIsUnknown() {
        #expect(BrokerIdentity.split(nil) == ("unknown", nil))
    }

    @Test func twoRunsOfOneSecondHaveTwoDirectories() async throws {
        try await withTemporaryDirectory { directory in
            let now = Date()
            let first = try RunDirectory(below: directory + "/deep/er", name: "smoke", startedAt: now)
            let second = try RunDirectory(below: directory + "/deep/er", name: "smoke", startedAt: now)
            #expect(second.path == first.path + "-2")
        }
    }

    @Test func aDirectoryThatCannotBeMadeIsTold() {
        let error = #expect(throws: HarnessError.self) { try RunDirectory(below: "/dev/null/runs", name: "smoke", startedAt: Date()) }
        #expect(error?.kind == .badInput)
        #expect(error?.description.contains("/dev/null/runs") == true)
        #expect(error?.description.contains("--out") == true)
    }

    @Test func aDiskThatIsTooSmallIsTold() throws {
        let check = Preflight(clients: 1, messages: 1 << 50, directory: "/tmp")
        let error = #expect(throws: HarnessError.self) { try check.check() }
        #expect(error?.description.contains("/tmp has") == true)
    }

    @Test func tooManyClientsForTheMemoryAreTold() throws {
        // More than any descriptor limit allows is told first; below it, memory is.
        let error = #expect(throws: HarnessError.self) { try Preflight(clients: 1 << 40, messages: 1, directory: "/tmp").check() }
        #expect(error?.kind == .failure)
        #expect(error?.description.contains("ulimit -n") == true)
    }

    /// A client takes one descriptor, and on libmosquitto two more.
    @Test(arguments: [
        (0, "needs 1099511627824 file descriptors (one for each of 1099511627776 clients, and 48 others)"),
        (
            7,
            "needs 1099511627838 file descriptors (one for each of 1099511627776 clients, 2 more for each of 7 on libmosquitto, and 48 others)"
        ),
    ])
    func descriptorsAreCountedByTheEngine(_ libraryClients: Int, _ expected: String) {
        let error = #expect(throws: HarnessError.self) {
            try Preflight(clients: 1 << 40, libraryClients: libraryClients, messages: 1, directory: "/tmp").check()
        }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }

    /// What a relay passes on is counted, and a run that ends with its last message is not taken for one without an end.
    @Test func theMessagesOfRelaysAreThoseOfTheirSources() throws {
        let profile = try Profile.parse(
            yaml: """
                name: counted
                groups:
                  - {name: a, count: 3, publish: {topic: a/%i, qos: 1, rate: 10/s, messages: 20}}
                  - {name: b, count: 2, publish: {topic: b/%i, qos: 1, on: received}, subscribe: {filters: [a/%i], qos: 1}}
                """, file: "p.yaml")
        #expect(profile.expectedMessages == 120 && profile.libraryClientCount == 0)
    }

    /// The key that client and broker know is hexadecimal digits, as mosquitto has it.
    @Test(arguments: [("00ff", true), ("00FF\n", true), ("0", false), ("0g", false), ("", false), ("00 ff", false), ("+f", false)])
    func aSharedKeyIsReadFromItsFile(_ text: String, _ isRight: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory + "/key"
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            let profile = Profile.TLS(pskIdentity: "anna", pskKeyFile: file)
            if isRight {
                #expect(try SessionConfiguration.TLS(profile).preSharedKey == .init(identity: "anna", key: [0, 0xFF]))
            } else {
                let error = #expect(throws: HarnessError.self) { try SessionConfiguration.TLS(profile) }
                #expect(error?.description.contains(file) == true, "\(String(describing: error))")
            }
        }
    }

    @Test func tooManyConnectionsForTheMemoryAreTold() throws {
        let error = #expect(throws: HarnessError.self) {
            try Preflight(clients: 1, connections: 2_000, orders: 1_000_000, messages: 1, directory: "/tmp").check()
        }
        #expect(error?.kind == .failure)
        #expect(error?.description.contains("each of 2000 connections of customers") == true)
        #expect(error?.description.contains("lower shop.connections") == true)
        // As many customers as there like to be, on the usual connections: what 20,000 orders take is known to be less than 512 MiB.
        try Preflight(clients: 32, connections: 32, orders: 20_000, messages: 1, directory: "/tmp").check()
        let asked = 20_000 * (Preflight.memoryPerOrder + 32 * Preflight.memoryPerOrderAndConnection)
        #expect(asked + 32 * Preflight.memoryPerClient + Preflight.otherMemory < 512 << 20)
    }
}
