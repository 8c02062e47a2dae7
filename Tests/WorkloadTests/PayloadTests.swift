import Causality
import Foundation
import Testing

@testable import Workload

/// Payloads of one's own, and the proof around them.
@Suite struct PayloadTests {
    private let message = LoadMessage(
        run: 7, publisher: 3, sequence: 9, attempt: 1, intended: 11, sent: 12,
        stamp: VectorTimestamp([.init(process: 3, count: 9), .init(process: 400, count: 70_000)]))

    @Test(arguments: ["", "x", "{\"a\": 1}", String(repeating: "\u{00e4}\u{0}", count: 500)])
    func theProofIsAroundTheText(text: String) throws {
        let body = Array(text.utf8)
        var payload: [UInt8] = [1, 2, 3]
        message.encode(into: &payload, body: body)
        #expect(payload.count == message.leastSize + body.count)
        #expect(LoadMessage.decode(payload.span) == .message(message))
        #expect(Data(payload).range(of: Data(body)) != nil || body.isEmpty)
        // Apart, and together again.
        let proof = Proof.text(of: payload, body: body.count)
        #expect(Proof.whole(proof, body: body.span) == payload)
        for index in body.indices.prefix(20) {
            var changed = body
            changed[index] ^= 1
            let again = Proof.whole(proof, body: changed.span)
            let whole = try #require(again)
            if case .corrupt = LoadMessage.decode(whole.span) {} else { Issue.record("a changed byte was not seen") }
        }
        #expect(Proof.whole("no Base64", body: body.span) == nil && Proof.whole("AAAA", body: body.span) == nil)
    }

    @Test func payloadsAreTemplates() throws {
        let yaml = ProfileText.valid.replacing("rate: 50/s", with: "rate: 50/s\n      payload: '%i %c %s %rand_10 100%%'")
        let profile = try Profile.parse(yaml: yaml, file: "p.yaml")
        let source = try #require(profile.payloads(group: 0, client: 2))
        let text = source.topic(sequence: 5)
        #expect(text.hasPrefix("2 pub-2 5 ") && text.hasSuffix(" 100%") && text == source.topic(sequence: 5))
        // As large as the largest.
        let longest = "2 pub-2 \(UInt64.max) 9 100%"
        #expect(profile.groups[0].publish?.size == LoadMessage.leastSize(stampEntries: 1) + longest.utf8.count)
        #expect(try Profile.parse(yaml: profile.resolvedYAML(), file: "again.yaml") == profile)
    }

    @Test func aFileIsSentAsItIs() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-payload-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try "100 % of %i\n".write(to: directory.appending(path: "body.txt"), atomically: true, encoding: .utf8)
        try Data([0xFF, 0xFE]).write(to: directory.appending(path: "binary"))
        let path = directory.appending(path: "p.yaml").path
        func load(_ payload: String) throws -> Profile {
            try ProfileText.valid.replacing("rate: 50/s", with: "rate: 50/s\n      payload: \(payload)")
                .write(toFile: path, atomically: true, encoding: .utf8)
            return try Profile.load(path: path)
        }
        let profile = try load("{ file: body.txt }")
        // A stranger's profile sends nothing of the directory that it was put into to a broker of the stranger's.
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing("groups:", with: "target: { broker: 'mqtt://x' }\ngroups:")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let refused = #expect(throws: ProfileError.self) { try Profile.load(path: path) }
        #expect(
            refused?.description.contains(
                "payload.file: would go to a broker that the profile itself names; name that with --broker instead") == true)
        #expect(profile.payloads(group: 0, client: 1)?.fixedTopic == "100 % of %i\n")
        // The run keeps what was sent, wherever the file goes.
        #expect(try Profile.parse(yaml: profile.resolvedYAML(), file: "again.yaml") == profile)
        for (payload, expected) in [
            ("{ file: binary }", "is no UTF-8 text"), ("{ file: missing }", "cannot be read: No such file or directory"),
            ("{ file: ../x }", "leads out of the profile's directory"),
        ] {
            let error = #expect(throws: ProfileError.self) { try load(payload) }
            #expect(
                error?.description.contains(":9: groups[0].publish.payload.file: ") == true
                    && error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        ("payload: x\n      size: 100", "p.yaml:10: groups[0].publish.size: stands beside payload"),
        ("payload: '%q'", "p.yaml:9: groups[0].publish.payload: %q is no placeholder"),
        ("payload: { text: x, file: y }", "p.yaml:9: groups[0].publish.payload: expected either text or file"),
        ("payload: { text: x, proof: header }", "p.yaml:9: groups[0].publish.payload.proof: expected payload or properties"),
        ("payload: { text: x, proof: properties }", "p.yaml:9: groups[0].publish.payload.proof: properties are of MQTT 5.0"),
    ])
    func refuses(payload: String, expected: String) throws {
        let problems = ProfileText.problems(try ProfileText.replacing("rate: 50/s", with: "rate: 50/s\n      \(payload)"))
        #expect(problems.count == 1 && problems[0].hasPrefix(expected), "\(problems)")
    }

    @Test func propertiesReachNobodyOnThreeOneOne() throws {
        let yaml = try ProfileText.replacing("count: 3", with: "count: 3\n    protocol: 5.0").replacing(
            "rate: 50/s", with: "rate: 50/s\n      payload: { text: x, proof: properties }")
        let problems = ProfileText.problems(yaml)
        #expect(problems.count == 1 && problems[0].contains("would not reach the group 'sub'"), "\(problems)")
    }
}
