import Testing

@testable import Workload

/// Values that a user could get wrong, each with the line, the key and the gist of the sentence he reads.
@Suite struct ProfileRefusalTests {
    @Test func theUnchangedProfileIsValid() {
        #expect(ProfileText.problems(ProfileText.valid) == [])
    }

    @Test(arguments: [
        // Topics and filters
        ("t/%i", "t/+", "p.yaml:6: groups[0].publish.topic: 't/+' contains a wildcard"),
        ("t/%i", "t/#", "p.yaml:6: groups[0].publish.topic: 't/#' contains a wildcard"),
        ("t/%i", "''", "p.yaml:6: groups[0].publish.topic: '' is empty"),
        ("t/%i", "$SYS/x", "p.yaml:6: groups[0].publish.topic: '$SYS/x' begins with $"),
        ("t/%i", "\"t/\\0\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{0}' contains the null character"),
        ("t/%i", "\"t\\n/%i\"", "p.yaml:6: groups[0].publish.topic: 't\\u{A}/%i' contains the control character U+000A"),
        ("t/%i", "\"t/\\x7F\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{7F}' contains the control character U+007F"),
        ("t/%i", "\"t/\\u0085\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{85}' contains the control character U+0085"),
        ("t/%i", "\"t/\\uFFFE\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{FFFE}' contains the code point U+FFFE"),
        ("t/%i", "\"t/\\U0001FFFF\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{1FFFF}' contains the code point U+1FFFF"),
        ("t/%i", "\"t/\\uFDD0\"", "p.yaml:6: groups[0].publish.topic: 't/\\u{FDD0}' contains the code point U+FDD0"),
        ("[t/+]", "[\"t/+\\t\"]", "p.yaml:12: groups[1].subscribe.filters[0]: 't/+\\u{9}' is malformed"),
        ("[t/+]", "[\"t\\e/+\"]", "p.yaml:12: groups[1].subscribe.filters[0]: 't\\u{1B}/+' contains the control character U+001B"),
        // A sign on top of it does not make a wildcard, a dollar or a slash something else: a broker sees bytes.
        ("t/%i", "\"t/+\\u0301\"", "p.yaml:6: groups[0].publish.topic: 't/+\u{301}' contains a wildcard"),
        ("t/%i", "\"$\\u0301\"", "p.yaml:6: groups[0].publish.topic: '$\u{301}' begins with $"),
        ("[t/+]", "[\"t/+\\u0301\"]", "p.yaml:12: groups[1].subscribe.filters[0]: 't/+\u{301}' is malformed"),
        ("t/%i", "t/%x", "p.yaml:6: groups[0].publish.topic: %x is no placeholder; known here are %i, %g, %c, %u, %r, %s, %rand_N"),
        ("t/%i", "t/%rand_0", "p.yaml:6: groups[0].publish.topic: %rand_ needs a number of at least 1"),
        ("t/%i", "t/%rand_", "p.yaml:6: groups[0].publish.topic: %rand_ needs a number"),
        ("t/%i", "t/%", "p.yaml:6: groups[0].publish.topic: % is no placeholder"),
        ("t/%i", "t/%u", "p.yaml:6: groups[0].publish.topic: uses %u, but the target names no user"),
        ("t/%i", "t/" + String(repeating: "x", count: 65_534), "p.yaml:6: groups[0].publish.topic: 't/xx"),
        ("[t/+]", "[t/#/b]", "p.yaml:12: groups[1].subscribe.filters[0]: 't/#/b' is malformed"),
        ("[t/+]", "[t/+, t+]", "p.yaml:12: groups[1].subscribe.filters[1]: 't+' is malformed"),
        ("[t/+]", "[t#]", "p.yaml:12: groups[1].subscribe.filters[0]: 't#' is malformed"),
        ("[t/+]", "['']", "p.yaml:12: groups[1].subscribe.filters[0]: '' is empty"),
        ("[t/+]", "[t/%s]", "p.yaml:12: groups[1].subscribe.filters[0]: %s cannot stand in a topic filter"),
        ("[t/+]", "[t/+, t/+]", "p.yaml:12: groups[1].subscribe.filters: names a filter twice"),
        ("[t/+]", "[u/+]", "p.yaml:12: groups[1].subscribe.filters[0]: 'u/+' matches no topic"),
        ("[t/+]", "t/+", "p.yaml:12: groups[1].subscribe.filters: expected a list of topic filters, found 't/+'"),
        ("[t/+]", "[[t]]", "p.yaml:12: groups[1].subscribe.filters[0]: expected a topic filter, found a list"),
        // Numbers and units
        ("count: 3", "count: 1.5", "p.yaml:4: groups[0].count: expected a number of clients from 1"),
        (
            "count: 3", "count: \"3\"",
            "p.yaml:4: groups[0].count: expected a number of clients from 1 to 1000000, found the text '3' in quotes"
        ),
        ("count: 3", "count:", "p.yaml:4: groups[0].count: expected a number of clients from 1 to 1000000, found nothing"),
        ("count: 3", "count: 1000000", "p.yaml:2: groups: ask for 1000002 clients in all; expected at most 1000000"),
        ("qos: 1\n      rate", "qos: []\n      rate", "p.yaml:7: groups[0].publish.qos: expected a list of 0, 1 or 2, found an empty list"),
        ("qos: 1\n      rate", "qos: [1, 4]\n      rate", "p.yaml:7: groups[0].publish.qos[1]: expected 0, 1 or 2, found '4'"),
        ("rate: 50/s", "rate: 0/s", "p.yaml:8: groups[0].publish.rate: expected a rate above 0"),
        ("rate: 50/s", "rate: -3/s", "p.yaml:8: groups[0].publish.rate: expected a rate above 0"),
        ("rate: 50/s", "window: 5", "p.yaml:5: groups[0].publish: has neither rate, stages nor on"),
        ("rate: 50/s", "rate: 50/s\n      on: received", "p.yaml:9: groups[0].publish.on: stands beside rate"),
        ("rate: 50/s", "on: received", "p.yaml:8: groups[0].publish.on: needs subscribe in the same group"),
        ("rate: 50/s", "rate: unlimited\n      arrival: poisson", "p.yaml:9: groups[0].publish.arrival: has no effect"),
        (
            "rate: 50/s", "rate: 50/s\n      arrival: possion",
            "p.yaml:9: groups[0].publish.arrival: expected constant or poisson, found 'possion'; did you mean 'poisson'?"
        ),
        ("rate: 50/s", "rate: 50/s\n      window: 0", "p.yaml:9: groups[0].publish.window: expected 1 to 65535"),
        ("rate: 50/s", "rate: 50/s\n      window: 65536", "p.yaml:9: groups[0].publish.window: expected 1 to 65535"),
        (
            "rate: 50/s", "rate: 50/s\n      window: 101\n    engine: libmosquitto",
            "p.yaml:9: groups[0].publish.window: expected 1 to 100 with engine libmosquitto, which searches"
        ),
        ("rate: 50/s", "rate: 50/s\n      messages: 0", "p.yaml:9: groups[0].publish.messages: expected a number of messages"),
        ("rate: 50/s", "rate: 50/s\n      retain: maybe", "p.yaml:9: groups[0].publish.retain: expected true or false, found 'maybe'"),
        (
            "rate: 50/s", "rate: 50/s\n      size: 60",
            "p.yaml:9: groups[0].publish.size: 60 bytes are too few: the load message with a vector timestamp of up to 1 entry needs 61"
        ),
        (
            "rate: 50/s", "rate: 50/s\n      size: 256MiB",
            "p.yaml:9: groups[0].publish.size: 268435456 bytes are too many for one MQTT packet; expected at most 268435447"
        ),
        ("rate: 50/s", "rate: 50/s\n      size: 1.5KiB", "p.yaml:9: groups[0].publish.size: expected a size in bytes"),
        ("rate: 50/s", "rate: 50/s\n      size: 0", "p.yaml:9: groups[0].publish.size: expected a size in bytes"),
        // Sessions
        ("count: 3", "count: 3\n    client_id: fixed", "p.yaml:5: groups[0].client_id: 'fixed' is the same for several clients"),
        ("count: 3", "count: 3\n    client_id: sub-%i", "p.yaml:10: groups[1].client_id: 'sub-0' is a client of the group 'pub' too"),
        (
            "count: 3", "count: 3\n    client_id: \"a\\b%i\"",
            "p.yaml:5: groups[0].client_id: 'a\\u{8}%i' contains the control character U+0008"
        ),
        ("count: 3", "count: 3\n    client_id: ''", "p.yaml:5: groups[0].client_id: is empty, but the trace"),
        ("count: 3", "count: 3\n    session: kept\n    client_id: ''", "p.yaml:6: groups[0].client_id: is empty, but a kept session needs"),
        (
            "count: 3", "count: 3\n    client_id: '%c'",
            "p.yaml:5: groups[0].client_id: %c cannot stand in a client identifier; known here are %i, %g"
        ),
        ("count: 3", "count: 3\n    protocol: 3.1", "p.yaml:5: groups[0].protocol: expected \"3.1.1\" or \"5.0\", found '3.1'"),
        ("count: 3", "count: 3\n    keepalive: 1s", "p.yaml:5: groups[0].keepalive: expected whole seconds from 5s to 65535s"),
        ("count: 3", "count: 3\n    keepalive: 60", "p.yaml:5: groups[0].keepalive: expected whole seconds from 5s to 65535s"),
        (
            "count: 3", "count: 3\n    engine: libmosquito",
            "p.yaml:5: groups[0].engine: expected wire or libmosquitto, found 'libmosquito'; did you mean 'libmosquitto'?"
        ),
        ("name: sub", "name: pub", "p.yaml:9: groups[1].name: 'pub' is the name of groups[0] already"),
        ("name: sub", "name: Sub", "p.yaml:9: groups[1].name: expected lower-case letters"),
        // What an embedded broker would take and drop
        (
            "groups:", "target: { embedded: { settings: { message_size_limit: 20 } } }\ngroups:",
            "p.yaml:2: target.embedded.settings.message_size_limit: is 20, and the group 'pub' publishes payloads of"
        ),
        // Times
        ("hold: 5s", "warm_up: 5s", "p.yaml:14: phases.hold: is missing, and the group 'pub' never stops"),
        ("hold: 5s", "hold: 0s", "p.yaml:15: phases.hold: expected a duration above 0s"),
        (
            "hold: 5s", "hold: 5s\n  drain: { quiet: 2s, limit: 1s }",
            "p.yaml:16: phases.drain.limit: drain.quiet is 2s but drain.limit only 1s"
        ),
        ("hold: 5s", "hold: 5s\n  drain: { quiet: 1m }", "p.yaml:16: phases.drain.quiet: drain.quiet is 1m but drain.limit only 30s"),
        ("[t/+]", "[t/+]\n      stall: { after: 5s, for: 1s }", "p.yaml:13: groups[1].subscribe.stall.after: the load is over"),
        (
            "[t/+]", "[t/+]\n      stall: { after: 1s, for: 60s }",
            "p.yaml:13: groups[1].subscribe.stall.for: is 1m under a keepalive of 60s: the broker's answer to a ping waits unread meanwhile, and the client gives the connection up; expected at most 59s, or a keepalive of at least 61s"
        ),
        (
            "[t/+]", "[t/+]\n      stall: { after: 1s, for: 19h }",
            "p.yaml:13: groups[1].subscribe.stall.for: is 19h under a keepalive of 60s"
        ),
        ("[t/+]", "[t/+]\n      stall: { after: 1s }", "p.yaml:13: groups[1].subscribe.stall.for: is missing"),
        // Target, thresholds, expectations
        ("phases:", "target: { broker: 'http://x' }\nphases:", "p.yaml:14: target.broker: the scheme 'http' is not known"),
        ("phases:", "target: {}\nphases:", "p.yaml:14: target: names no broker"),
        ("phases:", "target: { embedded: , broker: 'mqtt://x' }\nphases:", "p.yaml:14: target.broker: stands beside embedded"),
        (
            "phases:", "target: { broker: 'mqtt://x', tls: { insecure: true } }\nphases:",
            "p.yaml:14: target.tls: has no effect with an unencrypted broker"
        ),
        ("phases:", "target: { broker: 'mqtts://x', tls: { cert_file: a } }\nphases:", "p.yaml:14: target.tls.cert_file: needs key_file"),
        (
            "phases:", "target: { broker: 'mqtts://x', tls: { key_password_file: a } }\nphases:",
            "p.yaml:14: target.tls.key_password_file: needs key_file"
        ),
        (
            "phases:", "target: { broker: 'mqtt://u:p%41ä@x' }\nphases:",
            "p.yaml:14: target.broker: the broker's URL has a percent sign, and characters that are not escaped"
        ),
        (
            "phases:", "target: { embedded: { settings: { listener: 1883 } } }\nphases:",
            "p.yaml:14: target.embedded.settings.listener: is set by Waybill itself: it listens on a free port"
        ),
        (
            "phases:", "target: { embedded: { settings: { Max: 1 } } }\nphases:",
            "p.yaml:14: target.embedded.settings.Max: is none of the options"
        ),
        (
            "phases:", "target: { embedded: { settings: { max_qos: \"1\\nport 5\" } } }\nphases:",
            "p.yaml:14: target.embedded.settings.max_qos: expected a whole number from 0 to 2, found"
        ),
        ("phases:", "thresholds: { latency: [p(99)<20] }\nphases:", "p.yaml:14: thresholds.latency[0]: expected a statistic"),
        ("phases:", "thresholds: { latency: [p(101)<20ms] }\nphases:", "p.yaml:14: thresholds.latency[0]: expected a statistic"),
        ("phases:", "thresholds: { loss: [p(9)<1] }\nphases:", "p.yaml:14: thresholds.loss[0]: expected a comparison and a count"),
        (
            "phases:", "thresholds: { throughput: ['>8000'] }\nphases:",
            "p.yaml:14: thresholds.throughput[0]: expected a comparison and messages a second"
        ),
        ("phases:", "coalesce: 11ms\nphases:", "p.yaml:14: coalesce: expected a duration from 0s to 10ms, found '11ms'"),
        ("phases:", "engine: own\nphases:", "p.yaml:14: engine: expected wire or libmosquitto, found 'own'"),
        (
            "phases:", "target: { broker: 'mqtts://x', tls: { psk_identity: a } }\nphases:",
            "p.yaml:14: target.tls.psk_identity: needs psk_key_file"
        ),
        ("phases:", "require: { inversions: often }\nphases:", "p.yaml:14: require.inversions: expected a comparison and a count"),
        ("phases:", "require: { inversion: '>0' }\nphases:", "p.yaml:14: require.inversion: unknown key, did you mean 'inversions'?"),
        ("phases:", "require: { killed: '>0' }\nphases:", "p.yaml:14: require.killed: happens in a shop only"),
        ("phases:", "thresholds: { refused: ['<5/s'] }\nphases:", "p.yaml:14: thresholds.refused[0]: expected a comparison and a count"),
        ("phases:", "thresholds: { latncy: [max<1s] }\nphases:", "p.yaml:14: thresholds.latncy: unknown key, did you mean 'latency'?"),
        (
            "phases:", "thresholds:\n  latency{group=nobody}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latency{group=nobody}: there is no group 'nobody'; there are "
        ),
        (
            "phases:", "thresholds:\n  latency{groop=a}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latency{groop=a}: expected group, qos, topic, phase in the braces, each at most once and with a value, as in latency{group=alarms,qos=1}, found 'groop=a'"
        ),
        (
            "phases:", "thresholds:\n  latency{qos=1,qos=2}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latency{qos=1,qos=2}: expected group, qos, topic, phase in the braces"
        ),
        (
            "phases:", "thresholds:\n  loss{qos=3}: [==0]\nphases:",
            "p.yaml:15: thresholds.loss{qos=3}: expected 0, 1 or 2 as qos, found '3'"
        ),
        (
            "phases:", "thresholds:\n  latency{topic=a/#/b}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latency{topic=a/#/b}: expected a topic filter without commas as topic, found 'a/#/b'"
        ),
        (
            "phases:", "thresholds:\n  latency{phase=drain}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latency{phase=drain}: expected warm-up or hold as phase, found 'drain'"
        ),
        (
            "phases:", "thresholds:\n  connect{qos=1}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.connect{qos=1}: expected group in the braces, each at most once and with a value, as in connect{group=alarms}, found 'qos=1'"
        ),
        (
            "phases:", "thresholds:\n  unsent{group=a}: [==0]\nphases:",
            "p.yaml:15: thresholds.unsent{group=a}: counts over the whole run; expected unsent without braces"
        ),
        ("phases:", "thresholds:\n  latency{qos=1: [max<1s]\nphases:", "p.yaml:15: thresholds.latency{qos=1: has braces that do not end"),
        (
            "phases:", "thresholds:\n  latncy{qos=1}: [max<1s]\nphases:",
            "p.yaml:15: thresholds.latncy{qos=1}: unknown key, did you mean 'latency'?"
        ),
        ("phases:", "abort: { latency: [max<1] }\nphases:", "p.yaml:14: abort.latency[0]: expected a statistic"),
        ("phases:", "abort: { loss: [==0] }\nphases:", "p.yaml:14: abort.loss: unknown key"),
        ("phases:", "abort: { after: 2s }\nphases:", "p.yaml:14: abort: has no condition that could end the run"),
        ("phases:", "abort: { after: 9h, unsent: [==0] }\nphases:", "p.yaml:14: abort.after: is 9h, but there is load for "),
        ("phases:", "expectations: { redelivery: never }\nphases:", "p.yaml:14: expectations.redelivery: expected allowed or forbidden"),
    ])
    func refuses(old: String, new: String, expected: String) throws {
        let problems = ProfileText.problems(try ProfileText.replacing(old, with: new))
        #expect(problems.contains { $0.hasPrefix(expected) }, "\(problems)")
        #expect(problems.count == 1, "\(problems)")
    }

