import Foundation
import Testing

@testable import Workload

/// What is expected of a broker: from the profile, from a file that it names, and from what MQTT demands.
@Suite struct ExpectationsTests {
    private static let profile = """
        name: expectations
        groups:
          - {name: both, count: 1, publish: {topic: t, qos: 1, rate: 1/s}, subscribe: {filters: [t], qos: 1}}
        phases: {hold: 1s}

        """

    /// A profile in a directory beside a file `broker.yaml`.
    private func load(_ expectations: String, file: String) throws -> Profile {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(file.utf8).write(to: directory.appending(path: "broker.yaml"))
        try Data((Self.profile + expectations).utf8).write(to: directory.appending(path: "p.yaml"))
        return try Profile.load(path: directory.appending(path: "p.yaml").path)
    }

    private func problems(_ expectations: String, file: String = "") -> [String] {
        do {
            _ = try load(expectations, file: file)
            return []
        } catch {
            return (error as? ProfileError)?.problems.map { "\($0.path): \($0.message)" } ?? ["\(error)"]
        }
    }

    private static let limit = "limits: [{name: cap, class: lost, up_to: broker.dropped, note: a queue}]"

    @Test func theFileOfTheProfileIsRead() throws {
        let expectations = try load("expectations: {file: broker.yaml}\n", file: "redelivery: forbidden\n\(Self.limit)\n").expectations
        #expect(expectations.redelivery == .forbidden && expectations.overlappingSubscriptions == .any)
        #expect(expectations.limits == [.init(name: "cap", class: .lost, upTo: .dropped, note: "a queue")])
    }

    @Test func whatTheProfileSaysComesFirst() throws {
        let file = "redelivery: forbidden\noverlapping_subscriptions: each\nacknowledgement_order: kept\n\(Self.limit)\n"
        let expectations = try load("expectations: {redelivery: allowed, file: broker.yaml, limits: []}\n", file: file).expectations
        #expect(expectations.redelivery == .allowed && expectations.overlappingSubscriptions == .each && expectations.limits.isEmpty)
        #expect(expectations.acknowledgementOrder == .kept)
    }

    /// A run's directory holds the resolved profile alone, so that must hold what the file said.
    @Test func theResolvedProfileNeedsNoFile() throws {
        let profile = try load("expectations: {file: broker.yaml}\n", file: "\(Self.limit)\ncausal_order: wire\n")
        let again = try Profile.parse(yaml: try profile.resolvedYAML(), file: "elsewhere/resolved.yaml")
        #expect(again == profile && again.expectations.limits.count == 1)
    }

    @Test func anEmptyFileExpectsWhatMQTTDemands() throws {
        #expect(try load("expectations: {file: broker.yaml}\n", file: "# nothing\n").expectations == Profile.Expectations())
        #expect(try load("", file: "").expectations == Profile.Expectations())
    }

    @Test func mistakesAreNamedWithTheirPlace() throws {
        #expect(problems("expectations: {file: nowhere.yaml}\n").first?.contains("nowhere.yaml: cannot be read") == true)
        let inFile = problems("expectations: {file: broker.yaml}\n", file: "redelivery: often\n")
        #expect(
            inFile.count == 1 && inFile[0].hasPrefix("expectations.file: ") && inFile[0].contains("broker.yaml:1: redelivery: expected"))
        #expect(
            problems("expectations: {file: broker.yaml}\n", file: "file: other.yaml\nredelivery: allowed\n").first?.contains("unknown key")
                == true)
        let missing = problems("expectations: {limits: [{note: x}]}\n")
        #expect(missing.count == 3, "\(missing)")
        #expect(missing.allSatisfy { $0.hasPrefix("expectations.limits[0].") && $0.contains("is missing") })
        let wrong = problems("expectations: {limits: [{name: Cap, class: late, up_to: broker.bytes}]}\n")
        #expect(wrong.count == 3 && wrong.contains { $0.contains("expected broker.dropped, found 'broker.bytes'") }, "\(wrong)")
        let twice = problems(
            "expectations: {limits: [{name: a, class: lost, up_to: broker.dropped}, {name: a, class: lost, up_to: broker.dropped}]}\n")
        #expect(twice.count == 1 && twice[0].contains("is the name of another limit"), "\(twice)")
    }

    @Test func theShippedFileIsValid() throws {
        let path = ProfileText.directory.appending(path: "expectations/mosquitto.yaml")
        let expectations = try Profile.Expectations.load(path: path.path())
        #expect(expectations.limits.map(\.name) == ["queue-cap"])
        #expect(
            try String(contentsOf: path, encoding: .utf8).hasPrefix("# yaml-language-server: $schema=../schema.json#/$defs/expectations\n"))
    }
}
