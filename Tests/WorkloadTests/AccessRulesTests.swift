import Causality
import Foundation
import Testing
import Workload

/// The access rules of the stack in containers, `stack/acl`, against the profiles that come with Waybill.
@Suite struct AccessRulesTests {
    /// What each user may do, as mosquitto reads the file.
    private struct Rules {
        var write: [String: [TopicFilter]] = [:]
        var read: [String: [TopicFilter]] = [:]
        /// The filters of `write` as they stand there.
        var texts: [String: [String]] = [:]

        init() throws {
            let path = ProfileText.directory.deletingLastPathComponent().appending(path: "stack/acl")
            var user = ""
            for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
                let words = line.split(separator: " ").map(String.init)
                if words[0] == "user" {
                    user = words[1]
                    continue
                }
                try #require(words.count == 3 && words[0] == "topic" && !user.isEmpty, "\(line)")
                let filter = try #require(TopicFilter(words[2]), "\(line)")
                try #require(["read", "write", "readwrite"].contains(words[1]), "\(line)")
                if words[1] != "read" {
                    write[user, default: []].append(filter)
                    texts[user, default: []].append(words[2])
                }
                if words[1] != "write" { read[user, default: []].append(filter) }
            }
        }
    }

    /// The first level of each topic and filter of a load profile.
    private func subtrees(_ profile: Profile) throws -> Set<String> {
        let texts = profile.groups.flatMap { group -> [String] in
            var templates = group.publish?.topics ?? []
            templates += group.will.map { [$0.topic] } ?? []
            templates += group.subscribe?.filters ?? []
            // A shared subscription is for the topics that its filter matches.
            return templates.map { $0.description.replacing(/^\$share\/[^\/]+\//, with: "") }
        }
        return Set(try texts.map { String(try #require($0.split(separator: "/").first)) })
    }

    @Test func theHarnessMayRunEachLoadProfileAndNoServiceHearsIt() throws {
        let rules = try Rules()
        let files = try FileManager.default.contentsOfDirectory(at: ProfileText.directory, includingPropertiesForKeys: nil)
        let profiles = try files.filter { $0.pathExtension == "yaml" }
            .map { try Profile.parse(yaml: String(contentsOf: $0, encoding: .utf8), file: $0.lastPathComponent) }
            .filter { $0.shop == nil }
        #expect(profiles.count >= 7)
        for profile in profiles {
            for subtree in try subtrees(profile) {
                // Two levels that no rule names: only one for all that is below covers them.
                let topic = "\(subtree)/any/where"
                #expect(rules.write["harness"]?.contains { $0.matches(topic) } == true, "\(profile.name): \(topic)")
                #expect(rules.read["harness"]?.contains { $0.matches(topic) } == true, "\(profile.name): \(topic)")
                for (user, filters) in rules.read where user != "harness" {
                    #expect(!filters.contains { $0.matches(topic) }, "\(user): \(topic)")
                }
            }
        }
    }

    /// A service says what begins with its name, and no other user may say any of it.
    @Test func nobodySpeaksInTheNameOfAService() throws {
        let rules = try Rules()
        for service in ["order", "packaging", "shipping", "notification"] {
            let own = try #require(rules.texts[service])
            let topics = own.map { $0.replacing("+", with: "any").replacing("#", with: "any/any") }
            #expect(topics.count >= 5 && topics.allSatisfy { $0.hasPrefix("shop/\(service)/") }, "\(service): \(topics)")
            for (user, filters) in rules.write where user != service {
                for topic in topics { #expect(!filters.contains { $0.matches(topic) }, "\(user): \(topic)") }
                #expect(!filters.contains { $0.matches("shop/\(service)/order/any/any/any") }, "\(user)")
            }
        }
    }
}
