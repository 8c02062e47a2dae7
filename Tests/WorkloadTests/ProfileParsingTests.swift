import Foundation
import Testing

@testable import Workload

@Suite struct ProfileParsingTests {
    @Test func defaultsAreFilledIn() throws {
        let profile = try Profile.parse(yaml: ProfileText.valid, file: "p.yaml")
        #expect(profile.name == "test")
        #expect(profile.seed == 1)
        #expect(profile.target == .embedded(settings: []))
        let group = profile.groups[0]
        #expect(group.protocolVersion == .v311)
        #expect(group.session == .clean)
        #expect(group.keepAliveSeconds == 60)
        let publish = try #require(group.publish)
        #expect(publish.pace == .rate(try #require(Rate("50/s")), per: .client, .constant))
        #expect(publish.window == 20)
        #expect(publish.size == LoadMessage.leastSize(stampEntries: 1))
        #expect(publish.messages == nil)
        #expect(profile.phases.warmUp == .zero)
        #expect(profile.phases.drainQuiet == .seconds(1))
        #expect(profile.phases.drainLimit == .seconds(30))
        #expect(profile.expectations.overlappingSubscriptions == .any)
        #expect(profile.expectations.redelivery == .allowed)
        #expect(profile.client(group: 0, number: 2).id == "pub-2")
        #expect(profile.filters(group: 1, client: 0) == ["t/+"])
        #expect(profile.topics(group: 0, client: 2)?.fixedTopic == "t/2")
    }

    private let everything = """
        name: everything-1
        description: "With: every key"
        seed: 18446744073709551615
        target:
          broker: mqtts://alice:s%3Acret@[::1]:8884
          tls: { ca_file: ca.pem, cert_file: c.pem, key_file: "k.pem", insecure: true }
        groups:
          - name: pub
            count: 3
            protocol: 5.0
            session: kept
            keepalive: 0s
            client_id: "100%%-%g.%i"
            will: { topic: "w/%u/%i", qos: 2, retain: true, delay: 400s }
            life:
              join: { after: 1s, over: 2s }
              leave: { after: 1h, over: 1m, by: drop }
              away: [{ after: 10s, for: 1s, over: 3s, every: 5s, times: 4, share: 50%, chance: 0.25, by: drop }, { after: 5m, for: 1s }]
              churn: { rate: 5/min, for: 250ms, by: disconnect }
            publish: { topic: "t/%u/%rand_5/%s", qos: [0, 1, 2], size: 2KiB, retain: true, rate: 0.5/s, rate_per: group, arrival: poisson, window: 100, messages: 7 }
          - name: relay
            count: 2
            client_id: "yes"
            publish: { topic: r/%i, qos: 2, on: received }
            subscribe: { filters: [t/alice/#], qos: 2 }
          - name: sub
            count: 1
            protocol: "5.0"
            publish: { topic: s, qos: 0, rate: unlimited }
            subscribe:
              filters: [r/+, s]
              qos: 0
              no_local: true
              retain_as_published: true
              retain_handling: new
              stall: { after: 1500ms, for: 250us }
        phases: { warm_up: 90s, hold: 1.5h, drain: { quiet: 500s, limit: 20m } }
        thresholds:
          throughput: [">8000/s"]
          latency: ["p(99.9) < 20ms", max<=1s, min>=0ms, avg<500us]
          loss: [==0]
        require: { redelivered: ">0", connections_lost: "==2" }
        expectations: { overlapping_subscriptions: each, redelivery: forbidden, causal_order: wire }
        """.replacing("client_id: \"yes\"", with: "client_id: \"null-%i\"")

