import Foundation
import Harness
import Testing

/// `waybill load`, `pub`, `sub` and `conn`: profiles that are made of flags.
@Suite struct WithoutFileTests {
    private func result(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any], "\(finished)")
    }

    private func totals(_ finished: Finished) throws -> [String: Int] {
        try #require(try result(finished)["totals"] as? [String: Int])
    }

    /// What is printed is a profile, and a run of it is the same run.
    @Test func theProfileThatIsPrintedIsTheOneThatIsRun() async throws {
        try await withTemporaryDirectory { directory in
            let flags = ["--pairs", "3", "--rate", "60/s", "--qos", "2", "--for", "1s", "--set", "phases.drain.quiet=300ms"]
            let load = try await Tool.run(["load", "--quiet", "--format", "json"] + flags, directory: directory)
            #expect(load.code == 0, "\(load)")
            let totals = try totals(load)
            #expect(totals["published"] == 60 && totals["delivered"] == 60 && totals["lost"] == 0, "\(totals)")
            #expect(try result(load)["not_verified"] as? [String] == [])

            let printed = try await Tool.run(["load", "--print-profile"] + flags.dropLast(2), directory: directory)
            #expect(printed.code == 0)
            try printed.output.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(
                ["run", "p.yaml", "--quiet", "--format", "json", "--set", "phases.drain.quiet=300ms", "--out", "again"],
                directory: directory)
            #expect(run.code == 0, "\(run)")
            let first = try String(contentsOfFile: directory + "/runs/latest/profile.yaml", encoding: .utf8)
            let second = try String(contentsOfFile: directory + "/again/latest/profile.yaml", encoding: .utf8)
            #expect(first == second)
        }
    }

    @Test func loadOfABrokerThatRunsFansOut() async throws {
        try await ForeignBroker.mosquitto { broker in
            try await withTemporaryDirectory { directory in
                let load = try await Tool.run(
                    [
                        "load", "mqtt://127.0.0.1:\(broker.port)", "--publishers", "4", "--subscribers", "3", "--rate", "40/s", "--for",
                        "1s",
                        "--quiet", "--format", "json",
                    ], directory: directory)
                #expect(load.code == 0, "\(load)")
                let totals = try totals(load)
                #expect(totals["published"] == 40 && totals["delivered"] == 120, "\(totals)")
            }
        }
    }

    @Test func pubSeesAcknowledgementsAlone() async throws {
        try await ForeignBroker.mosquitto { broker in
            try await withTemporaryDirectory { directory in
                let pub = try await Tool.run(
                    [
                        "pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-c", "5", "-t", "bench/%i", "-I", "20", "-q", "1", "-L", "50",
                        "-i", "0",
                        "-V", "4", "--quiet", "--format", "json",
                    ], directory: directory)
                #expect(pub.code == 0, "\(pub)")
                let totals = try totals(pub)
                #expect(totals["published"] == 50 && totals["acked"] == 50 && totals["due"] == 0, "\(totals)")
                let unverified = try #require(try result(pub)["not_verified"] as? [String])
                #expect(unverified.count == 1 && unverified[0].contains("cannot be proved delivered"), "\(unverified)")
            }
        }
    }

    /// What others send is counted; where nothing comes, nothing is green.
    @Test func subCountsWhatOthersSend() async throws {
        try await ForeignBroker.mosquitto { broker in
            try await withTemporaryDirectory { directory in
                let port = "\(broker.port)"
                let sub = try await Tool.shell(
                    "\"$WAYBILL\" pub -h 127.0.0.1 -p \(port) -c 2 -t bench/%i -I 20 --for 1m --quiet --out pub >/dev/null 2>&1 & PUB=$!; "
                        + "\"$WAYBILL\" sub -h 127.0.0.1 -p \(port) -c 3 -t 'bench/#' -t other -q 1 --for 1s --quiet --format json; CODE=$?; "
                        + "kill $PUB; wait $PUB; exit $CODE", directory: directory)
                #expect(sub.code == 0, "\(sub)")
                let strangers = try #require(try result(sub)["strangers"] as? [String: Any])
                #expect((strangers["messages"] as? Int ?? 0) > 30 && strangers["topics"] as? Int == 2, "\(strangers)")
                #expect((try result(sub)["not_verified"] as? [String])?.first?.contains("Nobody knows what they sent") == true)
                #expect(try totals(sub)["delivered"] == 0)

                let alone = try await Tool.run(
                    ["sub", "-h", "127.0.0.1", "-p", port, "-c", "1", "-t", "nobody/#", "--for", "1s", "--quiet"], directory: directory)
                #expect(alone.code == 121, "\(alone)")
                #expect(alone.output.contains("received nothing"), "\(alone)")
            }
        }
    }

    @Test func connConnects() async throws {
        try await ForeignBroker.mosquitto { broker in
            try await withTemporaryDirectory { directory in
                let conn = try await Tool.run(
                    [
                        "conn", "--host", "127.0.0.1", "--port", "\(broker.port)", "-c", "12", "-R", "40", "--for", "1s", "--quiet",
                        "--format", "json",
                    ],
                    directory: directory)
                #expect(conn.code == 0, "\(conn)")
                let result = try result(conn)
                #expect((result["exercised"] as? [String: Int])?["begun"] == 12)
                let profile = try String(contentsOfFile: directory + "/runs/latest/profile.yaml", encoding: .utf8)
                #expect(profile.contains("connect_rate: 40/s"), "\(profile)")
                #expect((result["not_verified"] as? [String])?.first?.contains("none were sent") == true)
            }
        }
    }

    /// A client that gets no connection is no green run.
    @Test func connWithoutABrokerFails() async throws {
        let port = try await ForeignBroker.mosquitto { $0.port }
        try await withTemporaryDirectory { directory in
            for connecting in ["0", "10"] {
                let conn = try await Tool.run(
                    ["conn", "-h", "127.0.0.1", "-p", "\(port)", "-c", "3", "-i", connecting, "--for", "1s", "--quiet"],
                    directory: directory)
                #expect(conn.code == 1 && conn.error.contains("refused"), "\(conn)")
            }
        }
    }

    /// A password is in nothing that is printed or left.
    @Test func noPasswordIsPrinted() async throws {
        for arguments in [
            ["pub", "-t", "a", "-u", "anna", "-P", "hunter2", "-h", "h"], ["load", "mqtt://anna:hunter2@h"],
            ["conn", "--broker", "mqtts://anna:hunter2@h"],
        ] {
            let printed = try await Tool.run(arguments + ["--print-profile"])
            #expect(printed.code == 0 && printed.output.contains("anna@h") && !printed.output.contains("hunter2"), "\(printed)")
        }
    }

    /// Nothing in a topic means anything to YAML or to the profile.
    @Test func whatTheUserWritesIsText() async throws {
        let printed = try await Tool.run(["sub", "-t", "a\"\\: ${X}", "--print-profile"])
        try await withTemporaryDirectory { directory in
            try printed.output.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "p.yaml", "--broker", "mqtt://127.0.0.1:9", "--quiet"], directory: directory)
            // The profile is right, and only its broker is not there.
            #expect(run.code == 1, "\(run)")
        }
    }

    @Test(arguments: [
        (["load", "--pairs", "3", "--publishers", "2"], "--pairs stands beside --publishers or --subscribers: leave one out."),
        (["load", "--subscribers", "2"], "--subscribers goes with --publishers"),
        (["load", "--rate", "fast"], "waybill load:7: groups[0].publish.rate: expected a rate above 0"),
        (["load", "--qos", "3"], "groups[0].publish.qos: expected 0, 1 or 2"),
        (["load", "mqtt://a", "--broker", "mqtt://b"], "both name a broker"),
        (["load", "http://a"], "the scheme 'http' is not known"), (["load", "--user", "a"], "name it"),
        (["pub", "-t", "a/#"], "groups[0].publish.topic: 'a/#' contains a wildcard"), (["pub"], "Missing expected argument '--topic"),
        (
            ["pub", "-t", "a", "-c", "3", "-L", "10"],
            "--limit 10 does not come out even for 3 clients; expected a multiple of --count, as 9."
        ),
        (["pub", "-t", "a", "-I", "-1"], "--interval_of_msg is -1"),
        (["pub", "-t", "a", "-V", "3"], "MQTT 3.1, which is 3 there, is not spoken"),
        (["conn", "-c", "0"], "groups[0].count: expected a number of clients from 1"), (["conn", "-p", "0"], "the broker's port is 0"),
        (["sub", "-t", "a/#/b"], "is malformed: # must be the whole of the last level"),
        (["conn", "-h", "a", "--broker", "mqtt://b"], "both name"),
        (["conn", "-u", "a", "--user", "b"], "--username and --user say the same"),
        (["conn", "-P", "x", "--password-file", "y"], "both give a password"),
        (["conn", "-R", "-1"], "--interval and --connrate are 0 or more"),
        (["load", "--set", "phases.hould=1s"], "--set: phases.hould: unknown key"),
    ])
    func wrongFlagsAreRefused(arguments: [String], says: String) async throws {
        let finished = try await Tool.run(arguments + ["--quiet"])
        #expect(finished.code == 104 && finished.error.contains(says), "\(finished)")
        #expect(finished.output.isEmpty && finished.error.hasPrefix("waybill: "))
    }
}
