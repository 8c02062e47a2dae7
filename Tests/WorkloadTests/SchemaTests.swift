import Foundation
import Testing

@testable import Workload

/// The JSON Schema and the decoder must know the same keys and the same choices.
@Suite struct SchemaTests {
    private func definitions() throws -> [String: [String: Any]] {
        let data = try Data(contentsOf: ProfileText.directory.appending(path: "schema.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require(root["$defs"] as? [String: [String: Any]])
    }

    @Test(arguments: Section.allCases)
    func keysAgree(section: Section) throws {
        let definition = try #require(try definitions()[section.rawValue])
        let properties = try #require(definition["properties"] as? [String: Any])
        #expect(Set(properties.keys) == Set(section.keys))
        #expect(definition["additionalProperties"] as? Bool == false)
    }

    @Test func everyObjectOfTheSchemaIsASection() throws {
        let objects = try definitions().filter { $0.value["additionalProperties"] as? Bool == false }
        #expect(Set(objects.keys) == Set(Section.allCases.map(\.rawValue)))
    }

    @Test func choicesAgree() throws {
        let definitions = try definitions()
        func choices(_ section: Section, _ key: String) throws -> [String] {
            let property = (definitions[section.rawValue]?["properties"] as? [String: [String: Any]])?[key]
            return try #require(property?["enum"] as? [Any]).compactMap { $0 as? String }
        }
        #expect(try choices(.group, "protocol") == Profile.ProtocolVersion.allCases.map(\.rawValue))
        #expect(try choices(.group, "session") == Profile.Session.allCases.map(\.rawValue))
        #expect(try choices(.publish, "rate_per") == Profile.RateSharing.allCases.map(\.rawValue))
        #expect(try choices(.publish, "arrival") == ArrivalProcess.Kind.allCases.map(\.rawValue))
        #expect(try choices(.publish, "on") == ["received"])
        for section in [Section.leave, .away, .churn] {
            #expect(try choices(section, "by") == Profile.Departure.allCases.map(\.rawValue))
        }
        #expect(try choices(.payload, "proof") == Profile.ProofPlace.allCases.map(\.rawValue))
        #expect(try choices(.subscribe, "retain_handling") == Profile.RetainHandling.allCases.map(\.rawValue))
        let expectations = Profile.Expectations.OverlappingSubscriptions.allCases.map(\.rawValue)
        #expect(try choices(.expectations, "overlapping_subscriptions") == expectations)
        #expect(
            try choices(.expectations, "acknowledgement_order") == Profile.Expectations.AcknowledgementOrder.allCases.map(\.rawValue))
        #expect(try choices(.expectations, "causal_order") == Profile.Expectations.CausalOrder.allCases.map(\.rawValue))
        #expect(try choices(.shop, "arrival") == ArrivalProcess.Kind.allCases.map(\.rawValue))
        #expect(try choices(.shop, "protocol") == Profile.ProtocolVersion.allCases.map(\.rawValue))
        #expect(try choices(.shop, "durability") == Profile.Shop.Durability.allCases.map(\.rawValue))
        #expect(try choices(.limit, "class") == Profile.Limit.Class.allCases.map(\.rawValue))
        #expect(try choices(.limit, "up_to") == Profile.Limit.Counter.allCases.map(\.rawValue))
        #expect(try choices(.expectations, "redelivery") == Profile.Expectations.Redelivery.allCases.map(\.rawValue))
    }

    @Test func everyKeyIsDocumented() throws {
        let page = try String(contentsOf: ProfileText.directory.appending(path: "../docs/profiles.md").standardizedFileURL, encoding: .utf8)
        for section in Section.allCases {
            for key in section.keys { #expect(page.contains("`\(key)`"), "\(section).\(key) is missing in docs/profiles.md") }
        }
    }

    @Test(arguments: [
        "smoke", "p2p", "fan-in", "fan-out", "relay", "crowd", "overflow", "limit-queue", "limit-fan-out", "shared", "offline", "churn",
        "storm", "wills", "retained",
        "ramp",
        "shop-happy", "shop-mixed", "shop-qos0", "shop-qos1",
        "shop-qos2",
        "shop-crash", "shop-bridged",
    ])
    func shippedProfilesAreValid(name: String) throws {
        let path = ProfileText.directory.appending(path: "\(name).yaml")
        let profile = try Profile.load(path: path.path())
        #expect(profile.name == name)
        #expect(profile.description.contains("?"), "the description says what question the profile answers")
        #expect(try String(contentsOf: path, encoding: .utf8).hasPrefix("# yaml-language-server: $schema=schema.json\n"))
    }

    /// Profiles after public benchmarks say after which.
    @Test func benchmarksAreValid() throws {
        let directory = ProfileText.directory.appending(path: "benchmarks")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path()).sorted()
        let page = try String(contentsOf: ProfileText.directory.appending(path: "../docs/profiles.md").standardizedFileURL, encoding: .utf8)
        #expect(names.count >= 10)
        for name in names {
            let profile = try Profile.load(path: directory.appending(path: name).path())
            #expect(profile.name + ".yaml" == name && profile.description.contains("?"))
            #expect(page.contains("(../Profiles/benchmarks/\(name))"), "docs/profiles.md does not say where \(name) comes from")
        }
    }

    @Test func theCrowdIsAHundredThousandMessages() throws {
        let profile = try Profile.load(path: ProfileText.directory.appending(path: "crowd.yaml").path())
        let publish = try #require(profile.groups[0].publish)
        #expect(UInt64(profile.groups[0].count) * (publish.messages ?? 0) == 100_000)
        #expect(publish.qos == [1])
        let branches = Set((0..<50).flatMap { profile.filters(group: 1, client: $0) })
        for sequence in 1...200 as ClosedRange<UInt64> {
            let levels = try #require(profile.topics(group: 0, client: 7)).topic(sequence: sequence).split(separator: "/")
            #expect(levels.count == 3 && branches.contains("crowd/\(levels[1])/+") && levels[2] == "7")
        }
    }
}
