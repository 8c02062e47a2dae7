import Foundation
import Testing

@testable import Workload

/// Profiles that are put together from files, variables and changes of the command line.
@Suite struct CompositionTests {
    /// Files in a directory that is gone afterwards; `body` gets its path.
    private func with(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (name, text) in files {
            let file = "\(root)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try body(root)
    }

    private func profile(_ yaml: String, _ changes: [String] = [], given: [String: String] = [:], environment: [String: String] = [:])
        throws -> Profile
    {
        try ProfileSource(
            yaml: yaml, file: "p.yaml", variables: .init(environment: environment, given: given),
            changes: changes.map { try ProfileChange(parsing: $0) }
        ).profile()
    }

    private func problems(_ body: () throws -> Profile) -> [String] {
        do {
            _ = try body()
            return []
        } catch {
            return (error as? ProfileError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    // MARK: - Including

    @Test func keysOfTheBaseComeFirst() throws {
        try with([
            "base.yaml": ProfileText.valid + "\nthresholds: { loss: [==0], latency: [p(99)<1s] }\n",
            "p.yaml": """
            include: base.yaml
            name: other
            seed: 9
            groups:
              - name: sub
                count: 7
              - { name: extra, count: 1, subscribe: { filters: [t/1], qos: 0 } }
            thresholds: { latency: [max<2s], loss: ~ }
            """,
        ]) { root in
            let profile = try Profile.load(path: "\(root)/p.yaml")
            #expect(profile.name == "other" && profile.seed == 9)
            // Merged by name, in the place of the base; new ones behind.
            #expect(profile.groups.map(\.name) == ["pub", "sub", "extra"])
            #expect(profile.groups.map(\.count) == [3, 7, 1])
            #expect(profile.groups[1].subscribe?.filters.map(\.description) == ["t/+"])
            // Mappings merge, lists are replaced, ~ takes away.
            #expect(profile.thresholds.map(\.description) == ["latency max<2s"])
            #expect(profile.phases.hold == .seconds(5))
        }
    }

    @Test func severalFilesAndFilesOfFiles() throws {
        try with([
            "a.yaml": "include: inner/b.yaml\nphases: { hold: 1s, warm_up: 1s }\n",
            "inner/b.yaml": ProfileText.valid + "\nworkflow: w.yaml\n",
            "inner/w.yaml": "quantities: [{ name: stock, terms: [a] }]\n",
            "c.yaml": "phases: { hold: 3s }\nseed: 4\n",
            "p.yaml": "include: [a.yaml, c.yaml]\nseed: 5\n",
        ]) { root in
            let profile = try Profile.load(path: "\(root)/p.yaml")
            #expect(profile.phases.hold == .seconds(3) && profile.phases.warmUp == .seconds(1) && profile.seed == 5)
            // A path counts from the file in which it stands.
            #expect(profile.workflow?.quantities.map(\.name) == ["stock"])
        }
    }

    /// A mistake is told where the value stands.
    @Test func mistakesNameTheFileOfTheValue() throws {
        try with([
            "base.yaml": ProfileText.valid.replacing("qos: 1\n      rate", with: "qos: 7\n      rate"),
            "p.yaml": "include: base.yaml\nsede: 1\ngroups:\n  - name: sub\n    count: none\n",
        ]) { root in
            let found = problems { try Profile.load(path: "\(root)/p.yaml") }
            #expect(found.count == 3, "\(found)")
            #expect(found[0].hasPrefix("\(root)/p.yaml:2: sede: unknown key, did you mean 'seed'?"), "\(found)")
            #expect(found[1].hasPrefix("\(root)/p.yaml:5: groups[1].count: "), "\(found)")
            #expect(found[2].hasPrefix("\(root)/base.yaml:7: groups[0].publish.qos: "), "\(found)")
        }
    }

    /// What is wrong between values, too.
    @Test func rulesNameTheFileOfTheValue() throws {
        try with([
            "base.yaml": ProfileText.valid, "p.yaml": "include: base.yaml\ngroups: [{ name: sub, subscribe: { filters: [nobody] } }]\n",
        ]) { root in
            let found = problems { try Profile.load(path: "\(root)/p.yaml") }
            #expect(
                found.count == 1 && found[0].hasPrefix("\(root)/p.yaml:2: groups[1].subscribe.filters[0]: 'nobody' matches no topic"),
                "\(found)")
        }
    }

    @Test(arguments: [
        ("include: ../other.yaml", "p.yaml:1: include: '../other.yaml' leads out of the profile's directory"),
        ("include: [a.yaml, /etc/passwd]", "p.yaml:1: include[1]: '/etc/passwd' leads out of the profile's directory"),
        ("include: nowhere.yaml", "nowhere.yaml: cannot be read: No such file"),
        ("include: p.yaml", "profiles include each other without end"),
        ("include: circle.yaml", "circle.yaml:2: include: profiles include each other without end"),
        ("include: out.yaml", "'out.yaml' leads out of the profile's directory"),
        ("include: {}", "p.yaml:1: include: expected the path of a profile, or a list of such paths, found keys and values"),
        ("include: [~]", "p.yaml:1: include[0]: expected the path of a profile, found nothing"),
        ("include: inner/up.yaml", "inner/up.yaml:1: include: '../a.yaml' leads out of the profile's directory"),
        ("include: secret", "is no profile: expected keys and values"),
        ("include: other-secret", "is no profile: it has none of the keys"),
    ])
    func wrongIncludesAreRefused(text: String, says: String) throws {
        try with([
            "home/a.yaml": "seed: 1\n", "home/circle.yaml": "seed: 1\ninclude: p.yaml\n", "home/inner/up.yaml": "include: ../a.yaml\n",
            "other.yaml": ProfileText.valid, "home/p.yaml": text + "\n", "home/secret": "hunter2\n", "home/other-secret": "hunter2: 1\n",
        ]) { root in
            try FileManager.default.createSymbolicLink(atPath: "\(root)/home/out.yaml", withDestinationPath: "../other.yaml")
            let found = problems { try Profile.load(path: "\(root)/home/p.yaml") }
            #expect(found.count == 1 && found[0].contains(says) && !found[0].contains("hunter2"), "\(found)")
        }
    }

    /// A stranger's file may mean more than any memory holds.
    @Test func whatGrowsWithoutBoundIsRefused() throws {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        for level in 1...12 {
            lines.append("a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]")
        }
        let laughs = problems { try Profile.parse(yaml: lines.joined(separator: "\n"), file: "p.yaml") }
        #expect(laughs.count == 1 && laughs[0].contains("has more than 200000 values"), "\(laughs)")

        var files: [String: String] = ["p.yaml": "include: [f0.yaml, f0.yaml]\n"]
        for level in 0..<20 { files["f\(level).yaml"] = "include: [f\(level + 1).yaml, f\(level + 1).yaml]\n" }
        files["f20.yaml"] = "seed: 1\n"
        try with(files) { root in
            let found = problems { try Profile.load(path: "\(root)/p.yaml") }
            #expect(found.count == 1 && found[0].contains("more than the 64 files that a profile may have"), "\(found)")
        }
    }

    // MARK: - Changes

    @Test func changesComeLast() throws {
        let changed = try profile(
            ProfileText.valid,
            [
                "phases.hold=30s", "groups[0].publish.qos=[0,2]", "groups.pub.count=5", "name=other", "phases.drain.quiet=2s",
                "target.embedded.settings.max_queued_messages=0", "description={a: b", "groups.sub.session='kept'", "description=x=y",
                "phases.warm_up=1s", "phases.warm_up=~", "thresholds={loss: [==0]}", "thresholds.loss[0]=<=1",
            ].filter { !$0.contains("{a") })
        #expect(changed.phases.hold == .seconds(30) && changed.phases.drainQuiet == .seconds(2) && changed.phases.warmUp == .zero)
        #expect(changed.groups[0].publish?.qos == [0, 2] && changed.groups[0].count == 5 && changed.groups[1].session == .kept)
        #expect(changed.name == "other" && changed.description == "x=y")
        #expect(changed.target == .embedded(settings: [.init(key: "max_queued_messages", value: "0")]))
        #expect(changed.thresholds.map(\.text) == ["<=1"])
    }

    @Test(arguments: [
        ("phases.hould=3s", "--set: phases.hould: unknown key, did you mean 'hold'? known here are warm_up, hold, drain"),
        ("groups[2].count=3", "--set: groups[2]: is not there; groups has 2 elements, from [0] on"),
        ("groups.pubs.count=3", "--set: groups.pubs: there is no element of that name, did you mean 'pub'? there are pub, sub"),
        ("name.x=3", "--set: name: is 'test', so nothing stands below it"),
        ("phases[0]=3", "--set: phases: is no list, so it has no [0]"),
        ("groups.pub.publish.qos=3", "--set: groups[0].publish.qos: expected 0, 1 or 2"),
        ("phases.drain=~", "--set: phases.drain: is not there, so it cannot be taken away; there is hold"),
        ("seed", "--set: expected PATH=VALUE, as --set phases.hold=30s, found 'seed'"),
        ("=3", "--set: expected PATH=VALUE"), ("a..b=3", "--set: 'a..b' is no path of a profile"),
        ("groups[x]=3", "--set: 'groups[x]' is no path of a profile"), ("groups[-1]=3", "is no path of a profile"),
        ("thresholds.loss=[==0", "--set: thresholds.loss: the value [==0 is not YAML"),
        ("include=other.yaml", "--set: include: stands in the file of a profile alone"),
        ("groups.sub.subscribe.filters=[x/y]", "--set: groups[1].subscribe.filters[0]: 'x/y' matches no topic"),
        ("workflow=../w.yaml", "--set: workflow: '../w.yaml' leads out of the profile's directory"),
    ])
    func wrongChangesAreRefused(change: String, says: String) throws {
        let found = problems { try profile(ProfileText.valid, [change]) }
        #expect(found.count == 1 && found[0].contains(says), "\(found)")
    }

    // MARK: - Variables

    @Test func variablesAreData() throws {
        let yaml = try ProfileText.replacing("count: 3", with: "count: \"${N:-4}\"").replacing("rate: 50/s", with: "rate: ${RATE:-50}/s")
            .replacing("name: test", with: "name: test\ndescription: \"$${N} $x ${WAYBILL_VAR_TEXT:-none}$\"")
        let plain = try profile(yaml)
        #expect(plain.groups[0].count == 4 && plain.description == "${N} $x none$")
        let given = try profile(
            yaml, given: ["N": "6", "RATE": "10"],
            environment: ["WAYBILL_VAR_TEXT": "[a, {b: c}]\nseed: 9", "N": "8", "RATE": "9", "WAYBILL_VAR_N": "7"])
        #expect(given.groups[0].count == 6 && given.description == "${N} $x [a, {b: c}]\nseed: 9$" && given.seed == 1)
        #expect(given.groups[0].publish?.pace == .rate(try #require(Rate("10/s")), per: .client, .constant))
        // What a run leaves of it means the same, whatever stands in the environment then.
        let again = try Profile.parse(yaml: given.resolvedYAML(), file: "p.yaml")
        #expect(again == given)
        try with(["profile.yaml": try given.resolvedYAML(), "old.yaml": "description: \"${X}\"\n" + ProfileText.valid]) { root in
            let stored = try Profile.loadStored(path: "\(root)/profile.yaml").profile
            let old = try Profile.loadStored(path: "\(root)/old.yaml").profile
            #expect(stored == given && old.description == "${X}")
        }
    }

    @Test func ofTheEnvironmentAProfileSeesItsOwnAlone() throws {
        let yaml = try ProfileText.replacing("count: 3", with: "count: ${HOME}")
        let found = problems { try profile(yaml, environment: ["HOME": "3"]) }
        #expect(
            found == [
                "p.yaml:4: groups[0].count: needs ${HOME}, which nobody gave; expected --var HOME=VALUE (of the environment a profile sees only what begins with WAYBILL_VAR_), or a default, as ${HOME:-VALUE}"
            ])
        #expect(try profile(yaml.replacing("HOME", with: "WAYBILL_VAR_N"), environment: ["WAYBILL_VAR_N": "5"]).groups[0].count == 5)
        // An empty one counts as none, as in a shell.
        #expect(try profile(yaml.replacing("HOME", with: "WAYBILL_VAR_N:-2"), environment: ["WAYBILL_VAR_N": ""]).groups[0].count == 2)
    }

    @Test(arguments: [
        ("${}", "has '${}', which names no variable"), ("${A", "has ${ and no } behind it"), ("${1A}", "which names no variable"),
        ("${A:-${B}}", "has a variable in the default of ${A}"), ("${A-b}", "has '${A-b}', which names no variable"),
        ("${WAYBILL_VAR_A}", "expected --var WAYBILL_VAR_A=VALUE or that variable in the environment, or a default"),
    ])
    func malformedVariablesAreRefused(text: String, says: String) throws {
        let found = problems { try profile("description: '\(text)'\n" + ProfileText.valid) }
        #expect(found.count == 1 && found[0].hasPrefix("p.yaml:1: description: ") && found[0].contains(says), "\(found)")
    }

    /// A value may be a secret, whichever key it was put in.
    @Test(arguments: [
        "groups: [{ name: '${S}', count: 1 }]", "seed: ${S}", "engine: ${S}", "phases: { hold: '${S}s' }", "target: { broker: '${S}' }",
        "target: { broker: 'mqtt://u:${S}@' }", "target: { broker: 'mqtt://h:${S}' }", "workflow: ${S}", "expectations: { file: '${S}' }",
        "thresholds: { loss: ['${S}'] }", "target: { embedded: { settings: { max_qos: '${S}' } } }", "include: ${S}",
        "groups: [{ name: pub, publish: { topic: 'a/#/${S}' } }]", "groups: [{ name: sub, subscribe: { filters: ['${S}'] } }]",
        "groups: [{ name: pub, client_id: '${S}' }]",
    ])
    func noMessageRepeatsAValue(line: String) throws {
        try with(["p.yaml": "include: ['base.yaml']\n" + line.replacing("include: ", with: "#"), "base.yaml": ProfileText.valid]) { root in
            let text = line.hasPrefix("include") ? line : "include: base.yaml\n" + line
            let found = problems {
                try ProfileSource(yaml: text, file: "\(root)/p.yaml", variables: .init(given: ["S": "hunter2-%x"])).profile()
            }
            #expect(!found.isEmpty && !found.joined().lowercased().contains("hunter2"), "\(found)")
        }
    }

    @Test(arguments: [
        (["RATE"], "expected NAME=VALUE"), (["=secret"], "expected NAME=VALUE"), (["1=secret"], "expected NAME=VALUE"),
        (["A=secret", "A=secret"], "A is given twice"),
    ])
    func wrongVariableArgumentsAreRefused(arguments: [String], says: String) {
        let error = #expect(throws: ProfileError.self) { try ProfileVariables(arguments: arguments, environment: [:]) }
        #expect(error?.description.contains(says) == true && error?.description.contains("secret") == false, "\(String(describing: error))")
    }

    @Test func aVariableThatTheProfileDoesNotHaveIsRefused() throws {
        let found = problems { try profile("description: ${A:-x}\n" + ProfileText.valid, given: ["B": "1"]) }
        #expect(found == ["--var: p.yaml has no variable ${B}; there are A"])
    }
}