    @Test func readsEveryKey() throws {
        let profile = try Profile.parse(yaml: everything, file: "p.yaml")
        guard case .broker(let url, let tls?) = profile.target else {
            Issue.record("\(profile.target)")
            return
        }
        #expect(url.host == "::1" && url.port == 8884 && url.user == "alice" && url.password == "s:cret" && url.usesTLS)
        #expect(tls == Profile.TLS(caFile: "ca.pem", certFile: "c.pem", keyFile: "k.pem", insecure: true))
        #expect(profile.seed == .max)
        #expect(profile.groups[0].protocolVersion == .v5)
        #expect(profile.client(group: 0, number: 1).id == "100%-pub.1")
        let publish = try #require(profile.groups[0].publish)
        #expect((1...4).map { publish.qos(sequence: $0) } == [0, 1, 2, 0])
        #expect(publish.size == 2_048 && publish.retain && publish.window == 100 && publish.messages == 7)
        let will = try #require(profile.groups[0].will)
        #expect(will.qos == 2 && will.retain && will.delaySeconds == 400 && profile.willTopic(group: 0, client: 2) == "w/alice/2")
        let life = try #require(profile.groups[0].life)
        #expect(life.join == Profile.Join(after: .seconds(1), over: .seconds(2)))
        #expect(life.leave == Profile.Leave(after: .seconds(3600), over: .seconds(60), by: .drop))
        #expect(life.away.count == 2 && life.away[0].times == 4 && life.away[0].share == 0.5 && life.away[0].chance == 0.25)
        #expect(life.churn?.rate == Rate("5/min") && life.churn?.length == .milliseconds(250))
        let options = try #require(profile.groups[2].subscribe).options
        #expect(options.noLocal && options.retainAsPublished && options.retainHandling == .new)
        #expect(profile.groups[1].isRelay && !profile.groups[0].isRelay)
        // Itself and the three publishers above it.
        #expect(profile.groups[1].publish?.size == LoadMessage.leastSize(stampEntries: 4))
        #expect(profile.groups[2].publish?.pace == .unlimited)
        #expect(profile.groups[2].subscribe?.stall == Profile.Stall(after: .milliseconds(1500), duration: .microseconds(250)))
        #expect(profile.phases.hold == .seconds(5_400))
        #expect(profile.requirements.map(\.description) == ["redelivered >0", "connections_lost ==2"])
        #expect(
            profile.thresholds.map(\.description) == [
                "throughput >8000/s", "latency p(99.9) < 20ms", "latency max<=1s", "latency min>=0ms", "latency avg<500us", "loss ==0",
            ])
        #expect(profile.expectations.redelivery == .forbidden)
        #expect(profile.expectations.causalOrder == .wire)
    }

    @Test func resolvedProfileParsesToAnEqualOne() throws {
        var texts = try FileManager.default.contentsOfDirectory(at: ProfileText.directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }.map { try String(contentsOf: $0, encoding: .utf8) }
        texts += [everything, ProfileText.valid]
        texts.append(
            try ProfileText.replacing(
                "phases:",
                with: """
                    thresholds:
                      latency: [max<2s]
                      latency{ qos=1, group=pub }: [p(99)<1s, max<2s]
                      loss{qos=1}: [==0]
                      latency{topic=t/+,phase=hold}: [max<1s]
                    abort: { after: 1500ms, latency: [p(99)<1s], unsent: [<5] }
                    phases:
                    """))
        texts.append(
            try ProfileText.replacing(
                "phases:",
                with:
                    "target: { embedded: { settings: { max_qos: 1, persistence: true, auto_id_prefix: 'x', memory_limit: \"0\" } } }\nphases:"
            ))
        for text in texts {
            let profile = try Profile.parse(yaml: text, file: "p.yaml")
            let resolved = try profile.resolvedYAML()
            #expect(!resolved.contains("s:cret") && !resolved.contains("s%3Acret"))
            var expected = profile
            if case .broker(var url, let tls) = profile.target {
                url.password = nil
                expected.target = .broker(url, tls: tls)
            }
            let again = try Profile.parse(yaml: resolved, file: "resolved.yaml")
            #expect(again == expected, "\(resolved)")
            #expect(try again.resolvedYAML() == resolved)
        }
    }

    @Test func everyProblemIsReportedAtItsLine() {
        let yaml = """
            nmae: test
            seed: -1
            groups:
              - name: pub
                count: 0
                publish:
                  topic: a/+
                  qos: 3
                  rate: 50
                  widnow: 5
              - name: sub
                count: many
                subscribe:
                  filters: []
                  qos: 1
            phases:
              hold: 5
            """
        #expect(
            ProfileText.problems(yaml).map { $0.prefix(70) }
                == [
                    "p.yaml:1: nmae: unknown key, did you mean 'name'? known here are name, ",
                    "p.yaml:1: name: is missing; expected lower-case letters, digits and hyp",
                    "p.yaml:2: seed: expected a whole number from 0 to 2^64 - 1, found '-1'",
                    "p.yaml:5: groups[0].count: expected a number of clients from 1 to 10000",
                    "p.yaml:8: groups[0].publish.qos: expected 0, 1 or 2, or a list of them ",
                    "p.yaml:9: groups[0].publish.rate: expected a rate above 0 as 50/s, 6000",
                    "p.yaml:10: groups[0].publish.widnow: unknown key, did you mean 'window'",
                    "p.yaml:12: groups[1].count: expected a number of clients from 1 to 1000",
                    "p.yaml:14: groups[1].subscribe.filters: expected a list of topic filter",
                    "p.yaml:17: phases.hold: expected a duration with its unit, as 500ms, 2s",
                ].map { $0.prefix(70) })
    }

    @Test(arguments: [
        ("name: a\nname: b\n", "p.yaml:1: the key 'name' stands here more than once"),
        ("name: a\n  b: c\n", "p.yaml:2: is not YAML:"),
        ("name: [a\n", "p.yaml:2: is not YAML:"),
        ("", "p.yaml: is empty"),
        ("- a\n", "p.yaml:1: expected keys and values"),
        ("name: x\u{0}\n", "p.yaml:1: is not YAML:"),
        ("a: 1\n---\nb: 1\n", "p.yaml:2: is not YAML:"),
        ("? [a]\n: 1\n", "p.yaml:1: a key must be text"),
    ])
    func brokenYAMLIsOneSentence(yaml: String, expected: String) {
        let problems = ProfileText.problems(yaml)
        #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
        #expect(problems.allSatisfy { !$0.contains("\n") }, "\(problems)")
    }

    @Test func missingFilesAndDirectoriesAreNamed() {
        for (path, expected) in [
            ("/nowhere/p.yaml", "/nowhere/p.yaml: cannot be read: No such file or directory;"),
            ("/tmp", "/tmp: cannot be read: Is a directory;"),
        ] {
            let error = #expect(throws: ProfileError.self) { try Profile.load(path: path) }
            #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
        }
    }

    /// The engine is that of the group, or of the profile, or the wire engine; and what was resolved reads the same again.
    @Test func theNearestEngineHolds() throws {
        let text = """
            name: engines
            engine: libmosquitto
            coalesce: 2ms
            target: { broker: 'wss://x/a%20b', tls: { psk_identity: a, psk_key_file: k } }
            groups:
              - { name: own, count: 1, engine: wire, publish: { topic: a, qos: 1, rate: 1/s, window: 5000 } }
              - { name: all, count: 1, subscribe: { filters: [a], qos: 1 } }
            phases: { hold: 1s }
            """
        let profile = try Profile.parse(yaml: text, file: "p.yaml")
        #expect(profile.groups.map(\.engine) == [.wire, .libmosquitto] && profile.coalesce == .milliseconds(2))
        #expect(try Profile.parse(yaml: profile.resolvedYAML(), file: "p.yaml") == profile)
        let plain = try Profile.parse(yaml: ProfileText.valid, file: "p.yaml")
        #expect(plain.groups.allSatisfy { $0.engine == .wire } && plain.coalesce == .zero)
    }

    /// Who speaks for a shop is given.
    @Test(arguments: ["engine: wire", "coalesce: 1ms"])
    func aShopHasItsEnginesAndNoOthers(_ line: String) throws {
        let shop = "name: shop\nshop: { customers: 2, orders: 4, rate: 10/s, stock: 9 }\n"
        _ = try Profile.parse(yaml: shop, file: "p.yaml")
        let error = #expect(throws: ProfileError.self) { try Profile.parse(yaml: shop + line + "\n", file: "p.yaml") }
        #expect(
            error?.description.contains("p.yaml:3: \(line.prefix { $0 != ":" }): has no effect with shop") == true,
            "\(String(describing: error))")
    }

    @Test func brokerReplacesTheTarget() throws {
        let profile = try Profile.parse(yaml: ProfileText.valid, file: "p.yaml")
        let url = try BrokerURL(parsing: "mqtt://bob@127.0.0.1:1884")
        let replaced = try profile.replacingTarget(with: url)
        #expect(replaced.target == .broker(url, tls: nil))
        // Nobody else's identifiers there are those of this run; the rest of a group is as it was.
        #expect(replaced.groups.map(\.clientID.description) == ["%g-%i-%r", "%g-%i-%r"])
        #expect(profile.groups.map(\.clientID.description) == ["%g-%i", "%g-%i"])
        #expect(replaced.groups.map(\.publish) == profile.groups.map(\.publish))
        #expect(replaced.groups.map(\.subscribe) == profile.groups.map(\.subscribe))
        #expect(replaced.client(group: 0, number: 0).user == "bob")

        let named = try Profile.parse(yaml: everything, file: "p.yaml")
        let error = #expect(throws: ProfileError.self) { try named.replacingTarget(with: BrokerURL(parsing: "mqtt://127.0.0.1")) }
        #expect(error?.description.contains("groups[0].publish.topic: uses %u, but the target names no user") == true)
        let encrypted = try named.replacingTarget(with: BrokerURL(parsing: "mqtts://alice@host"))
        guard case .broker(_, tls: _?) = encrypted.target else {
            Issue.record("TLS options were dropped")
            return
        }
    }
}
