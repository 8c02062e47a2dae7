import Foundation
import Testing

@testable import Workload

/// Files that a profile names: of its own directory only, and nothing of what they are not is repeated.
@Suite struct ProfileFileTests {
    private static let secret = "hunter2-is-the-password"

    /// A directory `home` for the profile, and beside it one that is none of its business.
    private func inDirectories(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for name in ["home/inner", "elsewhere"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        }
        let workflow = "quantities: [{ name: stock, terms: [a] }]\n"
        for file in ["home/w.yaml", "home/inner/w.yaml", "elsewhere/w.yaml", "home-not/w.yaml"] {
            try? FileManager.default.createDirectory(atPath: "\(root)/home-not", withIntermediateDirectories: true)
            try workflow.write(toFile: "\(root)/\(file)", atomically: true, encoding: .utf8)
        }
        try "\(Self.secret)\n".write(toFile: "\(root)/home/secret", atomically: true, encoding: .utf8)
        try "\(Self.secret): 1\nname-\(Self.secret): 2\n".write(toFile: "\(root)/home/other.yaml", atomically: true, encoding: .utf8)
        try "a: 1\n\(Self.secret): 1\n\(Self.secret): 2\n".write(toFile: "\(root)/home/twice.yaml", atomically: true, encoding: .utf8)
        for (link, target) in [("link.yaml", "../elsewhere/w.yaml"), ("fine.yaml", "inner/w.yaml"), ("out", "../elsewhere")] {
            try FileManager.default.createSymbolicLink(atPath: "\(root)/home/\(link)", withDestinationPath: target)
        }
        try #require(mkfifo("\(root)/home/pipe", 0o600) == 0)
        try body(root)
    }

    private func problem(_ root: String, _ extra: String) throws -> String {
        let path = root + "/home/p.yaml"
        try (ProfileText.valid + "\n" + extra + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        do {
            _ = try Profile.load(path: path)
            return ""
        } catch {
            return error.description
        }
    }

    @Test(arguments: ["w.yaml", "./inner/../w.yaml", "inner/w.yaml", "fine.yaml", "ROOT/home/w.yaml"])
    func filesOfItsDirectoryAreRead(_ name: String) throws {
        try inDirectories { root in
            let problem = try problem(root, "workflow: \(name.replacing("ROOT", with: root))")
            #expect(problem == "")
        }
    }

    @Test(arguments: [
        "../elsewhere/w.yaml", "inner/../../elsewhere/w.yaml", "link.yaml", "out/w.yaml", "ROOT/elsewhere/w.yaml", "ROOT/home-not/w.yaml",
        "ROOT/home/../elsewhere/w.yaml", "/etc/passwd", "../nowhere.yaml", "/nowhere/at/all", "../home/w.yaml", "out/../home-not/w.yaml",
    ])
    func filesElsewhereAreRefused(_ name: String) throws {
        try inDirectories { root in
            let path = name.replacing("ROOT", with: root)
            for (key, text, other) in [
                ("workflow", "workflow: \(path)", "check --workflow"),
                ("expectations.file", "expectations: { file: \(path) }", "--expectations"),
                ("target.tls.ca_file", "target: { broker: 'mqtts://x', tls: { ca_file: \(path) } }", "--ca-file"),
                ("target.tls.cert_file", "target: { broker: 'mqtts://x', tls: { cert_file: \(path), key_file: w.yaml } }", "--cert-file"),
                ("target.tls.key_file", "target: { broker: 'mqtts://x', tls: { cert_file: w.yaml, key_file: \(path) } }", "--key-file"),
                (
                    "target.tls.key_password_file",
                    "target: { broker: 'mqtts://x', tls: { cert_file: w.yaml, key_file: w.yaml, key_password_file: \(path) } }",
                    "WAYBILL_KEY_PASSWORD"
                ),
                (
                    "target.tls.psk_key_file", "target: { broker: 'mqtts://x', tls: { psk_identity: a, psk_key_file: \(path) } }",
                    "copy it beside the profile"
                ),
            ] {
                let problem = try problem(root, text)
                #expect(problem.hasPrefix("\(root)/home/p.yaml:16: \(key): '\(path)' leads out of the profile's directory"), "\(problem)")
                #expect(problem.contains(other) && !problem.contains("\n"), "\(problem)")
            }
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        try inDirectories { root in
            for (name, says) in [
                ("pipe", "is no regular file"), ("inner", "is no regular file"), ("\"w\\0.yaml\"", "null character"),
                ("nowhere.yaml", "nowhere.yaml: cannot be read: No such file"),
            ] {
                let problem = try problem(root, "workflow: \(name)")
                #expect(problem.contains(says), "\(problem)")
            }
        }
    }

    @Test(arguments: ["workflow: FILE", "expectations: { file: FILE }"])
    func nothingOfAnotherFileIsRepeated(_ text: String) throws {
        try inDirectories { root in
            for file in ["secret", "other.yaml", "twice.yaml"] {
                let problem = try problem(root, text.replacing("FILE", with: file))
                #expect(problem.contains(file) && !problem.contains(Self.secret), "\(problem)")
            }
        }
    }

    @Test func nothingIsRepeatedOfAFileThatIsNoProfile() throws {
        try inDirectories { root in
            for file in ["secret", "other.yaml", "twice.yaml"] {
                let error = #expect(throws: ProfileError.self) { try Profile.load(path: "\(root)/home/\(file)") }
                let text = try #require(error?.description)
                #expect(text.contains(file) && !text.contains(Self.secret), "\(text)")
            }
        }
    }

    /// What a run leaves of its profile names files that were given to it; to judge the run again none of them is needed.
    @Test func theRecordOfARunNamesFilesOfElsewhere() throws {
        let url = try BrokerURL(parsing: "mqtts://x")
        let profile = try Profile.parse(yaml: ProfileText.valid, file: "p.yaml")
            .replacingTarget(with: url, tls: .init(caFile: "/somewhere/ca.pem", certFile: "../c.pem", keyFile: "../k.pem"))
        let yaml = try profile.resolvedYAML()
        #expect(throws: ProfileError.self) { try Profile.parse(yaml: yaml, file: "run/profile.yaml") }
        try inDirectories { root in
            let path = root + "/home/profile.yaml"
            try yaml.write(toFile: path, atomically: true, encoding: .utf8)
            let stored = try Profile.loadStored(path: path)
            #expect(stored.profile == profile && stored.passedOver == [])
            let old = yaml.replacing("broker: \"mqtts://x:8883\"", with: "embedded: { settings: { log_type: all } }")
                .replacing(/\n  tls:(\n    .*)*/, with: "")
            try old.write(toFile: path, atomically: true, encoding: .utf8)
            let again = try Profile.loadStored(path: path).profile.target
            #expect(again == .embedded(settings: [.init(key: "log_type", value: "all")]), "\(old)")
        }
    }
}
