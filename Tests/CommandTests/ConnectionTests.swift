import Foundation
import Testing

/// Where a command connects and as whom: options and variables, the same for every command, and no message with a password.
@Suite(.serialized) struct ConnectionTests {
    /// Runs a line of the shell beside a mosquitto that knows one user: `$PORT` is its port, `secret` and `wrong` are files with passwords, `p.yaml` is
    /// a short profile. `$WAYBILL` is waybill.
    private func shell(_ line: String) async throws -> Finished {
        try await withTemporaryDirectory { directory in
            try shortProfile.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            try "pass word\nnothing of this\n".write(toFile: directory + "/secret", atomically: true, encoding: .utf8)
            try "hunter2".write(toFile: directory + "/wrong", atomically: true, encoding: .utf8)
            let broker = #"""
                export PATH="$PATH:/usr/sbin"
                mosquitto_passwd -b -c passwords anna "pass word" 2>/dev/null
                for PORT in $(shuf -i 20000-32000 -n 5); do
                    printf 'listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s/passwords\nuser %s\n' $PORT "$PWD" "$(id -un)" >conf
                    mosquitto -c conf >log 2>&1 & BROKER=$!
                    for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/$PORT) 2>/dev/null && break 2; kill -0 $BROKER 2>/dev/null || break; sleep 0.05; done
                done
                trap 'kill $BROKER; wait $BROKER' EXIT

                """#
            return try await Tool.shell(broker + line, directory: directory)
        }
    }

    @Test(arguments: [
        "$WAYBILL run p.yaml --quiet --broker mqtt://127.0.0.1:$PORT --user anna --password-file secret",
        "$WAYBILL run p.yaml --quiet --broker mqtt://anna@127.0.0.1:$PORT --password-file secret",
        "$WAYBILL run p.yaml --quiet --broker mqtt://anna:pass%20word@127.0.0.1:$PORT",
        "WAYBILL_BROKER=mqtt://127.0.0.1:$PORT WAYBILL_USER=anna WAYBILL_PASSWORD='pass word' $WAYBILL run p.yaml --quiet",
        "WAYBILL_USER=anna WAYBILL_PASSWORD_FILE=secret $WAYBILL run p.yaml --quiet --broker mqtt://127.0.0.1:$PORT",
        "WAYBILL_PASSWORD_FILE=wrong WAYBILL_USER=bob $WAYBILL run p.yaml --quiet --broker mqtt://127.0.0.1:$PORT --user anna --password-file secret",
    ])
    func userAndPasswordComeFromWhereTheyAreSaid(_ line: String) async throws {
        let finished = try await shell(line + "; CODE=$?; grep -rl 'pass word' runs && CODE=99; exit $CODE")
        #expect(finished.code == 0, "\(finished)")
        #expect(!(finished.output + finished.error).contains("pass word") && !(finished.output + finished.error).contains("pass%20word"))
    }

    /// A profile may come from a stranger: the broker that it names does not hear the passwords of other brokers.
    @Test(arguments: ["WAYBILL_PASSWORD='pass word'", "WAYBILL_PASSWORD_FILE=secret"])
    func aBrokerOfTheProfileIsToldNoPasswordOfTheEnvironment(_ variable: String) async throws {
        let profile = #"printf 'target: {broker: "mqtt://anna@127.0.0.1:%s"}\n' $PORT >>p.yaml"#
        let refused = try await shell("\(profile); WAYBILL_USER=anna \(variable) $WAYBILL run p.yaml --quiet")
        #expect(refused.code == 1 && refused.error.contains("not authorized"), "\(refused)")
        let name = variable.prefix { $0 != "=" }
        #expect(refused.error.contains("\(name) is not told to mqtt://anna@127.0.0.1:"), "\(refused)")
        #expect(refused.error.contains("--broker") && !refused.error.contains("pass word"), "\(refused)")
        let given = try await shell("\(profile); $WAYBILL run p.yaml --quiet --password-file secret")
        #expect(given.code == 0 && !given.error.contains("is not told"), "\(given)")
    }

    /// The services and the view of the shop take the same options: with the right password the one connects, with a wrong one both say so.
    @Test(arguments: [
        "run p.yaml --quiet", "service order --store s.sqlite --traces traces", "shop --once --wait 1",
    ])
    func aWrongPasswordIsToldAndNotRepeated(_ command: String) async throws {
        let refused = try await shell("$WAYBILL \(command) --broker mqtt://127.0.0.1:$PORT --user anna --password-file wrong")
        #expect(refused.code == 1 && refused.error.contains("not authorized"), "\(refused)")
        #expect(refused.error.contains("Check the user and the password"), "\(refused)")
        #expect(!(refused.output + refused.error).contains("hunter2"))
    }

    @Test func theShopConnectsAsTheUserThatIsNamed() async throws {
        let watched = try await shell("$WAYBILL shop --once --wait 1 --broker mqtt://127.0.0.1:$PORT --user anna --password-file secret")
        #expect(watched.code == 1 && watched.error.contains("are the services of the shop running at mqtt://anna@127.0.0.1:"), "\(watched)")
    }

    @Test(arguments: [
        (["--broker", "anna:hunter2@host"], "--broker anna:***@host: the broker has no scheme"),
        (["--broker", "http://anna:hunter2@host"], "http://anna:***@host: the scheme 'http' is not known"),
        (["--broker", "mqtt://anna:hunter2%41ä@host"], "mqtt://anna:***@host: the broker's URL has a percent sign"),
        (["--broker", "mqtt://anna:hunter2%@host"], "a percent sign as %25"),
        (["--broker", "mqtt://anna:hunter2@host", "--user", "bob"], "--user and the broker's URL both name a user"),
        (
            ["--broker", "mqtt://anna:hunter2@host", "--password-file", "p.yaml"],
            "--password-file and the broker's URL both have a password"
        ),
        (["--broker", "mqtt://host", "--password-file", "p.yaml"], "--password-file needs a user"),
        (["--broker", "mqtt://host", "--user", "anna", "--password-file", "nowhere"], "nowhere should have the password at the broker"),
        (["--broker", "mqtt://host", "--ca-file", "ca.pem"], "are for mqtts://"),
        (["--broker", "mqtts://host", "--key-file", "key.pem"], "--cert-file and --key-file go together"),
        (["--user", "anna"], "are for a broker that runs already"),
    ])
    func whatCannotBeMeantIsOneSentenceWithoutThePassword(arguments: [String], says: String) async throws {
        try await withTemporaryDirectory { directory in
            try shortProfile.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.run(["run", "p.yaml", "--quiet"] + arguments, directory: directory)
            #expect(finished.code == 104 && finished.error.contains(says), "\(finished)")
            #expect(!finished.error.contains("hunter2") && finished.error.split(separator: "\n").count == 1, "\(finished)")
        }
    }

    @Test func theSettingsThatABrokerOfYourOwnDropsAreNamed() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = shortProfile + "target: {embedded: {settings: {max_queued_messages: 10, max_qos: 1}}}\n"
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let finished = try await Tool.shell("WAYBILL_BROKER=mqtt://127.0.0.1:9 $WAYBILL run p.yaml --quiet", directory: directory)
            #expect(finished.code == 1 && finished.error.contains("mqtt://127.0.0.1:9 is used"), "\(finished)")
            #expect(finished.error.contains("without its settings max_queued_messages, max_qos"), "\(finished)")
        }
    }

    @Test(arguments: ["run", "service", "shop"])
    func everyCommandThatConnectsExplainsTheSameOptions(_ command: String) async throws {
        let help = try await Tool.run([command, "--help"])
        for text in [
            "--broker", "WAYBILL_BROKER", "--user", "--password-file", "WAYBILL_PASSWORD_FILE", "--ca-file", "WAYBILL_KEY_PASSWORD",
        ] {
            #expect(help.output.contains(text), "\(text) in \(help.output)")
        }
        #expect(!help.output.contains("--password "))
    }
}
