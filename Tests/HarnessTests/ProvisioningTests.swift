import Foundation
import Testing

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

    @Test func tooManyCustomersForTheMemoryAreTold() throws {
        let error = #expect(throws: HarnessError.self) {
            try Preflight(clients: 1, customers: 1_000_000, messages: 1, directory: "/tmp").check()
        }
        #expect(error?.kind == .failure)
        #expect(error?.description.contains("each of 1000000 customers") == true)
        #expect(error?.description.contains("lower shop.customers") == true)
        try Preflight(clients: 1, customers: 20, messages: 1, directory: "/tmp").check()
    }
}
