import Foundation
import Testing

@testable import Workload

/// What a profile may set at a broker of the run's own, whoever wrote it.
@Suite struct BrokerOptionTests {
    private func problem(_ settings: String) throws -> String {
        let problems = ProfileText.problems(
            try ProfileText.replacing("phases:", with: "target: { embedded: { settings: { \(settings) } } }\nphases:"))
        return problems.joined(separator: "\n")
    }

    /// Each runs code, opens a listener, reads or writes a file, or reaches another host.
    @Test(arguments: [
        "plugin: /tmp/evil.so", "auth_plugin: /tmp/evil.so", "plugin_opt_x: 1", "auth_opt_x: 1", "connection: out", "address: evil.example",
        "addresses: evil.example", "topic: '#'", "bridge_cafile: ca.pem", "remote_password: x", "listener: 1883", "port: 1883",
        "bind_address: 0.0.0.0", "include_dir: /etc", "acl_file: /etc/shadow", "password_file: /etc/shadow", "cafile: /etc/shadow",
        "log_dest: file /root/.profile", "pid_file: /root/.profile", "persistence_location: /root", "user: root", "http_dir: /root",
        "allow_anonymous: true", "psk_file: /etc/shadow", "per_listener_settings: true", "no_such_option: 1", "Max_Qos: 1", "'': 1",
        "'max_qos 1\\nplugin': x", "tls_engine: evil", "socket_domain: ipv6", "websockets_log_level: 1",
    ])
    func whatCouldDoHarmIsRefused(_ setting: String) throws {
        let problem = try problem(setting)
        #expect(problem.hasPrefix("p.yaml:14: target.embedded.settings."), "\(problem)")
        #expect(problem.contains("is set by Waybill itself: ") || problem.contains("max_queued_messages"), "\(problem)")
        #expect(!problem.contains("\n") || setting.contains("\\n"), "\(problem)")
    }

    @Test func theNearestNameIsSaid() throws {
        #expect(try problem("max_queued_mesages: 1").contains("did you mean 'max_queued_messages'?"))
    }

    @Test(arguments: [
        ("max_qos", ["0", "2"], ["3", "-1", "1.5", "+1", "01", "true", "\"1\\nplugin x\"", "'1 2'", "''"]),
        ("max_packet_size", ["20", "268435455"], ["19", "268435456", "1MiB"]), ("max_connections", ["-1", "10"], ["-2"]),
        ("persistence", ["true", "false", "'true'"], ["1", "yes", "/etc"]),
        ("persistent_client_expiration", ["1h", "14d"], ["d", "1", "0d", "1 d", "123456d"]),
        ("auto_id_prefix", ["a-b_c.1"], ["/etc/x", "a b", "\"a\\nb\"", "ä", "''"]),
    ])
    func valuesAreChecked(_ option: String, _ right: [String], _ wrong: [String]) throws {
        for value in right { #expect(try problem("\(option): \(value)") == "", "\(value)") }
        for value in wrong {
            #expect(try problem("\(option): \(value)").hasPrefix("p.yaml:14: target.embedded.settings.\(option): expected "), "\(value)")
        }
    }

    @Test func theSchemaAndTheDocumentHaveTheSameList() throws {
        let data = try Data(contentsOf: ProfileText.directory.appending(path: "schema.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let embedded = try #require((root["$defs"] as? [String: [String: Any]])?["embedded"]?["properties"] as? [String: [String: Any]])
        let properties = try #require(embedded["settings"]?["properties"] as? [String: [String: Any]])
        #expect(embedded["settings"]?["additionalProperties"] as? Bool == false)
        #expect(properties.keys.sorted() == BrokerOption.names)
        for case (let name, .number(let range)) in BrokerOption.all {
            #expect(properties[name]?["minimum"] as? Int == range.lowerBound && properties[name]?["maximum"] as? Int == range.upperBound)
        }
        let page = try String(contentsOf: ProfileText.directory.appending(path: "../docs/profiles.md").standardizedFileURL, encoding: .utf8)
        #expect(page.contains(BrokerOption.names.map { "`\($0)`" }.joined(separator: ", ")))
        #expect(Set(BrokerOption.names).isDisjoint(with: BrokerOption.reserved.keys))
    }

    @Test func thePacketsOfTheProfileFit() throws {
        #expect(try Profile.parse(yaml: ProfileText.valid, file: "p.yaml").greatestPacket == 1 << 20)
        let great = try ProfileText.replacing("qos: 1\n      rate", with: "qos: 1\n      size: 3MiB\n      rate")
        #expect(try Profile.parse(yaml: great, file: "p.yaml").greatestPacket > 3 << 20)
    }
}