    /// Each part by topic is measured by itself, so there is an end to them.
    @Test(arguments: [64, 65])
    func soManyPartsMayHaveThresholds(count: Int) throws {
        let lines = (0..<count).map { "  latency{topic=t/\($0)}: [max<1s]\n" }.joined()
        let problems = ProfileText.problems(try ProfileText.replacing("phases:", with: "thresholds:\n\(lines)phases:"))
        if count <= 64 { return #expect(problems == []) }
        #expect(
            problems == ["p.yaml:14: thresholds: name 65 parts by topic or phase, each of which is measured by itself; expected at most 64"]
        )
    }

    /// Editors put a mark at the beginning of a file and tabs where a line begins.
    @Test func marksAreTakenAndTabsAreNamed() throws {
        #expect(
            try Profile.parse(yaml: "\u{FEFF}" + ProfileText.valid, file: "p.yaml")
                == Profile.parse(yaml: ProfileText.valid, file: "p.yaml"))
        for (old, line) in [("    count: 3", 4), ("  hold: 5s", 15)] {
            let tabbed = try ProfileText.replacing(old, with: "\t" + old.drop { $0 == " " })
            #expect(ProfileText.problems(tabbed) == ["p.yaml:\(line): is not YAML: a tab stands in the indentation; expected spaces"])
        }
    }

    @Test func aProfileWithoutPublishersIsRefused() {
        let yaml = "name: a\ngroups:\n  - name: sub\n    count: 1\n    subscribe: { filters: [a], qos: 0 }\nphases: { hold: 1s }\n"
        #expect(
            ProfileText.problems(yaml) == [
                "p.yaml:2: groups: no group publishes, so nothing would happen; expected at least one with publish"
            ])
    }

    private func relays(_ groups: [(name: String, from: String, to: String)]) -> String {
        "name: a\ngroups:\n  - { name: source, count: 2, publish: { topic: 'in/%i', qos: 0, rate: 1/s } }\n"
            + groups.map {
                "  - { name: \($0.name), count: 2, publish: { topic: '\($0.to)', qos: 0, on: received }, subscribe: { filters: ['\($0.from)'], qos: 0 } }\n"
            }.joined() + "phases: { hold: 1s }\n"
    }

    @Test(
        arguments: [
            ([("a", "in/#", "in/x/%i")], "a -> a"),
            ([("a", "#", "b")], "a -> a"),
            ([("a", "#", "b"), ("b", "b", "c")], "a -> a"),
            ([("a", "+/%i", "b/%i"), ("b", "b/+", "b/%i/c"), ("c", "b/+/c", "c/%i")], "a -> a"),
            ([("a", "in/+", "b/%i"), ("b", "b/%i", "c/%i"), ("c", "c/%i", "in/7")], "a -> b -> c -> a"),
        ] as [([(String, String, String)], String)])
    func relayLoopsAreNamed(groups: [(String, String, String)], cycle: String) {
        let problems = ProfileText.problems(relays(groups))
        #expect(problems.count == 1 && problems[0].contains("relays feed themselves without end: \(cycle);"), "\(problems)")
    }

    @Test(
        arguments: [
            [("a", "in/+", "b/%i"), ("b", "b/%i", "c/%i")],
            // Numbers end at count - 1, so in/7 never reaches in/%i.
            [("a", "in/%i", "in/7")],
            [("a", "in/+", "in/%i/x")],
        ] as [[(String, String, String)]])
    func relaysWithoutALoopAreFine(groups: [(String, String, String)]) {
        #expect(ProfileText.problems(relays(groups)) == [])
    }

    @Test func onlyRelaysAreRefused() {
        let yaml =
            "name: a\ngroups:\n  - { name: r, count: 1, publish: { topic: b, qos: 0, on: received }, subscribe: { filters: [c], qos: 0 } }\n"
        #expect(ProfileText.problems(yaml).contains { $0.contains("every publisher is a relay, so nobody publishes first") })
    }
}
