import Foundation
import Harness
import Synchronization
import Testing
import Trace
import Verification
import Workload

/// Shapes of load and identities of clients at a real broker, on both engines.
@Suite(.serialized) struct LoadShapeRunTests {
    @Test(arguments: ["wire", "libmosquitto"])
    func sizesTopicsAndEmptyMessagesAreSent(engine: String) async throws {
        let yaml = """
            name: shapes
            engine: \(engine)
            groups:
              - name: sources
                count: 3
                protocol: "5.0"
                publish:
                  topic: [a/%i, b/%zipf_5, c]
                  qos: 1
                  size: { min: 100, max: 2KiB }
                  stages: [{ for: 500ms, to: 200/s }, { for: 1s, rate: 100/s }]
                  burst: 3
                  content_type: text/plain
                  user_properties: { site: north }
              - name: registers
                count: 2
                publish: { topic: r/%i, qos: 1, rate: 40/s, retain: true, empty_every: 4 }
              - { name: readers, count: 2, subscribe: { filters: [a/+, b/+, c, r/+], qos: 1 } }
            phases: { hold: 1500ms, drain: { quiet: 500ms, limit: 20s } }
            """
        try await Scenario(yaml).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            let sources = try #require(outcome.check.parts.first { $0.group == "sources" }).totals
            #expect((350...460).contains(sources.published) && sources.delivered == 2 * sources.published, "\(sources)")
            var topics: Set<String> = []
            var empty = 0
            for path in try RunDirectory(existing: outcome.directory).traces {
                let file = try TraceFile(path: path)
                file.forEach { event, _ in
                    guard case .published(let one) = event else { return }
                    topics.insert(file.topics[Int(one.topic)] ?? "")
                    if one.isEmpty { empty += 1 }
                }
            }
            #expect(topics.isSuperset(of: ["a/0", "a/1", "a/2", "c", "b/0", "r/0"]) && topics.count <= 11, "\(topics)")
            #expect((26...32).contains(empty), "\(empty)")
        }
    }

    /// Payloads of one's own, whose proof is around them or beside them.
    @Test(arguments: ["wire", "libmosquitto"])
    func ownPayloadsAreProved(engine: String) async throws {
        let yaml = """
            name: own
            target: { broker: "mqtt://127.0.0.1:PORT" }
            engine: \(engine)
            groups:
              - name: meters
                count: 2
                protocol: "5.0"
                publish: { topic: m/%i, qos: 1, rate: 50/s, payload: { text: 'meter %i says %s', proof: properties } }
              - { name: tills, count: 2, publish: { topic: t/%i, qos: 2, rate: 50/s, payload: 'sold %rand_9' } }
              - name: relay
                count: 1
                protocol: "5.0"
                subscribe: { filters: [m/0, t/0], qos: 1 }
                publish: { topic: r, qos: 1, on: received, payload: { text: passed on, proof: properties } }
              - { name: office, count: 2, protocol: "5.0", subscribe: { filters: [m/+, t/+, r], qos: 2 } }
            phases: { hold: 1s, drain: { quiet: 300ms, limit: 20s } }
            """
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let seen = Mutex<Set<String>>([])
                let proxy = TamperingProxy(to: broker.port) { packet, way, _ in
                    // What is behind the properties, which end with the value of the proof.
                    if way == .toClient, packet.isPublish {
                        let end = packet.body.suffix(20).reversed().prefix { $0 >= 0x20 && $0 < 0x7F }.reversed()
                        _ = seen.withLock { $0.insert(String(decoding: Array(end), as: UTF8.self)) }
                    }
                    return [packet]
                }
                defer { proxy.close() }
                let outcome = try await Scenario(yaml.replacing("PORT", with: "\(proxy.port)")).run()
                #expect(outcome.check.verdict == .pass, "\(outcome.check)")
                #expect(outcome.check.totals.delivered > 500 && outcome.check.totals.lost == 0)
                #expect(outcome.check.causality.wrongStamps == 0)
                // The payload is what it was meant to be, to its last byte; where the proof is around it, the checksum is behind.
                let texts = seen.withLock { $0 }
                #expect(
                    texts.contains { $0.hasSuffix("meter 0 says 7") } && texts.contains { $0.hasSuffix("passed on") }, "\(texts.prefix(9))")
                #expect(!texts.contains { $0.hasSuffix("sold 3") })
            }
        }
    }

    /// A register that was cleared brings nothing to who subscribes later.
    @Test func anEmptyMessageClearsARegister() async throws {
        let yaml = """
            name: cleared
            groups:
              - { name: registers, count: 3, publish: { topic: r/%i, qos: 1, rate: 20/s, messages: 8, retain: true, empty_every: 4 } }
              - { name: all, count: 1, subscribe: { filters: [r/+], qos: 1 } }
              - { name: late, count: 1, life: { join: { after: 1s } }, subscribe: { filters: [r/+], qos: 1 } }
            phases: { hold: 1500ms, drain: { quiet: 500ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        #expect(outcome.check.anomalies.isEmpty && outcome.check.exercised.retained == 0, "\(outcome.check)")
        #expect(outcome.check.doubts.count == 1 && outcome.check.doubts[0].contains("'late'"), "\(outcome.check.doubts)")
    }

    @Test func eachClientHasItsUserAndItsAddress() async throws {
        try await withTemporaryDirectory { directory in
            try "anna:one\nbob:two:three\r\ncarl:3\n".write(toFile: directory + "/users", atomically: true, encoding: .utf8)
            let yaml = """
                name: users
                connect_rate: 20/s
                groups:
                  - { name: known, count: 3, credentials_file: users, source_addresses: [127.0.0.2, 127.0.0.3], publish: { topic: t, qos: 1, rate: 20/s } }
                  - { name: readers, count: 2, subscribe: { filters: [t], qos: 1 } }
                phases: { hold: 500ms, drain: { quiet: 300ms, limit: 20s } }
                """
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let profile = try Profile.load(path: directory + "/p.yaml")
            let outcome = try await LoadRun(profile: profile, output: directory + "/out").execute()
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            let log = try String(contentsOfFile: outcome.directory + "/broker.log", encoding: .utf8)
            // mosquitto says from where and as whom each client came.
            for (address, client, user) in [
                ("127.0.0.2", "known-0", "anna"), ("127.0.0.3", "known-1", "bob"), ("127.0.0.2", "known-2", "carl"),
            ] {
                let line = log.split(separator: "\n").first {
                    $0.contains("New client connected from \(address)") && $0.contains("as \(client) ")
                }
                #expect(line?.contains("u'\(user)'") == true, "\(client): \(log)")
            }
            #expect(!log.contains("two:three"))
            // Nobody can read them afterwards.
            let files = FileManager.default.enumerator(atPath: outcome.directory)?.compactMap { $0 as? String } ?? []
            for file in files {
                let data = FileManager.default.contents(atPath: outcome.directory + "/" + file) ?? Data()
                #expect(data.range(of: Data("two:three".utf8)) == nil, "\(file)")
            }
        }
    }

    @Test(arguments: [
        ("anna:one\n", "it has 1 and the group has 2 clients"), ("anna:one\nbob\n", "line 2 has no user before a colon"),
        (":one\nbob:\n", "line 1 has no user before a colon"), ("anna:\u{0}\nbob:x\n", "it is no UTF-8 text"),
    ])
    func usersThatAreMissingAreTold(text: String, reason: String) async throws {
        try await withTemporaryDirectory { directory in
            try text.write(toFile: directory + "/users", atomically: true, encoding: .utf8)
            let yaml = """
                name: users
                groups: [{ name: known, count: 2, credentials_file: users, publish: { topic: t, qos: 1, rate: 20/s } }]
                phases: { hold: 500ms }
                """
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let profile = try Profile.load(path: directory + "/p.yaml")
            let error = await #expect(throws: HarnessError.self) {
                _ = try await LoadRun(profile: profile, output: directory + "/out").execute()
            }
            #expect(
                error?.description
                    == "\(directory)/users, the credentials_file of group 'known', should have a line user:password for each client: \(reason)."
            )
        }
    }

    @Test func anAddressThatIsNotOursIsTold() async throws {
        let yaml = """
            name: elsewhere
            groups: [{ name: p, count: 1, source_addresses: [192.0.2.7], publish: { topic: t, qos: 1, rate: 20/s } }]
            phases: { hold: 500ms }
            """
        let error = await #expect(throws: (any Error).self) { try await Scenario(yaml).run() }
        #expect(
            error.map { "\($0)" }?.contains("it cannot be connected to from 192.0.2.7: Cannot assign requested address") == true,
            "\(String(describing: error))")
    }
}
